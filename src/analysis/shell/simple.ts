import { fieldsOf, textOf } from "./expand.ts";
import { type Field, HOLE } from "./field.ts";
import { environment } from "./environment.ts";
import { readerFor } from "./reader.ts";
import { redirected } from "./redirect.ts";
import { type Flow, NOTHING, type Shell, unknown } from "./state.ts";
import { type Assignment, type CommandNode, LONGEST } from "./syntax.ts";

/** One command with its words, its assignments and its redirections. */
export function simple(node: Extract<CommandNode, { type: "Command" }>, shell: Shell, input: Flow): Flow {
  const reader = readerFor(shell);
  const fields: Field[] = node.name === undefined ? [] : [...fieldsOf(node.name, reader)];
  for (const arg of node.args) {
    if (arg.type === "Word") fields.push(...fieldsOf(arg, reader));
    else fields.push(assignmentField(arg, shell));
  }
  const { input: flow, kept } = redirected(node.redirects, shell, input);
  const assignments = node.prefix.filter((one) => one.type === "Assignment");
  if (fields.length === 0 && node.name === undefined) {
    for (const one of assignments) assign(one, shell);
    return NOTHING;
  }
  for (const one of assignments) {
    const field = assignmentField(one, shell);
    environment(shell, one.name, value(field));
    // Some commands see it and others do not: from here on it may be either.
    if (shell.scope.variables.has(one.name)) shell.scope.variables.set(one.name, null);
  }
  const out = shell.follow.run(fields, shell, flow);
  return kept ? out : NOTHING;
}

function assign(one: Assignment, shell: Shell): void {
  const field = assignmentField(one, shell);
  const text = value(field);
  environment(shell, one.name, text);
  const before = shell.scope.variables.get(one.name);
  const plain = one.value?.type === "Word" && one.index === undefined && !field.many;
  const now =
    one.append === true
      ? typeof before === "string" && before.length + text.length <= LONGEST
        ? before + text
        : null
      : text;
  shell.scope.variables.set(one.name, plain ? now : null);
}

/** `name=value` as one text. Where the value is a list, all of it is followed and none of it is told. */
function assignmentField(one: Assignment, shell: Shell): Field {
  const reader = readerFor(shell);
  const index = one.index === undefined ? null : textOf(one.index, reader);
  if (one.value.type !== "Word") {
    for (const element of one.value.elements) fieldsOf(element, reader);
    return { text: `${one.name}=${HOLE}`, many: true, glob: false };
  }
  const field = textOf(one.value, reader);
  // Arithmetic reads such a text as an index, and runs what stands in it.
  if (/\[[^\]]*(?:\$\(|`)/.test(field.text)) unknown(shell, "a value that arithmetic would run");
  return { text: `${one.name}=${field.text}`, many: field.many || index !== null, glob: false };
}

function value(field: Field): string {
  return field.text.slice(field.text.indexOf("=") + 1);
}
