import type { Act } from "../act.ts";
import type { Judge, Run } from "../entry.ts";
import { exact, type Field, literal } from "../field.ts";
import { reads } from "../files.ts";
import { isOption, set } from "../options.ts";
import { OPAQUE, unknown } from "../state.ts";
import { saysDelete, tokens, type Verb, verbOf } from "../verbs.ts";

export interface Service {
  /** Options that stand before the subcommand with a value after them. */
  readonly globals?: string;
  /** The verb is among the options: `--delete`. */
  readonly byOptions?: boolean;
  /** What it holds is secret: reading it is reading a secret. */
  readonly secret?: boolean;
  /** Options whose value is a file that is read. */
  readonly reads?: string;
  /** Whole subcommands that are known to be something else than their words say. */
  readonly known?: Readonly<Record<string, "read" | "change" | "delete" | Judge>>;
}

const FURTHEST = 6;
/** Values that are files or texts do not say what is done. */
const SWITCHES = /^--?(?:delete|purge|prune|destroy|remove|wipe|erase|force-delete|cascade|drop|reset)/;

/** A tool that talks to something that others use too: a cloud, a cluster, a forge, a store of secrets. What it reads, it
 *  reads; what it deletes, it deletes there; everything else changes how that is set up. A word that nobody knows is a
 *  change. */
export function service(kind: Service = {}): Judge {
  const globals = set(kind.globals);
  return (run) => {
    const { shell, args } = run;
    const { words, odd, dynamic } = leading(args, globals);
    for (const [name, what] of Object.entries(kind.known ?? {}))
      if (`${words.join(" ")} `.startsWith(`${name} `)) {
        if (typeof what === "function") return what({ ...run, args: after(args, name.split(" ").length, globals) });
        return done(run, what, kind);
      }
    if (dynamic) unknown(shell, "a subcommand that is made up while it runs");
    const verb = kind.byOptions === true ? byOptions(args) : decide(words, odd);
    return done(run, switched(args) ? "delete" : verb, kind);
  };
}

/** The words before anything that could be a value of something unknown. */
function leading(
  args: readonly Field[],
  globals: ReadonlySet<string>,
): { readonly words: readonly string[]; readonly odd: boolean; readonly dynamic: boolean } {
  const words: string[] = [];
  let odd = false;
  let dynamic = false;
  for (let i = 0; i < args.length && words.length < FURTHEST; i++) {
    const field = args[i] ?? literal("");
    if (field.text.startsWith("-") && field.text.length > 1) {
      if ([...globals].some((one) => isOption(field.text, one))) i++;
      // An option that nobody knows may have a value after it, which is then no word of the command.
      else if (words.length < 2 && !field.text.includes("=")) odd = true;
    } else if (exact(field)) words.push(field.text);
    else {
      dynamic ||= words.length === 0 || (words.length < 3 && decide(words, odd) === "change");
      break;
    }
  }
  return { words, odd, dynamic };
}

function after(args: readonly Field[], count: number, globals: ReadonlySet<string>): readonly Field[] {
  let left = count;
  for (let i = 0; i < args.length; i++) {
    const text = args[i]?.text ?? "";
    if ([...globals].some((one) => isOption(text, one))) i++;
    else if (!text.startsWith("-") && --left === 0) return args.slice(i + 1);
  }
  return [];
}

function decide(words: readonly string[], odd: boolean): Exclude<Verb, "noun"> {
  const verbs = words.map(verbOf);
  if (odd && verbs.includes("delete")) return "delete";
  let maybeRead = false;
  for (const [i, verb] of verbs.entries()) {
    if (verb === "either") maybeRead = true;
    else if (verb !== "noun") return odd && verb === "read" && verbs.slice(i + 1).includes("change") ? "change" : verb;
    // What stands after two nouns is the name of something.
    if (i >= 3) break;
  }
  return maybeRead || words.length === 0 ? "read" : "change";
}

function byOptions(args: readonly Field[]): Exclude<Verb, "noun"> {
  let found: Exclude<Verb, "noun"> | null = null;
  for (const { text } of args) {
    if (!text.startsWith("-")) continue;
    const name = text.split("=")[0] ?? "";
    if (saysDelete(name)) return "delete";
    const verb = verbOf(tokens(name)[0] ?? "");
    if (verb === "change") found = "change";
    else if (verb === "read") found ??= "read";
  }
  return found ?? "change";
}

function switched(args: readonly Field[]): boolean {
  return args.some(({ text }) => SWITCHES.test(text) && !text.endsWith("=false"));
}

function done({ shell, name, args }: Run, verb: Exclude<Verb, "noun">, kind: Service): undefined {
  for (const [i, arg] of args.entries()) {
    const before = args[i - 1]?.text ?? "";
    if (set(kind.reads).has(before) || /^(?:file|fileb):\/\//.test(arg.text))
      reads(shell, { ...arg, text: arg.text.replace(/^fileb?:\/\//, "") });
  }
  shell.tally.add(ACTS[verb](name, kind));
  return undefined;
}

const ACTS: Readonly<Record<Exclude<Verb, "noun">, (name: string, kind: Service) => Act>> = {
  read: (name, kind) => ({
    kinds: ["read"],
    traits: kind.secret === true ? ["secret-place"] : [],
    note: `reads what ${name} holds`,
  }),
  delete: () => ({ kinds: ["delete"], routine: false, note: "deletes or ends something there" }),
  change: () => ({ kinds: ["administer"], routine: false, note: "changes something there" }),
};

/** Runs what stands after a command's own words somewhere else. */
export const elsewhere =
  (skip: number, takes: string, act: Act): Judge =>
  ({ args, shell, input }) => {
    shell.tally.add(act);
    const known = set(takes);
    let left = skip;
    for (let i = 0; i < args.length; i++) {
      const text = args[i]?.text ?? "";
      if (text === "--") return shell.follow.run(args.slice(i + 1), there(shell), input);
      if (text.startsWith("-")) {
        if (known.has(text)) i++;
      } else if (left-- === 0) return shell.follow.run(args.slice(i), there(shell), input);
    }
    return OPAQUE;
  };

function there(shell: Run["shell"]): Run["shell"] {
  // Paths mean something else there: nothing in it is the workspace.
  return { ...shell, scope: { ...shell.scope, cwds: null, variables: new Map(shell.scope.variables) } };
}
