import { type Json, type JsonObject, isObject, own } from "../domain/json.ts";

/** What Cedar can hold of one argument. */
export type InputType =
  | { readonly kind: "string" }
  | { readonly kind: "long" }
  | { readonly kind: "decimal" }
  | { readonly kind: "bool" }
  /** Whatever Cedar has no type for: a record of its one JSON text (RFC 8785). */
  | { readonly kind: "json" }
  | { readonly kind: "set"; readonly element: InputType }
  | RecordInput;

export interface RecordInput {
  readonly kind: "record";
  readonly members: ReadonlyMap<string, Member>;
}

export interface Member {
  readonly type: InputType;
  readonly required: boolean;
  /** Null is allowed, and carried as absence. */
  readonly nullable: boolean;
}

/** What policy cannot speak of, and why. */
export interface Untyped {
  readonly path: string;
  readonly why: string;
}

const MAX_DEPTH = 16;
const MAX_NODES = 2_000;
/** Cedar's JSON gives these a meaning of its own; JavaScript gives the last one. */
const ODD_NAMES = new Set(["__entity", "__extn", "__expr", "__proto__"]);

const JSON_TEXT: InputType = { kind: "json" };

/** Reads an input schema. Total, whatever the schema is: what Cedar cannot type is carried as JSON text, and what Cedar cannot
 *  even name, or nobody declared, is left out and named. */
export function readInputSchema(schema: Json | undefined): {
  readonly type: RecordInput;
  readonly untyped: readonly Untyped[];
} {
  const reader = new Reader(schema ?? null);
  const type = schema === undefined ? null : reader.read(schema, "", 0, []);
  if (type?.kind === "record") return { type, untyped: reader.untyped };
  if (type !== null) reader.untyped.push({ path: "", why: "the input schema does not describe an object" });
  if (schema === undefined) reader.untyped.push({ path: "", why: "there is no input schema" });
  return { type: { kind: "record", members: new Map() }, untyped: reader.untyped };
}

class Reader {
  readonly untyped: Untyped[] = [];
  readonly #root: Json;
  #nodes = 0;

  constructor(root: Json) {
    this.#root = root;
  }

  /** Null for what no value fits; why is then on the list. */
  read(schema: Json, path: string, depth: number, references: readonly string[]): InputType | null {
    if (depth > MAX_DEPTH) return JSON_TEXT;
    if (++this.#nodes > MAX_NODES) return JSON_TEXT;
    if (schema === true) return JSON_TEXT;
    if (schema === false) return this.#omit(path, "no value is allowed");
    if (!isObject(schema)) return JSON_TEXT;
    const reference = own(schema, "$ref");
    if (reference !== undefined) return this.#follow(reference, path, depth, references);
    // Beside a type of its own, branches can only narrow it.
    const typed = Object.hasOwn(schema, "type") || Object.hasOwn(schema, "properties");
    for (const key of ["anyOf", "oneOf", "allOf"] as const) {
      const branches = own(schema, key);
      if (branches !== undefined && !typed) return this.#branches(key, branches, path, depth, references);
    }
    return this.#plain(schema, path, depth, references);
  }

  #plain(schema: JsonObject, path: string, depth: number, references: readonly string[]): InputType | null {
    switch (typeName(schema)) {
      case "string":
        return { kind: "string" };
      case "integer":
        return { kind: "long" };
      case "number":
        return { kind: "decimal" };
      case "boolean":
        return { kind: "bool" };
      case "array":
        return this.#array(schema, path, depth, references);
      case "object":
        return this.#object(schema, path, depth, references);
      default:
        return JSON_TEXT;
    }
  }

