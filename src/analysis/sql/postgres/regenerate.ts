import { deparseSync } from "pgsql-deparser";
import { isObject, type Json, type JsonObject } from "../../../domain/json.ts";
import { refuse } from "../refusal.ts";
import { parse } from "./parser.ts";
import { nodes, object } from "./tree.ts";

/** How deep a statement may be: far deeper than people write, and far from where a reader of it runs out of stack. */
const DEEPEST = 600;

/** Refuses a tree that is too deep to be walked. */
export function boundDepth(tree: Json, depth = 0): void {
  if (typeof tree !== "object" || tree === null) return;
  if (depth > DEEPEST) refuse("it is nested too deeply");
  if (isObject(tree)) for (const key in tree) boundDepth(tree[key] as Json, depth + 1);
  else for (const item of tree) boundDepth(item, depth + 1);
}

/** The statement written anew from its tree, and proven: read again it is the same tree, but for where things stand in
 *  the text. What cannot be proven is refused, for then something else would travel than what was judged. */
export function regenerate(statement: Json): string {
  let text: string;
  try {
    text = deparseSync(statement as Parameters<typeof deparseSync>[0], { pretty: false });
  } catch {
    return refuse("it cannot be written anew from what was judged");
  }
  const again = parse(text);
  if (again.kind !== "tree" || !isOnly(statement, again.tree["stmts"]))
    return refuse("written anew from what was judged, it does not come out the same");
  return text;
}

function isOnly(statement: Json, statements: Json | undefined): boolean {
  const [first, ...others] = nodes(statements);
  return others.length === 0 && sameTree(statement, object(first)?.["stmt"]);
}

const PLACES = /^(?:location|stmt_len|stmt_location|list_start|list_end|rexpr_list_start|rexpr_list_end)$|_location$/;
const isPlace = new Map<string, boolean>();

/** Whether a field only says where something stands in the text. There are some dozens of names of fields. */
function place(field: string): boolean {
  let known = isPlace.get(field);
  if (known === undefined) isPlace.set(field, (known = PLACES.test(field)));
  return known;
}

function sameTree(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a)) {
    const [one, other] = [a as readonly Json[], b as readonly Json[]];
    return Array.isArray(b) && one.length === other.length && one.every((item, i) => sameTree(item, other[i]));
  }
  if (Array.isArray(b)) return false;
  const [one, other] = [a as JsonObject, b as JsonObject];
  for (const key in one) if (!place(key) && !sameTree(one[key], other[key])) return false;
  for (const key in other) if (!place(key) && one[key] === undefined) return false;
  return true;
}
