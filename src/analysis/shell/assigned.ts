import { forEachChild } from "./syntax.ts";
import type { CompoundList } from "./syntax.ts";

/** Stands for all names: something in there assigns what is not written in it. */
export const everythingAssigned: ReadonlySet<string> = new Set(["*"]);

const ASSIGNERS = new Set(
  "read mapfile readarray getopts unset eval source . let declare typeset local export readonly printf cd pushd popd command builtin".split(
    " ",
  ),
);
const FOLDERS = new Set(["cd", "pushd", "popd"]);

/** The names that a loop's body assigns; `PWD` where it changes the folder. */
export function assignedIn(body: CompoundList): ReadonlySet<string> {
  const names = new Set<string>();
  let all = false;
  type Child = Parameters<Parameters<typeof forEachChild>[1]>[0];
  const visit = (node: Child): void => {
    if (node.type === "Assignment") names.add(node.name);
    else if (node.type === "For" || node.type === "Select") names.add(node.name.value);
    else if (node.type === "ArithmeticWord")
      for (const name of node.value.match(/[A-Za-z_]\w*/g) ?? []) names.add(name);
    else if (node.type === "ParameterExpansion" && node.operation?.type === "Default") names.add(node.parameter);
    else if (node.type === "Command") {
      const head = node.name?.value ?? "";
      if (FOLDERS.has(head)) names.add("PWD");
      if (ASSIGNERS.has(head))
        for (const arg of node.args) {
          const text = arg.type === "Word" ? arg.value : arg.name;
          const name = /^[A-Za-z_]\w*/.exec(text)?.[0];
          if (name !== undefined) names.add(name);
        }
      if (["eval", "source", ".", "command", "builtin"].includes(head)) all = true;
      // A function called here may assign anything.
      if (!/^[\w./+-]+$/.test(head) && head !== "[" && head !== "") all = true;
    }
    forEachChild(node, visit);
  };
  forEachChild(body, visit);
  return all ? everythingAssigned : names;
}
