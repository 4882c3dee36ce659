import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { AccessRequest, Standing } from "../../src/domain/access-request.ts";
import type { Approval } from "../../src/domain/approval.ts";
import type { Call } from "../../src/domain/call.ts";
import { type EffectKind, type Effects, UNKNOWN_EFFECTS } from "../../src/domain/effect.ts";
import type { Grant } from "../../src/domain/grant.ts";
import type {
  AgentName,
  ApprovalId,
  CallId,
  Digest,
  GrantId,
  InstanceId,
  PersonName,
  Sequence,
  ServerName,
  SessionId,
  SpiffeId,
  TaskId,
  ToolName,
} from "../../src/domain/ids.ts";
import type { JsonObject } from "../../src/domain/json.ts";
import type { Principal } from "../../src/domain/principal.ts";
import { UNTRACED } from "../../src/domain/provenance.ts";
import type { ToolDefinition } from "../../src/domain/tool.ts";
import { loadPolicies } from "../../src/policy/load.ts";
import type { PolicySet } from "../../src/ports/policy.ts";
import { canonicalize } from "../../src/wire/json/canonical.ts";

export const NOW = 1_800_000_000_000;

export const PRINCIPAL: Principal = {
  owner: "ada" as PersonName,
  actor: "spiffe://writ.test/agent/clerk/i_1" as SpiffeId,
  agent: "clerk" as AgentName,
  instance: "i_1" as InstanceId,
  session: "s_1" as SessionId,
  task: "t_1" as TaskId,
  thumbprint: "jkt",
  binding: "bearer",
  epoch: 5 as Sequence,
  profile: "profile-1",
  tokenId: "token-1",
  keyId: "key-1",
};

export function definition(name: string, properties: JsonObject, server = "docs"): ToolDefinition {
  const body = { name, inputSchema: { type: "object", properties, required: Object.keys(properties) } };
  return { server: server as ServerName, name: name as ToolName, body, hash: `sha-256:${name}` as Digest };
}

export const STRING = { type: "string" };
export const DEFINITIONS = [
  definition("read", { path: STRING }),
  definition("write", { path: STRING, text: STRING }),
  definition("remove", { path: STRING }),
  definition("mystery", { what: STRING }),
  definition("refund", { order: STRING, amount: { type: "integer" } }, "shop"),
  definition("mail", { to: STRING, text: STRING }, "shop"),
];

export function starterPolicies(extra = ""): PolicySet {
  const folder = join(import.meta.dirname, "..", "..", "policies");
  const files = readdirSync(folder)
    .filter((name) => name.endsWith(".cedar"))
    .map((name) => ({ name, text: readFileSync(join(folder, name), "utf8") }));
  const loaded = loadPolicies({
    files: extra === "" ? files : [...files, { name: "extra.cedar", text: extra }],
    definitions: DEFINITIONS,
    servers: ["docs", "shop", "writ"] as ServerName[],
    agents: [{ name: "clerk" as AgentName, roles: [], levels: {} }],
    askRoles: ["approver", "treasurer"],
  });
  if (loaded.kind === "refused") throw new Error(JSON.stringify(loaded.problems));
  return loaded.set;
}

export function effects(kinds: readonly EffectKind[], reversible = false): Effects {
  return { ...UNKNOWN_EFFECTS, kinds, reversible };
}

export function grant(tools: readonly string[], more: Partial<Grant> = {}): Grant {
  return {
    id: `g_${tools.join("+")}` as GrantId,
    task: PRINCIPAL.task,
    tools,
    constraints: [],
    uses: null,
    used: 0,
    expiresAt: NOW + 3_600_000,
    origin: "plan",
    issuedBy: "writ.yaml",
    revoked: false,
    version: 0,
    ...more,
  };
}

export function standing(more: Partial<Standing> = {}): Standing {
  return {
    task: {
      id: PRINCIPAL.task,
      objective: "settle the orders of the week",
      declaredBy: "owner",
      owner: PRINCIPAL.owner,
      agent: PRINCIPAL.agent,
      instance: PRINCIPAL.instance,
      session: PRINCIPAL.session,
      parent: null,
      depth: 0,
      openedAt: NOW - 1_000,
      deadline: NOW + 3_600_000,
      budget: { calls: 10, writes: 3 },
      used: { calls: 0, writes: 0 },
      state: { kind: "active" },
      version: 0,
    },
    session: {
      id: PRINCIPAL.session,
      instance: PRINCIPAL.instance,
      readPrivate: false,
      readUntrusted: false,
      sent: false,
      denials: 0,
      risk: 0,
      version: 0,
    },
    instance: {
      id: PRINCIPAL.instance,
      agent: PRINCIPAL.agent,
      owner: PRINCIPAL.owner,
      thumbprint: "jkt",
      binding: "bearer",
      enrolledBy: "launcher",
      strength: 2,
      evidence: null,
      scoped: false,
      enrolledAt: NOW - 2_000,
      selectors: {},
    },
    grants: [],
    approval: null,
    revokedAt: 0 as Sequence,
    profile: PRINCIPAL.profile,
    ...more,
  };
}

export function call(server: string, tool: string, input: JsonObject, more: Partial<Call> = {}): Call {
  const params = { name: tool, arguments: input };
  return {
    id: "c_1" as CallId,
    server: server as ServerName,
    method: "tools/call",
    tool: tool as ToolName,
    params,
    clientKey: null,
    door: "mcp",
    protocol: "2025-11-25",
    canonical: canonicalize(params),
    paramsHash: "sha-256:params" as Digest,
    digest: `hmac-sha-256:${canonicalize(params)}` as Digest,
    definition: DEFINITIONS.find((one) => one.server === server && one.name === tool) ?? null,
    ...more,
  };
}

export function request(theCall: Call, what: Effects, more: Partial<AccessRequest> = {}): AccessRequest {
  return {
    principal: PRINCIPAL,
    call: theCall,
    at: NOW,
    tier: "foundation",
    mode: { kind: "enforce" },
    standing: standing(),
    effects: what,
    provenance: UNTRACED,
    source: { private: true, untrusted: true },
    pin: { kind: "pinned", hash: "sha-256:pin" as Digest },
    envelope: [],
    faults: [],
    selfTargets: [],
    feed: "live",
    reverseAllowed: false,
    ...more,
  };
}

export function approval(
  theCall: Call,
  policyVersion: string,
  asks: Approval["asks"],
  more: Partial<Approval> = {},
): Approval {
  return {
    id: "a_1" as ApprovalId,
    call: theCall.id,
    digest: theCall.digest,
    task: PRINCIPAL.task,
    session: PRINCIPAL.session,
    instance: PRINCIPAL.instance,
    policyVersion,
    asks,
    summary: {
      agent: "clerk",
      owner: "ada",
      objective: "",
      tool: "",
      effects: [],
      reversible: false,
      says: null,
      arguments: theCall.canonical,
    },
    askedAt: NOW - 1_000,
    deadline: NOW + 60_000,
    usableUntil: NOW + 120_000,
    answers: [],
    state: "pending",
    version: 0,
    ...more,
  };
}
