import type { MemoryElements } from "../../domain/memory.ts";
import type { ToolRule } from "../../ports/configuration.ts";
import type { Profile } from "./profile.ts";

/** What an agent writes here it reads again in another session, as its own knowledge. What comes back of a write is what it
 *  was given. */
const REMEMBERS: ToolRule = { effects: ["write"], reversible: true, untrusted: false, traits: ["agent-memory"] };
const FORGETS: ToolRule = { effects: ["delete"], reversible: false, untrusted: false, traits: ["agent-memory"] };
const RECALLS: ToolRule = { effects: ["read"], private: true, traits: ["agent-memory"] };

const ENTITY: MemoryElements = { at: "$.entities[*]", key: ["name"], text: ["entityType", "observations[*]"] };
const RELATION: MemoryElements = {
  at: "$.relations[*]",
  key: ["from", "to", "relationType"],
  text: ["relationType"],
};
const OBSERVED: MemoryElements = {
  at: "$.observations[*]",
  key: ["entityName"],
  text: ["contents[*]"],
  as: ["observations"],
};
const ADDED: MemoryElements = { ...OBSERVED, at: "$.results[*]", text: ["addedObservations[*]"] };
const FORGOTTEN: MemoryElements = { at: "$.deletions[*]", key: ["entityName"], text: ["observations[*]"] };
const GRAPH = [ENTITY, RELATION];

export const memory: Profile = {
  runs: [
    { from: "npm", name: "@modelcontextprotocol/server-memory" },
    { from: "image", name: "mcp/memory" },
  ],
  tools: {
    create_entities: {
      ...REMEMBERS,
      body: ["$.entities[*].observations"],
      memory: { does: "write", elements: [ENTITY], kept: [ENTITY] },
    },
    create_relations: { ...REMEMBERS, memory: { does: "write", elements: [RELATION], kept: [RELATION] } },
    add_observations: {
      ...REMEMBERS,
      body: ["$.observations[*].contents"],
      memory: { does: "write", elements: [OBSERVED], kept: [ADDED] },
    },
    delete_entities: {
      ...FORGETS,
      memory: { does: "forget", elements: [{ at: "$.entityNames[*]", key: [], text: [] }] },
    },
    delete_observations: { ...FORGETS, memory: { does: "forget", elements: [FORGOTTEN] } },
    delete_relations: { ...FORGETS, memory: { does: "forget", elements: [RELATION] } },
    search_nodes: { ...RECALLS, memory: { does: "read", elements: GRAPH } },
    open_nodes: { ...RECALLS, memory: { does: "read", elements: GRAPH } },
    read_graph: { ...RECALLS, memory: { does: "read", elements: GRAPH, whole: true } },
    // Its one resource is the graph.
    $read: { ...RECALLS, memory: { does: "read", elements: GRAPH, whole: true } },
  },
};
