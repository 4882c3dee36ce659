import type { Constraint } from "./constraint.ts";
import { type ServerName, splitQualified, type ToolName } from "./ids.ts";
import { isObject, type Json, own } from "./json.ts";
import { normalisePath } from "./path.ts";
import { isEffectKind } from "./effect.ts";
import type { TableLimit } from "./table-access.ts";

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

const COLUMN_VERBS = ["read", "insert", "update"] as const;

/** Reads a limit on what the call would do to tables, as it is written: `{ orders: { read: [id], update: [status], rows: 1 } }`. */
export function readTablesLimit(written: Json): ReadLimit {
  const hint = 'write `{ TABLE: { read: [COLUMN], insert: "*", update: [COLUMN], delete: true, rows: 1 } }`';
  if (!isObject(written) || Object.keys(written).length === 0) return refused("`tables` names no table", hint);
  const tables: Record<string, TableLimit> = {};
  for (const [table, one] of Object.entries(written)) {
    if (!isObject(one) || table === "__proto__") return refused(`\`${table.slice(0, 64)}\` says nothing`, hint);
    const odd = Object.keys(one).find((key) => ![...COLUMN_VERBS, "delete", "rows"].some((known) => known === key));
    if (odd !== undefined) return refused(`there is no \`${odd.slice(0, 32)}\` in a limit on a table`, hint);
    const lists = COLUMN_VERBS.flatMap((verb) =>
      own(one, verb) === undefined ? [] : [[verb, own(one, verb)] as const],
    );
    if (lists.some(([, columns]) => !isColumns(columns))) return refused("columns are a list of names, or `*`", hint);
    const rows = own(one, "rows");
    if (rows !== undefined && !(typeof rows === "number" && Number.isSafeInteger(rows) && rows >= 0))
      return refused("`rows` is not a whole number", hint);
    const all = own(one, "delete");
    if (all !== undefined && typeof all !== "boolean") return refused("`delete` is true or false", hint);
    tables[table] = {
      ...Object.fromEntries(lists),
      ...(all === true ? { delete: true } : {}),
      ...(rows === undefined ? {} : { rows }),
    };
  }
  return { kind: "limit", constraint: { kind: "tables", argument: "", tables } };
}

function isColumns(value: Json | undefined): boolean {
  if (value === "*") return true;
  return Array.isArray(value) && value.length > 0 && value.every((one: Json) => typeof one === "string" && one !== "");
}

/** Reads a limit on what the call would do at all: `{ effects: [read, write], hosts: [example.com], paths: ./src/** }`. */
export function readOnlyLimit(written: Json, folder: string): ReadLimit {
  const hint = "write `{ effects: [read, write], hosts: [HOST], paths: ./FOLDER/** }`";
  if (!isObject(written) || Object.keys(written).some((key) => !["effects", "hosts", "paths"].includes(key)))
    return refused("`only` holds effects, hosts and paths", hint);
  const effects = own(written, "effects");
  if (!isTexts(effects) || effects.length === 0 || !effects.every(isEffectKind))
    return refused("`effects` is not a list of effects", hint);
  const hosts = own(written, "hosts") ?? null;
  if (hosts !== null && !isTexts(hosts)) return refused("`hosts` is not a list of hosts", hint);
  const paths = own(written, "paths") ?? null;
  const pattern = typeof paths === "string" ? normalisePath(paths, folder) : null;
  if (paths !== null && pattern === null) return refused("`paths` names no path", hint);
  return { kind: "limit", constraint: { kind: "only", argument: "", effects, hosts, paths: pattern } };
}

function isTexts(value: Json | undefined): value is readonly string[] {
  return Array.isArray(value) && value.every((one: Json) => typeof one === "string");
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