  #array(schema: JsonObject, path: string, depth: number, references: readonly string[]): InputType | null {
    const items = own(schema, "items");
    if (Object.hasOwn(schema, "prefixItems") || Array.isArray(items)) return JSON_TEXT;
    if (items === undefined || typeof items === "boolean") return JSON_TEXT;
    const element = this.read(items, `${path}[]`, depth + 1, references);
    return element === null ? null : { kind: "set", element };
  }

  #object(schema: JsonObject, path: string, depth: number, references: readonly string[]): InputType | null {
    const properties = own(schema, "properties");
    const rest = own(schema, "additionalProperties");
    const open = rest !== undefined && rest !== false;
    if (path !== "" && !isObject(properties)) return JSON_TEXT;
    if (open || Object.hasOwn(schema, "patternProperties")) {
      this.untyped.push({ path: path === "" ? "*" : `${path}.*`, why: "members that are not declared one by one" });
    }
    const list = own(schema, "required");
    const required = new Set(Array.isArray(list) ? (list as readonly Json[]) : []);
    const members = new Map<string, Member>();
    for (const [name, member] of isObject(properties) ? Object.entries(properties) : []) {
      const at = path === "" ? name : `${path}.${name}`;
      if (ODD_NAMES.has(name) || !name.isWellFormed()) {
        this.#omit(at, "Cedar cannot hold the name");
        continue;
      }
      const type = this.read(member, at, depth + 1, references);
      if (type === null) continue;
      const nullable = this.#nullable(member, 0);
      members.set(name, { type, required: required.has(name) && !nullable, nullable });
    }
    return { kind: "record", members };
  }

  /** One branch beside null, or branches that all come to the same simple type. */
  #branches(key: string, branches: Json, path: string, depth: number, references: readonly string[]): InputType | null {
    if (!Array.isArray(branches)) return JSON_TEXT;
    const kept = (branches as readonly Json[]).filter((branch) => key === "allOf" || !isNull(branch));
    const [only] = kept;
    if (only !== undefined && kept.length === 1) return this.read(only, path, depth + 1, references);
    if (key === "allOf") return JSON_TEXT;
    const before = this.untyped.length;
    const kinds = new Set(kept.map((branch) => simple(this.read(branch, path, depth + 1, references))));
    this.untyped.length = before;
    const [kind] = kinds;
    return kinds.size === 1 && kind !== null && kind !== undefined ? { kind } : JSON_TEXT;
  }

  #follow(reference: Json, path: string, depth: number, references: readonly string[]): InputType | null {
    if (typeof reference !== "string" || !reference.startsWith("#")) return JSON_TEXT;
    if (references.includes(reference)) return JSON_TEXT;
    const target = this.#resolve(reference);
    if (target === undefined) return JSON_TEXT;
    return this.read(target, path, depth + 1, [...references, reference]);
  }

  /** A JSON pointer (RFC 6901) within this schema. */
  #resolve(reference: string): Json | undefined {
    if (reference === "#") return this.#root;
    if (!reference.startsWith("#/")) return undefined;
    let here: Json | undefined = this.#root;
    for (const part of reference.slice(2).split("/")) {
      const key = unescapePointer(part);
      if (Array.isArray(here)) here = (here as readonly Json[])[/^\d+$/.test(key) ? Number(key) : -1];
      else here = here !== undefined && isObject(here) ? own(here, key) : undefined;
    }
    return here;
  }

  #nullable(schema: Json, hops: number): boolean {
    if (!isObject(schema) || hops > MAX_DEPTH) return false;
    const reference = own(schema, "$ref");
    if (typeof reference === "string") {
      const target = this.#resolve(reference);
      return target !== undefined && this.#nullable(target, hops + 1);
    }
    const branches = own(schema, "anyOf") ?? own(schema, "oneOf");
    if (Array.isArray(branches))
      return (branches as readonly Json[]).some((branch) => isNull(branch) || this.#nullable(branch, hops + 1));
    const all = own(schema, "allOf");
    if (Array.isArray(all)) return (all as readonly Json[]).every((one) => this.#nullable(one, hops + 1));
    const type = own(schema, "type");
    return Array.isArray(type) ? (type as readonly Json[]).includes("null") : own(schema, "nullable") === true;
  }

  #omit(path: string, why: string): null {
    this.untyped.push({ path, why });
    return null;
  }
}

/** The one type it names, or that all its choices have. */
function typeName(schema: JsonObject): string | null {
  const type = own(schema, "type");
  if (typeof type === "string") return type;
  if (Array.isArray(type)) {
    const kept = (type as readonly Json[]).filter((one) => one !== "null");
    if (kept.length === 0) return "null";
    return kept.length === 1 && typeof kept[0] === "string" ? kept[0] : "union";
  }
  const choices = Object.hasOwn(schema, "const") ? [own(schema, "const")] : own(schema, "enum");
  if (Array.isArray(choices) && choices.length > 0) {
    const kinds = new Set((choices as readonly Json[]).map(kindOf));
    const [kind] = kinds;
    return kinds.size === 1 && kind !== undefined && kind !== "other" ? kind : "union";
  }
  return Object.hasOwn(schema, "properties") ? "object" : Object.hasOwn(schema, "items") ? "array" : null;
}

function kindOf(value: Json): string {
  if (typeof value === "string" || typeof value === "boolean") return typeof value;
  if (typeof value === "number") return Number.isInteger(value) ? "integer" : "number";
  return "other";
}

function simple(type: InputType | null): "string" | "long" | "decimal" | "bool" | null {
  return type === null || type.kind === "set" || type.kind === "record" || type.kind === "json" ? null : type.kind;
}

function isNull(schema: Json): boolean {
  return isObject(schema) && (own(schema, "type") === "null" || own(schema, "const") === null);
}

function unescapePointer(part: string): string {
  try {
    return decodeURIComponent(part).replaceAll("~1", "/").replaceAll("~0", "~");
  } catch {
    return part;
  }
}
