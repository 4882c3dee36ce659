import { NO_EFFECTS } from "../../domain/effect.ts";
import type { Analysers, Analysis } from "../analysis.ts";
import { Tally } from "./act.ts";
import { type Field, HOLE, NAME } from "./field.ts";
import { runFields } from "./run.ts";
import { newScope } from "./scope.ts";
import { type Flow, type Follow, NOTHING, OPAQUE, type Shell, unknown } from "./state.ts";
import { readScript } from "./syntax.ts";
import { walk, walkList } from "./walk.ts";

/** Steps for each text: more than 64 kB of plain commands take, and an end to what multiplies itself. */
const STEPS = 40_000;

/** What a command line would do: every command it would run, through everything that one command hands to another.
 *  Total. What does not parse, what nobody knows, and what is made up while it runs is `unknown` and `dynamic`. */
export const analyseShell: Analysers["shell"] = (text, at) => {
  const tally = new Tally();
  const shell: Shell = {
    place: at,
    tally,
    budget: { steps: STEPS },
    scope: newScope(at.workspace),
    depth: 0,
    calling: [],
    streams: [],
    follow: FOLLOW,
  };
  if (text.trim() === "") return nothing();
  followText(text, shell, NOTHING);
  return { kind: "understood", effects: tally.effects(), forward: null };
};

function nothing(): Analysis {
  return { kind: "understood", effects: { ...NO_EFFECTS, kinds: ["read"], says: "runs no command" }, forward: null };
}

function followText(text: string, shell: Shell, input: Flow): Flow {
  if (text.includes(HOLE) && shell.depth > 0) {
    unknown(shell, "runs a text that is made up while it runs");
    return OPAQUE;
  }
  // Texts within texts are read again: together they may be no longer than one may be.
  shell.budget.steps -= shell.depth === 0 ? 0 : Math.ceil(text.length / 8);
  if (shell.budget.steps < 0) {
    unknown(shell, "too much to follow");
    return OPAQUE;
  }
  const syntax = readScript(shell.depth === 0 ? text : text.replaceAll(NAME, "_"));
  if (syntax.kind === "unread") {
    unknown(shell, `cannot be read: ${syntax.why}`);
    return OPAQUE;
  }
  return walkList(syntax.script.commands, shell, input);
}

/** A command that is the arguments of another. */
function runDeeper(fields: readonly Field[], shell: Shell, input: Flow): Flow {
  return runFields(fields, { ...shell, depth: shell.depth + 1 }, input);
}

const FOLLOW: Follow = { list: walkList, body: walk, text: followText, run: runDeeper };
