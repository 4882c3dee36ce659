import { each, type Judge, type Table } from "../entry.ts";
import { exact, type Field, HOLE, NAME } from "../field.ts";
import { reads, runsFile, spots } from "../files.ts";
import { hasOption, readOptions, set } from "../options.ts";
import { type Flow, joined, NOTHING, OPAQUE, type Shell, unknown } from "../state.ts";
import { environment } from "../environment.ts";

const QUIET: Judge = ({ shell }) => {
  shell.tally.add({ kinds: ["read"] });
  return NOTHING;
};

const echo: Judge = ({ args, shell }) => {
  shell.tally.add({ kinds: ["read"] });
  const plain = args.filter((arg, i) => !(i < 2 && /^-[neE]+$/.test(arg.text)));
  const escapes = args.length !== plain.length && joined(plain).includes("\\");
  return { kind: "text", text: escapes ? HOLE : `${joined(plain)}\n` };
};

const printf: Judge = ({ args, shell }) => {
  shell.tally.add({ kinds: ["read"] });
  const [first, second, ...rest] = args;
  if (first?.text === "-v") {
    if (second !== undefined) forget(shell, second);
    return NOTHING;
  }
  if (first === undefined) return NOTHING;
  const values = second === undefined ? [] : [second, ...rest];
  if (first.text.includes("%") || first.text.includes("\\")) return { kind: "text", text: printed(first, values) };
  return { kind: "text", text: joined([first]) };
};

/** The few forms whose result is plain to see. */
function printed(format: Field, values: readonly Field[]): string {
  if (!exact(format) || values.some((value) => !exact(value))) return HOLE;
  const form = format.text.replaceAll("\\n", "\n");
  if (/\\/.test(form) || values.some((value) => value.text.includes("\\"))) return HOLE;
  const slots = form.split("%s");
  if (slots.length === 1 && values.length === 0 && !form.includes("%")) return form;
  if (slots.some((slot) => slot.includes("%")) || slots.length - 1 !== values.length) return HOLE;
  return slots.map((slot, i) => slot + (values[i]?.text ?? "")).join("");
}

/** No system opens a longer one. */
const LONGEST_PATH = 4_096;

/** The folder it goes to; it may also fail and stay. */
const cd: Judge = ({ args, shell }) => {
  shell.tally.add({ kinds: ["read"] });
  const { scope, place } = shell;
  const { operands } = readOptions(args, set(""));
  const [to] = operands;
  const found = to === undefined ? [place.home] : to.text === "-" ? null : spots(shell, to).map((spot) => spot.path);
  const whole =
    found === null || found.includes(null) || to?.glob === true ? null : found.filter((path) => path !== null);
  scope.cwds = whole !== null && (whole.length > 4 || whole.some((path) => path.length > LONGEST_PATH)) ? null : whole;
  if (scope.variables.has("CDPATH")) scope.cwds = null;
  return NOTHING;
};

