import type { SgNode } from "@ast-grep/napi";
import type { Names } from "./names.ts";
import { named, type Special } from "./scopes.ts";

const BLOCKS = new Set(["program", "statement_block"]);
const CHANGES: Readonly<Record<string, string>> = {
  assignment_expression: "left",
  augmented_assignment_expression: "left",
  update_expression: "argument",
  for_in_statement: "left",
};

/** JavaScript: `let`, `const`, parameters and functions own their block, from its first line on: read too early they
 *  throw, and never fall back to what lies outside. `var` does, and is not among the kinds that are read. */
export const javascriptScope: Special = (node, names, holds) => {
  const kind = String(node.kind());
  const changed = CHANGES[kind];
  // A member that is given a new meaning has it everywhere.
  if (changed !== undefined && node.field(changed)?.kind() !== "identifier") return false;
  const own = declared(node, kind);
  if (own === null) return undefined;
  const inside: Names = names.within(own);
  return node.children().every((child) => holds(child, inside));
};

/** What a node declares for what it holds; null where it is no scope. */
function declared(node: SgNode, kind: string): readonly string[] | null {
  if (BLOCKS.has(kind)) return node.children().flatMap(declaredBy);
  switch (kind) {
    case "for_statement":
      return node.children().flatMap(declaredBy);
    case "for_in_statement":
      return ["let", "const"].includes(node.field("kind")?.text() ?? "") ? identifiers(node.field("left")) : [];
    case "arrow_function":
      return [...identifiers(node.field("parameter")), ...identifiers(node.field("parameters"))];
    case "function_declaration":
      return identifiers(node.field("parameters"));
    default:
      return null;
  }
}

function declaredBy(node: SgNode): readonly string[] {
  switch (String(node.kind())) {
    case "lexical_declaration":
      return named(node).flatMap((one) => identifiers(one.field("name")));
    case "function_declaration":
      return identifiers(node.field("name"));
    default:
      return [];
  }
}

/** A name, or the names in a list of parameters. */
function identifiers(node: SgNode | null): readonly string[] {
  if (node === null) return [];
  const all = node.kind() === "formal_parameters" ? named(node) : [node];
  return all.filter((one) => one.kind() === "identifier").map((one) => one.text());
}
