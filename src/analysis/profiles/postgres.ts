import type { Profile } from "./profile.ts";

export const postgres: Profile = {
  runs: [
    { from: "npm", name: "@modelcontextprotocol/server-postgres" },
    { from: "image", name: "mcp/postgres" },
  ],
  // Read-only by its own word only: what the statement would do is read from the statement.
  tools: { query: { effects: [], sql: ["$.sql"], dialect: "postgres", private: true, untrusted: true } },
};
