import type { ToolRule } from "../../ports/configuration.ts";
import { each, type Profile, READS } from "./profile.ts";

/** What an agent writes here it reads again in another session, as its own knowledge. */
const REMEMBERS: ToolRule = { effects: ["write"], reversible: true, traits: ["agent-memory"] };
const FORGETS: ToolRule = { effects: ["delete"], reversible: false, traits: ["agent-memory"] };

export const memory: Profile = {
  runs: [
    { from: "npm", name: "@modelcontextprotocol/server-memory" },
    { from: "image", name: "mcp/memory" },
  ],
  tools: {
    create_entities: { ...REMEMBERS, body: ["$.entities[*].observations"] },
    create_relations: REMEMBERS,
    add_observations: { ...REMEMBERS, body: ["$.observations[*].contents"] },
    ...each("delete_entities delete_observations delete_relations", FORGETS),
    ...each("read_graph search_nodes open_nodes", { ...READS, traits: ["agent-memory"] }),
  },
};
