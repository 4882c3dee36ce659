import { createHash } from "node:crypto";
import type { AgentName, ServerName, ToolName } from "../../src/domain/ids.ts";
import type { Json } from "../../src/domain/json.ts";
import type { ToolDefinition } from "../../src/domain/tool.ts";
import type { PolicyVerdict } from "../../src/ports/policy.ts";
import { type Loaded, type LoadInput, loadPolicies } from "../../src/policy/load.ts";
import { type Sample, sampleRequest } from "../../src/policy/sample-request.ts";

export function tool(server: string, name: string, inputSchema: Json): ToolDefinition {
  const body = { name, inputSchema };
  const hash = `sha-256:${createHash("sha256").update(JSON.stringify(body)).digest("base64url")}`;
  return { server: server as ServerName, name: name as ToolName, body, hash: hash as ToolDefinition["hash"] };
}

export const buy = tool("shop", "buy", {
  type: "object",
  properties: {
    item: { type: "string" },
    quantity: { type: "integer" },
    price: { type: "number" },
    note: { type: "string" },
  },
  required: ["item", "quantity", "price"],
});

export function input(policies: string, over: Partial<LoadInput> = {}): LoadInput {
  return {
    files: [{ name: "test.cedar", text: policies }],
    definitions: [buy],
    servers: ["shop" as ServerName, "docs" as ServerName],
    agents: [
      { name: "clerk" as AgentName, roles: ["buyer"], levels: { "sql.write": 2 } },
      { name: "guest" as AgentName, roles: [], levels: {} },
    ],
    askRoles: ["approver", "admin"],
    ...over,
  };
}

export function load(policies: string, over: Partial<LoadInput> = {}): Extract<Loaded, { kind: "loaded" }> {
  const loaded = loadPolicies(input(policies, over));
  if (loaded.kind === "refused") throw new Error(JSON.stringify(loaded.problems, null, 1));
  return loaded;
}

export function request(sample: Partial<Sample> = {}) {
  const made = sampleRequest({
    agent: "clerk",
    tool: "shop__buy",
    definition: buy,
    input: { item: "pen", quantity: 2, price: 1.5 },
    ...sample,
  });
  if (made === null) throw new Error("not a tool");
  return made;
}

export function verdict(policies: string, sample: Partial<Sample> = {}): PolicyVerdict {
  return load(policies).set.evaluate(request(sample));
}

export function problems(policies: string, over: Partial<LoadInput> = {}) {
  const loaded = loadPolicies(input(policies, over));
  return loaded.kind === "refused" ? loaded.problems : [];
}

export const PERMIT = '@id("all") permit (principal, action, resource);';
