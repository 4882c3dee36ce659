import { memory } from "../../src/analysis/profiles/memory.ts";
import type { ServerName } from "../../src/domain/ids.ts";
import type { Json, JsonObject } from "../../src/domain/json.ts";
import type { ServerConfiguration } from "../../src/ports/configuration.ts";

/** The one with the rules that Writ has for it, and the same one where nobody has said anything of it. */
export const MEMORY = { known: "memory" as ServerName, undescribed: "notes" as ServerName };

const ENTITY = {
  type: "object",
  properties: {
    name: { type: "string", description: "The name of the entity" },
    entityType: { type: "string", description: "The type of the entity" },
    observations: { type: "array", items: { type: "string" } },
  },
  required: ["name", "entityType", "observations"],
};

/** The three tools of `@modelcontextprotocol/server-memory` that a replay needs, as that server lists them. */
export const MEMORY_TOOLS: readonly JsonObject[] = [
  {
    name: "create_entities",
    description: "Create multiple new entities in the knowledge graph",
    inputSchema: { type: "object", properties: { entities: { type: "array", items: ENTITY } }, required: ["entities"] },
    annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: false },
  },
  {
    name: "read_graph",
    description: "Read the entire knowledge graph",
    inputSchema: { type: "object", properties: {} },
    annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  },
  {
    name: "open_nodes",
    description: "Open specific nodes in the knowledge graph by their names",
    inputSchema: {
      type: "object",
      properties: { names: { type: "array", items: { type: "string" } } },
      required: ["names"],
    },
    annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  },
];

/** As they come. */
export function memoryServers(like: ServerConfiguration): readonly ServerConfiguration[] {
  return [
    { ...like, name: MEMORY.known, tools: memory.tools },
    { ...like, name: MEMORY.undescribed, tools: {} },
  ];
}

/** A memory server in a few lines: what was written to it is read again. */
export function createMemoryServer(): (tool: string, input: JsonObject) => JsonObject {
  const entities: JsonObject[] = [];
  return (tool, input) => {
    if (tool === "create_entities") {
      const created = input["entities"] as readonly JsonObject[];
      entities.push(...created);
      return structured({ entities: created });
    }
    const names = input["names"] as readonly Json[] | undefined;
    const open = entities.filter((one) => names === undefined || names.includes(one["name"] ?? null));
    return structured({ entities: open, relations: [] });
  };
}

function structured(value: JsonObject): JsonObject {
  return { content: [{ type: "text", text: JSON.stringify(value, null, 2) }], structuredContent: value };
}
