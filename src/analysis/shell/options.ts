import { exact, type Field, HOLE, literal } from "./field.ts";

export interface Option {
  readonly name: string;
  readonly value: Field | undefined;
}

/** The arguments of a command, told apart. */
export interface Options {
  readonly given: readonly Option[];
  readonly operands: readonly Field[];
  /** Something before `--` may be an option, or be several arguments: it is not known which. */
  readonly loose: boolean;
}

/** Reads arguments as getopt does. `takes` are the options that a value follows. Where the style is `long`, one dash
 *  begins a whole name; where it is `first`, options end at the first operand. */
export function readOptions(
  args: readonly Field[],
  takes: ReadonlySet<string>,
  style: "bundled" | "long" = "bundled",
  until: "end" | "operand" = "end",
): Options {
  const given: Option[] = [];
  const operands: Field[] = [];
  let loose = false;
  for (let i = 0; i < args.length; i++) {
    const field = args[i] ?? literal("");
    const { text } = field;
    if (text === "--") {
      operands.push(...args.slice(i + 1));
      break;
    }
    if (text.length < 2 || !text.startsWith("-")) {
      loose ||= text.startsWith(HOLE) || field.many;
      operands.push(field);
      if (until === "operand") {
        operands.push(...args.slice(i + 1));
        break;
      }
      continue;
    }
    if (text.startsWith("--") || style === "long") {
      const equals = text.indexOf("=");
      const name = equals < 0 ? text : text.slice(0, equals);
      const value =
        equals < 0 ? (takesValue(name, takes) ? args[++i] : undefined) : { ...field, text: text.slice(equals + 1) };
      given.push({ name, value });
      continue;
    }
    for (let j = 1; j < text.length; j++) {
      const name = `-${text[j]}`;
      if (!takes.has(name)) {
        given.push({ name, value: undefined });
        continue;
      }
      const rest = text.slice(j + 1);
      given.push({ name, value: rest === "" ? args[++i] : { ...field, text: rest } });
      break;
    }
  }
  return { given, operands, loose };
}

function takesValue(name: string, takes: ReadonlySet<string>): boolean {
  if (takes.has(name)) return true;
  // A long option may be cut short.
  if (!name.startsWith("--") || name.length < 4) return false;
  for (const one of takes) if (one.startsWith(name)) return true;
  return false;
}

/** True for an option that is `name`, or that is a long `name` cut short. */
export function isOption(option: string, name: string): boolean {
  return option === name || (option.length > 2 && option.startsWith("--") && name.startsWith(option));
}

export function hasOption(options: Options, ...names: readonly string[]): boolean {
  return options.given.some((one) => names.some((name) => isOption(one.name, name)));
}

export function valuesOf(options: Options, ...names: readonly string[]): readonly Field[] {
  return options.given
    .filter((one) => names.some((name) => isOption(one.name, name)))
    .flatMap((one) => (one.value === undefined ? [] : [one.value]));
}

const NONE: ReadonlySet<string> = new Set();
const SETS = new Map<string, ReadonlySet<string>>();

/** The names in a text of the table's own, each text read once. */
export function set(names: string | undefined): ReadonlySet<string> {
  if (names === undefined || names === "") return NONE;
  let made = SETS.get(names);
  if (made === undefined) SETS.set(names, (made = new Set(names.split(" "))));
  return made;
}

/** Only asks what the program is or how it is used. */
export function asksForHelp(args: readonly Field[]): boolean {
  const [only] = args;
  return args.length === 1 && only !== undefined && exact(only) && /^(?:--help|--version|-version)$/.test(only.text);
}

/** Asks how one of its subcommands is used: a single word, and `--help`. */
export function asksForHelpOn(args: readonly Field[]): boolean {
  const [word, help] = args;
  return args.length === 2 && /^[a-z][a-z-]*$/.test(word?.text ?? "") && help?.text === "--help";
}
