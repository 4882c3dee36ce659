import type { Constraint } from "./constraint.ts";
import { type ServerName, splitQualified, type ToolName } from "./ids.ts";
import { isObject, type Json, own } from "./json.ts";
import { normalisePath } from "./path.ts";

/** A limit as people and agents write it: `{ glob: ./documents/** }`, `{ range: { max: 20 } }`. */
export type ReadLimit =
  | { readonly kind: "limit"; readonly constraint: Constraint }
  | { readonly kind: "refused"; readonly why: string; readonly hint: string };

/** An address that ends before its path begins. */
const UNFINISHED_HOST = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*$/i;

/** Reads one written limit. `folder` is where a pattern starts from, `base` where the argument's value does.
 *  Anything but exactly one known kind with a value that can hold is refused. */
export function readLimit(argument: string, written: Json, folder: string, base: string): ReadLimit {
  const kinds = isObject(written) ? Object.keys(written) : [];
  if (!isObject(written) || kinds.length !== 1)
    return refused("an argument has one limit", "write one of exact, one_of, prefix, range or glob");
  const kind = kinds[0] ?? "";
  const value = own(written, kind) ?? null;
  switch (kind) {
    case "exact":
      return { kind: "limit", constraint: { kind: "exact", argument, value } };
    case "one_of":
      if (!Array.isArray(value) || value.length === 0)
        return refused("`one_of` is not a list of values", "list at least one value");
      return { kind: "limit", constraint: { kind: "one_of", argument, values: value as readonly Json[] } };
    case "prefix":
      if (typeof value !== "string" || value === "")
        return refused("`prefix` is not a text", "write at least one character");
      if (UNFINISHED_HOST.test(value))
        return refused("other hosts begin with this `prefix` too", "end the host with a slash, as in https://host/");
      return { kind: "limit", constraint: { kind: "prefix", argument, prefix: value } };
    case "range":
      return readRange(argument, value);
    case "glob": {
      const pattern = typeof value === "string" ? normalisePath(value, folder) : null;
      if (pattern === null) return refused("this pattern names no path", "write a pattern such as ./documents/**");
      return { kind: "limit", constraint: { kind: "glob", argument, pattern, base } };
    }
    default:
      return refused(`there is no limit \`${kind.slice(0, 32)}\``, "write one of exact, one_of, prefix, range or glob");
  }
}

function readRange(argument: string, value: Json): ReadLimit {
  const hint = "give a min, a max, or both with min ≤ max";
  if (!isObject(value) || Object.keys(value).some((key) => key !== "min" && key !== "max"))
    return refused("`range` holds min and max only", hint);
  const min = own(value, "min");
  const max = own(value, "max");
  if ((min !== undefined && typeof min !== "number") || (max !== undefined && typeof max !== "number"))
    return refused("`range` holds numbers", hint);
  if ((min === undefined && max === undefined) || (min !== undefined && max !== undefined && min > max)) {
    return refused("nothing, or everything, is inside this range", hint);
  }
  return {
    kind: "limit",
    constraint: {
      kind: "range",
      argument,
      ...(min === undefined ? {} : { min }),
      ...(max === undefined ? {} : { max }),
    },
  };
}

/** `server__tool` or `server__*`; null for any other wildcard and for what names no tool. */
export function readToolPattern(text: string): { readonly server: ServerName; readonly tool: ToolName } | null {
  const parts = splitQualified(text);
  if (parts === null || parts.tool === "" || (parts.tool.includes("*") && parts.tool !== "*")) return null;
  return parts;
}

function refused(why: string, hint: string): ReadLimit {
  return { kind: "refused", why, hint };
}
