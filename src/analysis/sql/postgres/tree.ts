import { isObject, type Json, type JsonObject } from "../../../domain/json.ts";
import { refuse } from "../refusal.ts";

/** A node as the parser writes it: its fields, and for most of them a wrapping `{ Type: fields }`. */
export type Node = JsonObject;

/** The type and the fields of a wrapped node. */
export function unwrap(node: Json | undefined): readonly [string, Node] {
  if (isObject(node)) for (const type in node) return [type, node[type] as Node];
  return ["", {}];
}

/** The fields of `node` if it is a `type`, else null. */
export function as(node: Json | undefined, type: string): Node | null {
  const [found, fields] = unwrap(node);
  return found === type ? fields : null;
}

export function nodes(list: Json | undefined): readonly Json[] {
  return Array.isArray(list) ? (list as readonly Json[]) : [];
}

export function object(value: Json | undefined): Node | null {
  return isObject(value) ? value : null;
}

export function textOf(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}

/** The text of a `String` node; null for anything else. */
export function stringOf(node: Json | undefined): string | null {
  const fields = as(node, "String");
  return fields === null ? null : textOf(fields["sval"]);
}

/** Names such as those of functions, operators and columns. */
export function stringsOf(list: Json | undefined): readonly string[] {
  return nodes(list).flatMap((one) => stringOf(one) ?? []);
}

/** A constant text, as it is or cast to a type that leaves it whole; null for anything that is one only when it runs, or
 *  that is cut to a length. */
export function literalOf(node: Json | undefined): string | null {
  const cast = as(node, "TypeCast");
  if (cast !== null) return keepsWhole(object(cast["typeName"])) ? literalOf(cast["arg"]) : null;
  const value = object(as(node, "A_Const")?.["sval"]);
  return value === null ? null : textOf(value["sval"]);
}

function keepsWhole(type: Node | null): boolean {
  const name = stringsOf(type?.["names"]).join(".");
  return /^(?:pg_catalog\.)?(?:text|regclass)$/.test(name) && type?.["arrayBounds"] === undefined;
}

/** Refuses a node that has more to it than is looked at: a field of a later PostgreSQL is not passed over. */
export function only(node: Node, type: string, fields: ReadonlySet<string>): void {
  for (const field in node) {
    if (!fields.has(field)) refuse(`${type} with ${field} is not known here`);
  }
}
