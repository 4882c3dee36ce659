import { isObject, type Json, type JsonObject, own } from "../../domain/json.ts";

/** An argument that its tool wants repeated as `Mcp-Param-<name>`. */
export interface HeaderParam {
  readonly name: string;
  /** Members from `arguments` down. */
  readonly path: readonly string[];
  readonly type: "string" | "integer" | "boolean" | "number";
}

export interface HeaderParams {
  readonly params: readonly HeaderParam[];
  /** Why the declarations break the rules: clients drop such a tool. Null when they do not.
   *  `number` breaks them and still comes with `params`, since servers check it all the same. */
  readonly fault: string | null;
}

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,128}$/;
const TYPES = new Set<unknown>(["string", "integer", "boolean", "number"]);
const MAX_NODES = 20_000;

/** Finds every `x-mcp-header` of a tool's input schema. One that is not on a primitive property reached through
 *  `properties` alone spoils the tool, wherever it hides: under items, a branch, a definition. */
export function headerParams(inputSchema: JsonObject): HeaderParams {
  const params: HeaderParam[] = [];
  const seen = new Set<string>();
  let fault: string | null = null;
  let spoiled: string | null = null;
  let nodes = 0;

  /** `schema` tells a schema from a map of names to schemas; `path` is null off the chain of `properties`. */
  function visit(node: Json | undefined, path: readonly string[] | null, schema: boolean, depth: number): void {
    if (spoiled !== null || typeof node !== "object" || node === null) return;
    if (++nodes > MAX_NODES || depth > 64) {
      spoiled = "the schema is too large";
      return;
    }
    if (!isObject(node)) {
      for (const item of node as readonly Json[]) visit(item, null, true, depth + 1);
      return;
    }
    if (schema && Object.hasOwn(node, "x-mcp-header")) declare(node, path);
    for (const key of Object.keys(node)) {
      const child = node[key];
      if (!schema) visit(child, path === null ? null : [...path, key], true, depth + 1);
      else if (key === "properties") visit(child, path, false, depth + 1);
      else if (MAPS.has(key)) visit(child, null, false, depth + 1);
      else if (SCHEMAS.has(key)) visit(child, null, true, depth + 1);
    }
  }

  function declare(node: JsonObject, path: readonly string[] | null): void {
    const name = own(node, "x-mcp-header");
    const type = own(node, "type");
    if (path === null || path.length === 0) spoiled = "`x-mcp-header` stands where no argument is";
    else if (typeof name !== "string" || !TOKEN.test(name)) spoiled = "`x-mcp-header` is not a header name";
    else if (!TYPES.has(type)) spoiled = "`x-mcp-header` stands on something other than a string, integer or boolean";
    else if (seen.has(name.toLowerCase())) spoiled = "two arguments want the same `x-mcp-header`";
    else {
      if (type === "number") fault = "`x-mcp-header` stands on a number";
      seen.add(name.toLowerCase());
      params.push({ name, path, type: type as HeaderParam["type"] });
    }
  }

  visit(inputSchema, [], true, 0);
  return spoiled === null ? { params, fault } : { params: [], fault: spoiled };
}

const MAPS = new Set(["patternProperties", "dependentSchemas", "$defs", "definitions"]);
const SCHEMAS = new Set([
  "items",
  "prefixItems",
  "contains",
  "additionalProperties",
  "unevaluatedProperties",
  "unevaluatedItems",
  "propertyNames",
  "oneOf",
  "anyOf",
  "allOf",
  "not",
  "if",
  "then",
  "else",
]);
