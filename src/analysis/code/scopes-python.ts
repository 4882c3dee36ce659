import type { SgNode } from "@ast-grep/napi";
import type { Names } from "./names.ts";
import { type Holds, named, type Special } from "./scopes.ts";

const COMPREHENSIONS = new Set([
  "list_comprehension",
  "dictionary_comprehension",
  "set_comprehension",
  "generator_expression",
]);
const PATTERNS = new Set(["pattern_list", "tuple_pattern"]);

/** Python: at the top a name stands for its own only behind the statement that binds it, in the same block or one within;
 *  in a function, what the function binds is its own throughout. Defaults, and the first thing that a comprehension goes
 *  through, belong outside. */
export const pythonScope: Special = (node, names, holds) => {
  const kind = String(node.kind());
  if (COMPREHENSIONS.has(kind)) return comprehension(node, names, holds);
  switch (kind) {
    case "block": {
      const inside = names.within();
      return node.children().every((child) => holds(child, inside));
    }
    case "assignment": {
      const [left, right] = [node.field("left"), node.field("right")];
      return left !== null && right !== null && holds(right, names) && target(left, names, holds);
    }
    case "augmented_assignment":
      return node.field("left")?.kind() === "attribute" ? false : undefined;
    case "for_statement":
      return loop(node, names, holds);
    case "lambda":
      return callable(node, names, holds, []);
    case "function_definition": {
      const [name, body] = [node.field("name"), node.field("body")];
      return name !== null && body !== null && callable(node, names, holds, boundIn(body), name.text());
    }
    default:
      return undefined;
  }
};

function loop(node: SgNode, names: Names, holds: Holds): boolean {
  const [left, right, body] = [node.field("left"), node.field("right"), node.field("body")];
  if (left === null || right === null || body === null || !holds(right, names)) return false;
  const inside = names.within();
  const rest = named(node).filter((one) => ![left, right, body].some((known) => known.id() === one.id()));
  return target(left, inside, holds) && holds(body, inside) && rest.every((one) => holds(one, names));
}

/** Binds what stands on the left. A member that is given a new meaning has it everywhere. */
function target(node: SgNode, names: Names, holds: Holds): boolean {
  const kind = String(node.kind());
  if (PATTERNS.has(kind)) return named(node).every((one) => target(one, names, holds));
  if (kind !== "identifier") return kind === "subscript" && holds(node, names);
  names.add(node.text());
  return true;
}

function callable(node: SgNode, names: Names, holds: Holds, locals: readonly string[], name?: string): boolean {
  const own = [...locals];
  const parameters = node.field("parameters");
  for (const one of parameters === null ? [] : named(parameters)) {
    const inner = one.kind() === "default_parameter" ? one.field("name") : one;
    const value = one.field("value");
    if (inner?.kind() !== "identifier" || (value !== null && !holds(value, names))) return false;
    own.push(inner.text());
  }
  if (name !== undefined) names.add(name);
  const body = node.field("body");
  return body !== null && holds(body, names.within(own));
}

/** What the body of a function binds: not what functions and comprehensions within it bind for themselves. */
function boundIn(node: SgNode): readonly string[] {
  const kind = String(node.kind());
  if (kind === "function_definition") return [node.field("name")?.text() ?? ""];
  if (kind === "lambda" || COMPREHENSIONS.has(kind)) return [];
  const left = kind === "assignment" || kind === "for_statement" ? node.field("left") : null;
  return [...(left === null ? [] : targets(left)), ...node.children().flatMap(boundIn)];
}

function targets(node: SgNode): readonly string[] {
  if (PATTERNS.has(String(node.kind()))) return named(node).flatMap(targets);
  return node.kind() === "identifier" ? [node.text()] : [];
}

function comprehension(node: SgNode, names: Names, holds: Holds): boolean {
  let inside = names;
  const [body, ...clauses] = named(node);
  for (const clause of clauses) {
    if (clause.kind() !== "for_in_clause") {
      if (!holds(clause, inside)) return false;
      continue;
    }
    const [left, ...right] = named(clause);
    if (left === undefined || !right.every((one) => holds(one, inside))) return false;
    inside = inside.within();
    if (!target(left, inside, holds)) return false;
  }
  return body !== undefined && holds(body, inside);
}
