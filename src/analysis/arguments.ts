import { type Json, type JsonObject, isObject, own } from "../domain/json.ts";
import { type Reason, reason } from "../domain/reason.ts";

/** The first thing in `input` that `schema` does not declare, or declares otherwise; null when all is declared.
 *  Stricter than JSON Schema in one point: a member nobody declared is refused unless `additionalProperties` says
 *  otherwise. The upstream still validates; this keeps from it, and from policy, what nobody described. An empty value says
 *  nothing that policy would have to see, so that a call that only `reads` may have one. */
export function argumentFault(tool: string, schema: Json | undefined, input: JsonObject, reads = false): Reason | null {
  if (schema === undefined || !isObject(schema))
    return Object.keys(input).length === 0 ? null : undeclared(tool, firstKey(input));
  const said = reads
    ? Object.fromEntries(Object.entries(input).filter(([key, value]) => isKept(schema, key, value)))
    : input;
  return objectFault(tool, schema, said, "");
}

function isKept(schema: JsonObject, key: string, value: Json): boolean {
  const properties = own(schema, "properties");
  const declared = isObject(properties) && Object.hasOwn(properties, key);
  return declared || !(value === null || (typeof value === "object" && Object.keys(value).length === 0));
}

function objectFault(tool: string, schema: JsonObject, input: JsonObject, at: string): Reason | null {
  const properties = own(schema, "properties");
  const declared = isObject(properties) ? properties : {};
  const rest = own(schema, "additionalProperties");
  const open = rest === true || isObject(rest) || Object.hasOwn(schema, "patternProperties") || composed(schema);
  for (const [key, value] of Object.entries(input)) {
    const member = own(declared, key);
    if (member === undefined && !open) return undeclared(tool, at + key);
    if (member !== undefined && isObject(member)) {
      const fault = valueFault(tool, member, value, at + key);
      if (fault !== null) return fault;
    }
  }
  const required = own(schema, "required");
  if (Array.isArray(required)) {
    for (const key of required as readonly Json[]) {
      if (typeof key === "string" && !Object.hasOwn(input, key)) {
        return reason("argument_invalid", { tool, why: `\`${at + key}\` is missing` });
      }
    }
  }
  return null;
}

function valueFault(tool: string, schema: JsonObject, value: Json, at: string): Reason | null {
  const type = own(schema, "type");
  const allowed = typeof type === "string" ? [type] : Array.isArray(type) ? (type as readonly Json[]) : null;
  if (allowed !== null && !allowed.some((one) => isOfType(value, one))) {
    return reason("argument_invalid", { tool, why: `\`${at}\` is not ${allowed.join(" or ")}` });
  }
  const choices = own(schema, "enum");
  if (Array.isArray(choices) && typeof value !== "object" && !(choices as readonly Json[]).includes(value)) {
    return reason("argument_invalid", { tool, why: `\`${at}\` is none of the values allowed` });
  }
  if (isObject(value) && (Object.hasOwn(schema, "properties") || own(schema, "additionalProperties") === false)) {
    return objectFault(tool, schema, value, `${at}.`);
  }
  if (Array.isArray(value)) {
    const items = own(schema, "items");
    if (isObject(items)) {
      for (const [i, item] of (value as readonly Json[]).entries()) {
        const fault = valueFault(tool, items, item, `${at}[${i}]`);
        if (fault !== null) return fault;
      }
    }
  }
  return null;
}

function isOfType(value: Json, type: Json): boolean {
  switch (type) {
    case "string":
      return typeof value === "string";
    case "number":
      return typeof value === "number";
    case "integer":
      return typeof value === "number" && Number.isInteger(value);
    case "boolean":
      return typeof value === "boolean";
    case "null":
      return value === null;
    case "array":
      return Array.isArray(value);
    case "object":
      return isObject(value);
    default:
      return true;
  }
}

/** Members may be declared in a branch; the upstream's validator knows which one holds. */
function composed(schema: JsonObject): boolean {
  return ["$ref", "allOf", "anyOf", "oneOf"].some((key) => Object.hasOwn(schema, key));
}

function undeclared(tool: string, argument: string): Reason {
  return reason("argument_undeclared", { tool, argument });
}

function firstKey(input: JsonObject): string {
  return Object.keys(input)[0] ?? "";
}
