import type { Act } from "../act.ts";
import { type Judge, type Run } from "../entry.ts";
import { exact, words } from "../field.ts";
import { hasOption, type Options, readOptions, set } from "../options.ts";

export const WRITES: Act = { kinds: ["write"], note: "changes the repository" };
export const READS: Act = { kinds: ["read"] };
export const SETTINGS: Act = { kinds: ["administer"], note: "changes how git works" };
export const DISCARDS: Act = { kinds: ["write"], traits: ["discards"], routine: false, note: "throws work away" };

/** A judge of one subcommand: what is true of its options. */
export function when(takes: string, act: (options: Options, run: Run) => void): Judge {
  return (run) => {
    act(readOptions(run.args, set(takes)), run);
    return undefined;
  };
}

export function discardsIf(takes: string, flags: readonly string[], otherwise: Act = WRITES): Judge {
  return when(takes, (options, { shell }) => shell.tally.add(hasOption(options, ...flags) ? DISCARDS : otherwise));
}

/** By the word that follows: most of them only look where nothing follows. */
export function byWord(discarding: string, writing: string, bare: Act = READS): Judge {
  return ({ args, shell }) => {
    const [word] = words(args.filter((arg) => !arg.text.startsWith("-")));
    if (args.length > 0 && word === undefined && args.some((arg) => !exact(arg))) shell.tally.add(DISCARDS);
    else
      shell.tally.add(
        word === undefined ? bare : set(discarding).has(word) ? DISCARDS : set(writing).has(word) ? WRITES : READS,
      );
    return undefined;
  };
}
