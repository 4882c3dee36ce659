import { type Json, type JsonObject, isObject, own } from "../domain/json.ts";

/** The arguments as their schema types them: agents write `"10"` for a number, `"null"` for nothing and a list as its JSON
 *  text. A text that is exactly one value of a type the schema wants, where it wants no text, is taken for that value; a number
 *  where only a text fits, for its text. Whatever is not plainly meant stays, for `argumentFault` to refuse. What fits is what
 *  is judged, hashed and forwarded (decision 018). Total; the same object where nothing changed. */
export function fitted(schema: Json | undefined, input: JsonObject): JsonObject {
  return schema === undefined || !isObject(schema) ? input : (fitObject(schema, input, 0) as JsonObject);
}

const DEEPEST = 8;
const LONGEST = 65_536;

function fitObject(schema: JsonObject, value: JsonObject, depth: number): Json {
  const properties = own(schema, "properties");
  if (properties === undefined || !isObject(properties) || depth > DEEPEST) return value;
  let changed = false;
  const fit: Record<string, Json> = {};
  for (const [name, member] of Object.entries(value)) {
    const declared = own(properties, name);
    const one = declared !== undefined && isObject(declared) ? fitValue(declared, member, depth + 1) : member;
    changed ||= one !== member;
    Object.defineProperty(fit, name, { value: one, enumerable: true, writable: true, configurable: true });
  }
  return changed ? fit : value;
}

function fitValue(schema: JsonObject, value: Json, depth: number): Json {
  const types = typesOf(schema);
  if (types.size === 0 || depth > DEEPEST) return value;
  if (typeof value === "string" && !types.has("string")) {
    const meant = meantBy(value.trim(), types);
    return meant === undefined ? value : inside(schema, meant, depth);
  }
  if (typeof value === "number" && types.has("string") && !types.has("number") && !types.has("integer"))
    return Number.isSafeInteger(value) ? String(value) : value;
  return inside(schema, value, depth);
}

function inside(schema: JsonObject, value: Json, depth: number): Json {
  if (Array.isArray(value)) {
    const items = own(schema, "items");
    if (items === undefined || !isObject(items)) return value;
    const list = (value as readonly Json[]).map((one) => fitValue(items, one, depth + 1));
    return list.some((one, i) => one !== value[i]) ? list : value;
  }
  return isObject(value) ? fitObject(schema, value, depth) : value;
}

/** What a text stands for among these types; undefined where it is not exactly one value of one of them. */
function meantBy(text: string, types: ReadonlySet<string>): Json | undefined {
  if (types.has("null") && /^(?:null|none)$/i.test(text)) return null;
  if (types.has("boolean") && /^(?:true|false)$/i.test(text)) return text.toLowerCase() === "true";
  // No more digits than a number holds exactly, and no exponent.
  if (types.has("number") && /^-?(?:0|[1-9]\d{0,11})(?:\.\d{1,4})?$/.test(text)) return Number(text);
  if (types.has("integer") && /^-?(?:0|[1-9]\d{0,14})$/.test(text)) return Number(text);
  const opens =
    types.has("array") && text.startsWith("[") ? "[" : types.has("object") && text.startsWith("{") ? "{" : "";
  if (opens === "" || text.length > LONGEST) return undefined;
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

/** The types that a value of this schema may have; empty where it does not say. */
function typesOf(schema: JsonObject): ReadonlySet<string> {
  const found = new Set<string>();
  for (const one of [schema, ...branchesOf(schema)]) {
    const type = isObject(one) ? own(one, "type") : undefined;
    const named = Array.isArray(type) ? (type as readonly Json[]) : type === undefined ? [] : [type];
    // A branch without a type may be anything.
    if (named.length === 0 && one !== schema) return new Set();
    for (const name of named) if (typeof name === "string") found.add(name);
  }
  return found;
}

function branchesOf(schema: JsonObject): readonly Json[] {
  const all = own(schema, "anyOf") ?? own(schema, "oneOf");
  return Array.isArray(all) ? (all as readonly Json[]) : [];
}