/** `export`, `declare` and their kin: assignments among the arguments. */
const declare: Judge = ({ args, shell }) => {
  shell.tally.add({ kinds: ["read"] });
  for (const arg of args) {
    const equals = arg.text.indexOf("=");
    if (arg.text.startsWith("-")) {
      // An integer evaluates what it is given; a reference is another variable.
      if (/[in]/.test(arg.text)) for (const one of args) forget(shell, one);
      continue;
    }
    if (arg.text.startsWith(HOLE)) unknown(shell, "assigns a variable whose name is not known");
    if (equals < 0) continue;
    const name = arg.text.slice(0, equals).replace(/\+$|\[.*$/, "");
    const value = arg.text.slice(equals + 1);
    environment(shell, name, value);
    const plain = !arg.many && !arg.glob && !/[+[]/.test(arg.text.slice(0, equals));
    shell.scope.variables.set(name, plain ? value : null);
  }
  if (args.some((arg) => /^-\w*[in]/.test(arg.text))) for (const one of args) forget(shell, one);
  return NOTHING;
};

function forget(shell: Shell, field: Field): void {
  const name = /^[A-Za-z_]\w*/.exec(field.text)?.[0];
  if (name !== undefined) shell.scope.variables.set(name, null);
  if (/\[[^\]]*(?:\$\(|`)/.test(field.text)) unknown(shell, "an index that is run");
}

/** What they fill is not known: every name among their arguments, and all names where one is made up. */
const fills: Judge = ({ name, args, shell }) => {
  shell.tally.add({ kinds: ["read"] });
  if (args.some((arg) => arg.text.includes(HOLE)))
    for (const one of shell.scope.variables.keys()) shell.scope.variables.set(one, null);
  for (const arg of args) forget(shell, arg);
  if (/^(?:mapfile|readarray)$/.test(name) && args.some((arg) => arg.text.startsWith("-C")))
    unknown(shell, "runs a command for each line");
  return NOTHING;
};

const evaluate: Judge = ({ args, shell, input }) =>
  runs(joined(args[0]?.text === "--" ? args.slice(1) : args), shell, input);

function runs(text: string, shell: Shell, input: Flow = OPAQUE): Flow {
  return shell.follow.text(text, { ...shell, depth: shell.depth + 1 }, input);
}

const source: Judge = ({ args, shell, input }) => {
  const [file] = args;
  if (file === undefined) return NOTHING;
  runsFile(shell, file);
  // Whatever it sets, it sets here.
  for (const one of shell.scope.variables.keys()) shell.scope.variables.set(one, null);
  if (!/(?:activate|\.(?:bashrc|zshrc|profile|nvmrc|env)|nvm\.sh)$/.test(file.text)) shell.scope.cwds = null;
  return input.kind === "fetched" ? input : NOTHING;
};

const command: Judge = ({ args, shell, input }) => {
  const at = args.findIndex((arg) => !/^-[pvV]+$/.test(arg.text));
  if (args.slice(0, at < 0 ? args.length : at).some((arg) => /[vV]/.test(arg.text))) {
    shell.tally.add({ kinds: ["read"] });
    return OPAQUE;
  }
  const rest = args.slice(at < 0 ? args.length : at);
  const scope = { ...shell.scope, functions: new Map() };
  return shell.follow.run(rest[0]?.text === "--" ? rest.slice(1) : rest, { ...shell, scope }, input);
};

const exec: Judge = ({ args, shell, input }) => {
  const { operands } = readOptions(args, set("-a"), "bundled", "operand");
  return operands.length === 0 ? NOTHING : shell.follow.run(operands, shell, input);
};

const trap: Judge = ({ args, shell }) => {
  shell.tally.add({ kinds: ["read"] });
  const rest = args[0]?.text === "--" ? args.slice(1) : args;
  const [text] = rest;
  if (text === undefined || rest.length < 2 || /^-[lpP]?$/.test(text.text)) return NOTHING;
  // It runs later, with whatever the variables then hold.
  const variables = new Map([...shell.scope.variables].map(([name, value]) => [name, value] as const));
  runs(text.text, { ...shell, scope: { ...shell.scope, variables } });
  return NOTHING;
};

const alias: Judge = ({ args, shell }) => {
  shell.tally.add({ kinds: ["read"] });
  for (const arg of args) {
    const equals = arg.text.indexOf("=");
    if (equals > 0) runs(arg.text.slice(equals + 1), { ...shell, scope: { ...shell.scope } });
  }
  return NOTHING;
};

const setOptions: Judge = ({ args, shell }) => {
  shell.tally.add({ kinds: ["read"] });
  const at = args.findIndex((arg) => !/^[-+]/.test(arg.text) || arg.text === "--");
  if (args.some((arg) => /^-[a-z]*e/.test(arg.text) || arg.text === "errexit")) shell.scope.strict = true;
  if (at >= 0 && !/^[-+]o$/.test(args[at - 1]?.text ?? "")) shell.scope.positional = null;
  return NOTHING;
};

const prints = (of: (shell: Shell) => string | undefined): Judge => {
  return ({ shell }) => {
    shell.tally.add({ kinds: ["read"] });
    const text = of(shell);
    return text === undefined ? OPAQUE : { kind: "text", text };
  };
};

const mktemp: Judge = ({ args, shell }) => {
  const options = readOptions(args, set("-p --tmpdir --suffix"));
  const [template] = options.operands;
  const inTemporary = !hasOption(options, "-p", "--tmpdir", "-t") && template === undefined;
  shell.tally.add({ kinds: ["write"], note: "makes a temporary file" });
  if (inTemporary) return { kind: "text", text: ["", "tmp", "made"].join("/") };
  if (template === undefined || !exact(template) || options.given.some((one) => /^-(?:p|t|-tmp|-suf)/.test(one.name)))
    return OPAQUE;
  return { kind: "text", text: template.text.replaceAll("X", "_") };
};

const unset: Judge = ({ args, shell }) => {
  for (const arg of args) shell.scope.variables.set(arg.text, null);
  return NOTHING;
};

const enable: Judge = ({ args, shell }) => {
  if (args.some((arg) => arg.text.startsWith("-f") || !exact(arg)))
    unknown(shell, "loads a part of the shell from a file");
  for (const [name, one] of shell.scope.functions) shell.scope.functions.set(name, { ...one, certain: false });
  return NOTHING;
};

const popd: Judge = ({ shell }) => {
  shell.scope.cwds = null;
  return NOTHING;
};

const pushd: Judge = (run) => {
  cd(run);
  if (!(run.args.length === 1 && run.args.every(exact))) run.shell.scope.cwds = null;

  return NOTHING;
};

/** With `-p`, a name comes to stand for another program. */
const hash: Judge = ({ args, shell }) => {
  if (args.some(({ text }) => /^-\w*p/.test(text))) unknown(shell, "gives a name to another program");
  shell.tally.add({ kinds: ["read"] });
  return NOTHING;
};

const builtin: Judge = (run) => run.shell.follow.run(run.args, run.shell, run.input);

const complete: Judge = ({ args, shell }) => {
  if (args.some((arg) => /^-(?:C|F|x)/.test(arg.text) || !exact(arg))) unknown(shell, "runs a command later");
  shell.tally.add({ kinds: ["read"] });
  return NOTHING;
};

export const BUILTINS: Table = {
  ...each(
    ": true false exit return break continue shift wait jobs fg bg ulimit umask dirs times history disown logout caller",
    QUIET,
  ),
  ...each(
    "type which whereis unalias shopt suspend test [ stty tput clear reset sleep tty whoami id groups users arch nproc",
    QUIET,
  ),
  ...each("seq yes expr factor bc dc cal locale getconf man info tldr apropos whatis help setopt unsetopt", QUIET),
  ...each("export declare typeset local readonly let", declare),
  ...each("read mapfile readarray getopts", fills),
  ...each("source .", source),
  ...each(
    "whoami hostname nproc date uname arch",
    prints(() => NAME),
  ),
  ...each("complete compgen bind compopt fc", complete),
  echo,
  printf,
  cd,
  chdir: cd,
  pushd,
  popd,
  pwd: prints(({ scope }) => (scope.cwds?.length === 1 ? scope.cwds[0] : undefined)),
  mktemp,
  eval: evaluate,
  command,
  builtin,
  exec,
  trap,
  alias,
  set: setOptions,
  unset,
  enable,
  hash,
  man: { operands: "text", takes: "-M", runs: "-P --pager -H --html" },
  date: ({ args, shell }) => {
    const options = readOptions(args, set("-d --date -f --file -r --reference"));
    if (hasOption(options, "-s", "--set") || options.operands.some((one) => !one.text.startsWith("+")))
      shell.tally.add({ kinds: ["administer"], note: "sets the clock" });
    for (const { value, name } of options.given)
      if (value !== undefined && /^-(?:f|r)|--[fr]/.test(name)) reads(shell, value);
    return { kind: "text", text: NAME };
  },
  hostname: ({ args, shell }) => {
    if (args.some((arg) => !/^-[adfIisy]+$/.test(arg.text)))
      shell.tally.add({ kinds: ["administer"], note: "names the machine" });
    return { kind: "text", text: NAME };
  },
};
