import type { Place } from "../analysis.ts";
import type { Tally } from "./act.ts";
import { type Field, HOLE, NAME } from "./field.ts";
import { type Body, copyOf, type Scope } from "./scope.ts";
import type { Statement } from "./syntax.ts";

/** A text being followed: what has been found, and how things stand where it has come to. */
export interface Shell {
  readonly place: Place;
  readonly tally: Tally;
  /** Steps left. At none, the rest counts as unknown: no text takes longer than its length allows. */
  readonly budget: { steps: number };
  readonly scope: Scope;
  /** Functions being run, texts being run from texts. */
  readonly depth: number;
  /** Names of the functions being run. */
  readonly calling: readonly string[];
  /** What comes out of the process substitutions, the first at `/dev/fd/63`. */
  readonly streams: Flow[];
  readonly follow: Follow;
}

/** The parts of the walk that commands lead back into. */
export interface Follow {
  readonly list: (list: readonly Statement[], shell: Shell, input: Flow) => Flow;
  readonly body: (body: Body, shell: Shell, input: Flow) => Flow;
  /** A text that this shell reads as a program itself. */
  readonly text: (text: string, shell: Shell, input: Flow) => Flow;
  /** Arguments that are a command. */
  readonly run: (fields: readonly Field[], shell: Shell, input: Flow) => Flow;
}

const FIRST_STREAM = 63;

/** The name that a process substitution has for the command it is given to. */
export function streamed(shell: Shell, flow: Flow): string {
  return `/dev/fd/${FIRST_STREAM + shell.streams.push(flow) - 1}`;
}

export function streamAt(shell: Shell, path: string): Flow | undefined {
  const found = /^\/dev\/fd\/(\d{1,4})$/.exec(path);
  return found === null ? undefined : shell.streams[Number(found[1]) - FIRST_STREAM];
}

/** What comes into a command, or out of it. */
export type Flow =
  | { readonly kind: "none" }
  /** This text, with HOLE for what is not known. */
  | { readonly kind: "text"; readonly text: string }
  /** Names of files below these, each ended by a NUL or a line break. */
  | { readonly kind: "files"; readonly fields: readonly Field[]; readonly nul: boolean }
  /** Something from the network. */
  | { readonly kind: "fetched" }
  | { readonly kind: "opaque" };

export const NOTHING: Flow = { kind: "none" };
export const OPAQUE: Flow = { kind: "opaque" };

export const DEEPEST = 24;

export function apart(shell: Shell): Shell {
  // What is copied is paid for.
  shell.budget.steps -= shell.scope.variables.size >> 5;
  return { ...shell, scope: copyOf(shell.scope) };
}

/** What the text would run is made up while it runs, or cannot be read. Asked or denied, whatever else it does. */
export function unknown(shell: Shell, note: string): void {
  shell.tally.add({ kinds: ["execute", "unknown"], traits: ["dynamic"], routine: false, note });
}

/** What `$name` holds; undefined where nobody can say. What the system sets is taken for what it always is. */
export function valueOf(shell: Shell, name: string): string | undefined {
  const { scope, place } = shell;
  if (scope.variables.has(name)) return scope.variables.get(name) ?? undefined;
  switch (name) {
    case "HOME":
      return place.home;
    case "TMPDIR":
    case "TMP":
    case "TEMP":
      return "/tmp";
    case "PWD":
      return scope.cwds?.length === 1 ? scope.cwds[0] : undefined;
    case "IFS":
      return " \t\n";
    default:
      return NUMBERS.has(name) ? NAME : undefined;
  }
}

const NUMBERS = new Set(
  "$ ? # ! RANDOM SRANDOM BASHPID UID EUID PPID SECONDS LINENO EPOCHSECONDS SHLVL COLUMNS LINES HOSTNAME USER LOGNAME OSTYPE".split(
    " ",
  ),
);

/** Joined with one blank, as `echo` and `eval` do. */
export function joined(fields: readonly Field[]): string {
  return fields
    .map((field) => (field.glob || (field.many && !field.text.includes(HOLE)) ? HOLE : field.text))
    .join(" ");
}
