import { type Field, HOLE } from "./field.ts";
import { together } from "./flow.ts";
import { fieldsOf } from "./expand.ts";
import { arithmetic } from "./pieces.ts";
import { readerFor } from "./reader.ts";
import { redirected } from "./redirect.ts";
import { type Body, copyOf, eitherOf, maybe, type Scope } from "./scope.ts";
import { simple } from "./simple.ts";
import { apart, DEEPEST, type Flow, NOTHING, OPAQUE, type Shell, unknown } from "./state.ts";
import { assignedIn, everythingAssigned } from "./assigned.ts";
import { tested } from "./tested.ts";
import type { CompoundList, PipelineNode, Statement } from "./syntax.ts";

/** Follows statements one after another, and says what they put out. */
export function walkList(list: readonly Statement[], shell: Shell, input: Flow): Flow {
  let out: Flow = NOTHING;
  for (const statement of list) {
    const here = statement.background === true ? apart(shell) : shell;
    out = together(out, walk(statement.command, here, input));
  }
  return out;
}

type Node = Statement["command"];

/** Follows one command, and says what it puts out. Every kind of node is named here; one that is not is unknown. */
export function walk(node: Node | Body, shell: Shell, input: Flow): Flow {
  if (shell.depth > DEEPEST || --shell.budget.steps < 0) {
    unknown(shell, "too much to follow");
    return OPAQUE;
  }
  switch (node.type) {
    case "Command":
      return simple(node, shell, input);
    case "AndOr":
      return chain(node, shell, input);
    case "Pipeline":
      return pipeline(node, shell, input);
    case "CompoundList":
      return walkList(node.commands, shell, input);
    case "BraceGroup":
      return walk(node.body, shell, input);
    case "Subshell":
      return walk(node.body, apart(shell), input);
    case "Redirected":
      return walk(node.command, shell, redirected(node.redirects, shell, input).input);
    case "If":
      return branches(node, shell, input);
    case "For":
    case "Select":
      return overWords(node, shell, input);
    case "ArithmeticFor": {
      const reader = readerFor(shell);
      for (const one of [node.initialize, node.test, node.update]) arithmetic(one, reader);
      return loop([node.body], shell, input);
    }
    case "While":
      return loop([node.clause, node.body], shell, input);
    case "Case":
      return cases(node, shell, input);
    case "Function": {
      const [name] = fieldsOf(node.name, readerFor(shell));
      shell.scope.functions.set(name?.text ?? "", {
        bodies: [node.body],
        certain: true,
      });
      return NOTHING;
    }
    case "Coproc":
      return walk(node.body, apart(shell), input);
    case "TestCommand":
      tested(node.expression, shell);
      return NOTHING;
    case "ArithmeticCommand":
      arithmetic(node.expression, readerFor(shell));
      return NOTHING;
    default:
      return odd(node, shell);
  }
}

/** The parser has grown a kind of node that this does not know. */
function odd(node: never, shell: Shell): Flow {
  unknown(shell, `a construct that is not known: ${String((node as Node).type)}`);
  return OPAQUE;
}

function chain(node: Extract<Node, { type: "AndOr" }>, shell: Shell, input: Flow): Flow {
  const before = copyOf(shell.scope);
  let out: Flow = NOTHING;
  node.commands.forEach((command, i) => {
    if (node.operators[i - 1] === "||" && !leaves(command)) {
      const branch = apart(shell);
      // What stood before it failed: it may not have happened at all.
      branch.scope.cwds = eitherOf(before.cwds, branch.scope.cwds);
      out = together(out, walk(command, branch, input));
      maybe(shell.scope, branch.scope);
    } else out = together(out, walk(command, shell, input));
  });
  // `cd x && make` leaves it open where the next line runs; `cd x || exit` does not.
  if (!leaves(node.commands.at(-1))) maybe(shell.scope, before);
  return out;
}

function leaves(command: PipelineNode | undefined): boolean {
  return command?.type === "Command" && ["exit", "return"].includes(command.name?.text ?? "");
}

function pipeline(node: Extract<Node, { type: "Pipeline" }>, shell: Shell, input: Flow): Flow {
  const alone = node.commands.length === 1;
  let flow = input;
  for (const command of node.commands) {
    const out = walk(command, alone ? shell : apart(shell), flow);
    // What came off the network and went through something is still off the network.
    flow = flow.kind === "fetched" && out.kind === "opaque" ? flow : out;
  }
  return flow;
}

function branches(node: Extract<Node, { type: "If" }>, shell: Shell, input: Flow): Flow {
  let out = walk(node.clause, shell, input);
  const taken: Scope[] = [];
  const branch = (body: CompoundList, from: Shell): void => {
    const here = apart(from);
    out = together(out, walk(body, here, input));
    taken.push(here.scope);
  };
  branch(node.then, shell);
  for (const { clause, then } of node.elif) {
    out = together(out, walk(clause, shell, input));
    branch(then, shell);
  }
  if (node.else !== undefined) branch(node.else, shell);
  for (const scope of taken) maybe(shell.scope, scope);
  return out;
}

function cases(node: Extract<Node, { type: "Case" }>, shell: Shell, input: Flow): Flow {
  const reader = readerFor(shell);
  fieldsOf(node.word, reader);
  let out: Flow = NOTHING;
  const before = apart(shell);
  for (const item of node.items) {
    for (const word of item.pattern) fieldsOf(word, reader);
    // One item may fall through into the next.
    const here = apart(before);
    maybe(here.scope, shell.scope);
    out = together(out, walk(item.body, here, input));
    maybe(shell.scope, here.scope);
  }
  return out;
}

function loop(bodies: readonly CompoundList[], shell: Shell, input: Flow): Flow {
  const here = apart(shell);
  forget(bodies, here.scope);
  let out: Flow = NOTHING;
  for (const body of bodies) out = together(out, walk(body, here, input));
  maybe(shell.scope, here.scope);
  return out;
}

/** What a loop assigns may already be there when it is read further up. */
function forget(bodies: readonly CompoundList[], scope: Scope): void {
  for (const body of bodies) {
    // A function that is called in there may assign anything.
    const names = scope.functions.size > 0 ? everythingAssigned : assignedIn(body);
    if (names === everythingAssigned) for (const name of scope.variables.keys()) scope.variables.set(name, null);
    else for (const name of names) scope.variables.set(name, null);
    if (names === everythingAssigned || names.has("PWD")) scope.cwds = null;
  }
}

const MOST_ROUNDS = 12;

/** Once for each word where they are few; else once, with a value that is not known. */
function overWords(node: Extract<Node, { type: "For" | "Select" }>, shell: Shell, input: Flow): Flow {
  const reader = readerFor(shell);
  const fields = node.wordlist?.flatMap((word) => fieldsOf(word, reader)) ?? shell.scope.positional;
  const here = apart(shell);
  forget([node.body], here.scope);
  const rounds = fields === null || fields.length > MOST_ROUNDS ? [null] : fields;
  let out: Flow = NOTHING;
  for (const field of rounds) {
    here.scope.variables.set(node.name.value, roundText(field));
    out = together(out, walk(node.body, here, input));
  }
  maybe(shell.scope, here.scope);
  shell.scope.variables.set(node.name.value, null);
  return out;
}

/** A pattern stands for the names that it matches: quoted again, it is still one of them. */
function roundText(field: Field | null): string | null {
  if (field === null || field.text.includes(HOLE)) return null;
  return field.text;
}
