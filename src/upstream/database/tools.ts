import type { JsonObject } from "../../domain/json.ts";

const STATEMENT: JsonObject = {
  sql: { type: "string", description: "One statement, without a semicolon and another after it." },
  params: {
    type: "array",
    description: "Values for the placeholders of the statement, in their order.",
    items: { type: ["string", "number", "boolean", "null", "array", "object"] },
  },
};
const ROWS: JsonObject = {
  columns: {
    type: "array",
    items: {
      type: "object",
      properties: { name: { type: "string" }, type: { type: "string" } },
      required: ["name", "type"],
    },
  },
  rows: { type: "array", items: { type: "array", items: {} } },
  truncated: { type: "boolean", description: "There was more than this." },
};

/** What every database offers, whichever it is. `placeholder` is how its statements write one. */
export function toolsFor(name: string, placeholder: string): readonly JsonObject[] {
  return [
    {
      name: "query",
      title: `Read ${name}`,
      description: `Reads ${name} with one SQL statement; changes nothing. Placeholders are written ${placeholder}. Integers that a number cannot hold exactly and decimals come as strings, bytes as base64.`,
      inputSchema: { type: "object", properties: STATEMENT, required: ["sql"], additionalProperties: false },
      outputSchema: { type: "object", properties: ROWS, required: ["columns", "rows", "truncated"] },
      annotations: { readOnlyHint: true, openWorldHint: false },
    },
    {
      name: "execute",
      title: `Change ${name}`,
      description: `Changes ${name} with one SQL statement, in a transaction of its own. More rows than this task may change at once are not changed at all: the statement is taken back. Placeholders are written ${placeholder}.`,
      inputSchema: { type: "object", properties: STATEMENT, required: ["sql"], additionalProperties: false },
      outputSchema: {
        type: "object",
        properties: {
          changed: { type: "integer", description: "Rows changed, with those that triggers and cascades changed." },
          ...ROWS,
        },
        required: ["changed", "columns", "rows", "truncated"],
      },
    },
    {
      name: "describe",
      title: `Tables of ${name}`,
      description: `Says which tables and columns ${name} has, as far as this task may touch them.`,
      inputSchema: {
        type: "object",
        properties: { table: { type: "string", description: "One table; all of them without it." } },
        additionalProperties: false,
      },
      outputSchema: {
        type: "object",
        properties: {
          tables: {
            type: "array",
            items: {
              type: "object",
              properties: {
                table: { type: "string" },
                kind: { type: "string" },
                columns: { type: "array", items: { type: "string" } },
                may: { type: "string", description: "What this task may do with it, where that is limited." },
              },
              required: ["table", "kind", "columns"],
            },
          },
        },
        required: ["tables"],
      },
      annotations: { readOnlyHint: true, openWorldHint: false },
    },
  ];
}
