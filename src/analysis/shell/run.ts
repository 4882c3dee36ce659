import { normalisePath } from "../../domain/path.ts";
import { beyond } from "./beyond.ts";
import { judge } from "./by-spec.ts";
import { exact, type Field, words } from "./field.ts";
import { runsFile } from "./files.ts";
import { asksForHelp, asksForHelpOn } from "./options.ts";
import { spotsOf } from "./place.ts";
import { told } from "./says.ts";
import { apart, DEEPEST, type Flow, NOTHING, OPAQUE, type Shell, unknown } from "./state.ts";
import { explains, TABLE } from "./table.ts";
import { together } from "./flow.ts";
import { unfamiliar } from "./unfamiliar.ts";

/** Runs `fields` as a command: a function of this text, a command that the table knows, a file, or nobody knows what. */
export function runFields(fields: readonly Field[], shell: Shell, input: Flow): Flow {
  const [head, ...args] = fields;
  if (shell.depth > DEEPEST || --shell.budget.steps < 0) {
    unknown(shell, "too much to follow");
    return OPAQUE;
  }
  if (head === undefined) return NOTHING;
  if (!exact(head)) {
    shell.tally.begin(told(head.text));
    unknown(shell, "its name is made up while it runs");
    return OPAQUE;
  }
  // Where such a character stands in a name, the shell may have read the text otherwise than it was read here.
  if (/[(){}<>|;&`"'$\\*?\n]/.test(head.text)) {
    shell.tally.begin(told(head.text));
    unknown(shell, "its name is none that anybody gives");
    return OPAQUE;
  }
  const called = shell.scope.functions.get(head.text);
  if (called === undefined) return program(head, args, shell, input);
  const out = call(head.text, args, shell, input);
  return called.certain ? out : together(out, program(head, args, apart(shell), input));
}

function call(name: string, args: readonly Field[], shell: Shell, input: Flow): Flow {
  if (shell.calling.includes(name)) {
    shell.tally.begin(told(name));
    unknown(shell, "calls itself");
    return OPAQUE;
  }
  let out: Flow = NOTHING;
  for (const body of shell.scope.functions.get(name)?.bodies ?? []) {
    const { positional } = shell.scope;
    shell.scope.positional = args;
    const inside = { ...shell, depth: shell.depth + 1, calling: [...shell.calling, name] };
    out = together(out, shell.follow.body(body, inside, input));
    shell.scope.positional = positional;
  }
  return out;
}

const SYSTEM = /^(?:\/usr(?:\/local)?|\/opt\/homebrew|\/opt\/local)?\/s?bin\/([^/]+)$/;
/** Where a package manager puts the programs that the project names. */
const INSTALLED = /(?:^|\/)(?:node_modules\/\.bin|\.?venv\/bin|vendor\/bin)\/([^/]+)$/;

function program(head: Field, args: readonly Field[], shell: Shell, input: Flow): Flow {
  const name = head.text.includes("/") ? (SYSTEM.exec(plain(head.text))?.[1] ?? installed(head, shell)) : head.text;
  if (name === null) {
    shell.tally.begin(told(head.text));
    const known = PROJECT.exec(head.text)?.[1];
    if (known !== undefined && Object.hasOwn(TABLE, known)) return follow(known, args, shell, input);
    runsFile(shell, head, args);
    return OPAQUE;
  }
  shell.tally.begin(label(name, args));
  return follow(name, args, shell, input);
}

/** An absolute path without what leads nowhere. */
function plain(path: string): string {
  return path.startsWith("/") ? (normalisePath(path, "/") ?? path) : path;
}

/** Build tools that a project carries with it. */
const PROJECT = /^\.?\/?(?:[\w-]+\/)?(gradlew|mvnw|configure)$/;

function installed(head: Field, shell: Shell): string | null {
  const name = INSTALLED.exec(head.text)?.[1] ?? null;
  const spots = spotsOf(head, shell.place, shell.scope.cwds);
  return spots.every((spot) => spot.where === "workspace") ? name : null;
}

function follow(name: string, args: readonly Field[], shell: Shell, input: Flow): Flow {
  const entry = Object.hasOwn(TABLE, name) ? TABLE[name] : undefined;
  if (asksForHelp(args) || (explains(name) && asksForHelpOn(args))) {
    shell.tally.add({ kinds: ["read"] });
    return OPAQUE;
  }
  beyond(name, args, shell);
  if (entry === undefined) {
    shell.tally.add(unfamiliar(name, args, shell));
    return OPAQUE;
  }
  return judge(entry, { name, args, shell, input }) ?? OPAQUE;
}

/** Its name, and the subcommand where it is one. */
function label(name: string, args: readonly Field[]): string {
  const [first] = words(args);
  return first !== undefined && /^[a-z][a-z-]{1,20}$/.test(first) && SUBCOMMANDS.has(name)
    ? `${name} ${first}`
    : Object.hasOwn(TABLE, name)
      ? name
      : told(name);
}

const SUBCOMMANDS = new Set(
  "git npm yarn pnpm bun cargo go docker podman kubectl helm terraform gh glab aws gcloud az pip uv poetry systemctl brew apt apt-get make vault op".split(
    " ",
  ),
);
