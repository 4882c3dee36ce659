import { each, type Judge, type Table } from "../entry.ts";
import { type Field, HOLE, literal, UNKNOWN_FIELD } from "../field.ts";
import { deletes, reads, spots, writes } from "../files.ts";
import { isNamedPattern } from "../place.ts";
import { apart, type Flow, NOTHING, OPAQUE, type Shell, unknown } from "../state.ts";

const EXECUTES = new Set(["-exec", "-execdir", "-ok", "-okdir"]);
const WRITES = new Set(["-fprint", "-fprint0", "-fprintf", "-fls"]);
/** Tests that a value follows. */
const VALUED = new Set(
  (
    "-name -iname -path -ipath -wholename -iwholename -regex -iregex -type -xtype -size -mtime -mmin -atime -amin -ctime -cmin -newer " +
    "-anewer -cnewer -maxdepth -mindepth -user -group -uid -gid -perm -links -inum -samefile -fstype -lname -ilname -printf -regextype " +
    "-used -newermt -newerct -newerat -context -D -Olevel -files0-from"
  ).split(" "),
);
const PLAIN = new Set(
  "-a -and -o -or -not ! ( ) , -print -print0 -ls -prune -quit -depth -d -xdev -mount -follow -noleaf -empty -readable -writable -executable -nouser -nogroup -true -false -daystart -ignore_readdir_race -noignore_readdir_race -warn -nowarn -E -H -L -P -X -s -x".split(
    " ",
  ),
);

/** Goes through the expression: where it starts, what it chooses, what it does with what it has chosen. */
const find: Judge = ({ args, shell }) => {
  const roots: Field[] = [];
  let at = 0;
  for (; at < args.length; at++) {
    const { text } = args[at] ?? literal("");
    if (/^-(?:[HLP]|D|O\d)$/.test(text)) {
      if (text === "-D") at++;
    } else if (/^[-(!]/.test(text)) break;
    else roots.push(args[at] ?? UNKNOWN_FIELD);
  }
  const from = roots.length === 0 ? [literal(".")] : roots;
  for (const root of from) reads(shell, root);
  const chosen = choose(args.slice(at), from, shell);
  return expression(args.slice(at), chosen, shell);
};

interface Chosen {
  readonly fields: readonly Field[];
  /** The pattern that names are chosen by, so that it is not simply everything; null where there is none. */
  readonly name: string | null;
}

function choose(args: readonly Field[], roots: readonly Field[], shell: Shell): Chosen {
  const wide = args.some((arg) => /^-(?:o|or|not)$|^!$|^,$/.test(arg.text));
  const at = args.findIndex((arg, i) => /^-i?name$/.test(args[i - 1]?.text ?? "") && isNamedPattern(arg.text));
  const name = wide || at < 0 ? null : (args[at]?.text ?? null);
  const linked = args.some((arg) => arg.text === "-L" || arg.text === "-follow");
  const fields = roots.map((root): Field => {
    if (root.text.includes(HOLE) || root.glob || linked) return UNKNOWN_FIELD;
    const text = root.text.replace(/\/+$/, "") || "/";
    return { text: text === "/" ? "/*" : `${text}/*`, many: false, glob: true };
  });
  const told = roots.every((root) => spots(shell, root).every((spot) => spot.path !== null));
  return {
    fields: name !== null && told ? fields.map((field) => placed(field, name)) : fields,
    name: told ? name : null,
  };
}

function expression(args: readonly Field[], chosen: Chosen, shell: Shell): Flow {
  const printed = chosen.name === null ? [UNKNOWN_FIELD] : chosen.fields;
  let out: Flow = { kind: "files", fields: printed, nul: false };
  for (let i = 0; i < args.length; i++) {
    const { text } = args[i] ?? literal("");
    if (text === "-delete") remove(chosen, shell);
    else if (text === "-print0") out = { kind: "files", fields: printed, nul: true };
    else if (WRITES.has(text)) {
      const file = args[++i];
      if (file !== undefined) writes(shell, file);
      if (text === "-fprintf") i++;
    } else if (EXECUTES.has(text)) {
      let end = i + 1;
      while (end < args.length && args[end]?.text !== ";" && !(args[end]?.text === "+" && args[end - 1]?.text === "{}"))
        end++;
      if (text.startsWith("-ok")) shell.tally.add({ kinds: ["read"] });
      execute(args.slice(i + 1, end), chosen, shell, text.endsWith("dir"));
      i = end;
      out = OPAQUE;
    } else if (VALUED.has(text) || /^-newer[aBcmt]{2}$/.test(text)) i++;
    else if (!PLAIN.has(text)) unknown(shell, "an expression that is not known");
  }
  shell.tally.add({ kinds: ["read"] });
  return out;
}

function remove(chosen: Chosen, shell: Shell): void {
  for (const field of chosen.fields) deletes(shell, field, { recursive: true, named: chosen.name !== null });
}

/** `{}` is one of the files found. It begins with where the search began, so it is no option. */
function execute(command: readonly Field[], chosen: Chosen, shell: Shell, inFolder: boolean): void {
  const here = apart(shell);
  if (inFolder) here.scope.cwds = null;
  for (const found of chosen.fields) {
    const fields = command.map((field): Field => {
      if (field.text === "{}") return inFolder ? { text: "./*", many: false, glob: true } : found;
      return field.text.includes("{}") ? { ...field, text: field.text.replaceAll("{}", HOLE) } : field;
    });
    if (fields.length > 0) shell.follow.run(fields, here, NOTHING);
  }
}

/** Somewhere below, by that name. */
function placed(found: Field, name: string): Field {
  return { ...found, text: found.text.replace(/\*$/, `*/${name}`) };
}

const fd: Judge = ({ args, shell }) => {
  const at = args.findIndex((arg) => /^(?:-x|-X|--exec|--exec-batch)(?:=|$)/.test(arg.text));
  shell.tally.add({ kinds: ["read"] });
  if (args.some((arg, i) => (at < 0 || i < at) && /^-[a-zA-Z]*[xX]./.test(arg.text)))
    unknown(shell, "runs a command on what it finds");
  if (at < 0) return OPAQUE;
  const command = args.slice(at + 1).map((field) => (/\{[^}]*\}/.test(field.text) ? UNKNOWN_FIELD : field));
  const given = command.some((field) => field === UNKNOWN_FIELD) ? command : [...command, UNKNOWN_FIELD];
  shell.follow.run(given, apart(shell), NOTHING);
  return OPAQUE;
};

export const SEARCH: Table = { ...each("find gfind bfs", find), ...each("fd fdfind", fd) };
