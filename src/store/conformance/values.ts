import type { AdmittedCall } from "../../domain/admission.ts";
import type { Approval } from "../../domain/approval.ts";
import type { GatewayId } from "../../domain/gateway.ts";
import type { Grant } from "../../domain/grant.ts";
import type {
  AgentName,
  ApprovalId,
  CallId,
  Digest,
  GrantId,
  InstanceId,
  PersonName,
  ServerName,
  SessionId,
  TaskId,
  ToolName,
} from "../../domain/ids.ts";
import type { Instance, Session } from "../../domain/principal.ts";
import type { RecordDraft } from "../../domain/record.ts";
import type { Task } from "../../domain/task.ts";
import type { Pin } from "../../domain/tool.ts";

// Values as the product would write them; each case says only what it is about.

export function aTask(id: string, changes: Partial<Task> = {}): Task {
  return {
    id: id as TaskId,
    objective: "reconcile the invoices of May",
    declaredBy: "owner",
    owner: "dana" as PersonName,
    agent: "clerk" as AgentName,
    instance: "i_1" as InstanceId,
    session: "s_1" as SessionId,
    parent: null,
    depth: 0,
    openedAt: 1_000,
    deadline: 10_000,
    budget: { calls: 1_000_000, writes: 1_000_000 },
    used: { calls: 0, writes: 0 },
    state: { kind: "active" },
    version: 1,
    ...changes,
  };
}

export function aSession(id: string, changes: Partial<Session> = {}): Session {
  return {
    id: id as SessionId,
    instance: "i_1" as InstanceId,
    readPrivate: false,
    readUntrusted: false,
    sent: false,
    denials: 0,
    risk: 0,
    version: 1,
    ...changes,
  };
}

export function anInstance(id: string, changes: Partial<Instance> = {}): Instance {
  return {
    id: id as InstanceId,
    agent: "clerk" as AgentName,
    owner: "dana" as PersonName,
    thumbprint: "thumb",
    binding: "bearer",
    enrolledBy: "launcher",
    strength: 2,
    evidence: null,
    scoped: false,
    enrolledAt: 1_000,
    selectors: { "unix:uid": "1000" },
    ...changes,
  };
}

export function aGrant(id: string, changes: Partial<Grant> = {}): Grant {
  return {
    id: id as GrantId,
    task: "t_1" as TaskId,
    tools: ["files__read_file"],
    constraints: [{ kind: "glob", argument: "path", pattern: "/srv/invoices/**", base: "/srv" }],
    uses: 1,
    used: 0,
    expiresAt: 10_000,
    origin: "plan",
    issuedBy: "dana",
    revoked: false,
    version: 1,
    ...changes,
  };
}

export function anApproval(id: string, changes: Partial<Approval> = {}): Approval {
  return {
    id: id as ApprovalId,
    call: "c_1" as CallId,
    digest: "hmac-sha-256:one" as Digest,
    task: "t_1" as TaskId,
    session: "s_1" as SessionId,
    instance: "i_1" as InstanceId,
    policyVersion: "p1",
    asks: [{ policy: "ask-writes", role: "approver", why: "it writes" }],
    summary: {
      agent: "clerk",
      owner: "dana",
      objective: "reconcile",
      tool: "shop__refund",
      effects: ["spend"],
      reversible: false,
      says: "write 1 file",
      arguments: '{"amount":12}',
    },
    askedAt: 1_000,
    deadline: 2_000,
    usableUntil: 3_000,
    answers: [],
    state: "pending",
    version: 1,
    ...changes,
  };
}

export function aCall(id: string, changes: Partial<AdmittedCall> = {}): AdmittedCall {
  return {
    id: id as CallId,
    task: "t_1" as TaskId,
    session: "s_1" as SessionId,
    clientKey: null,
    digest: "hmac-sha-256:one" as Digest,
    grant: null,
    changes: false,
    tool: "files__read_file",
    gateway: "gw_1" as GatewayId,
    admittedAt: 1_000,
    state: "admitted",
    ...changes,
  };
}

export function aPin(tool: string, changes: Partial<Pin> = {}): Pin {
  return {
    server: "files" as ServerName,
    tool: tool as ToolName,
    origin: "sha-256:origin" as Digest,
    definition: { name: tool, inputSchema: { type: "object" } },
    hash: "sha-256:definition" as Digest,
    acceptedBy: "dana",
    acceptedAt: 1_000,
    ...changes,
  };
}

export function anEntry(changes: Partial<RecordDraft> = {}): RecordDraft {
  return { kind: "admission", at: 1_000, call: null, task: null, body: {}, ...changes };
}

/** Any text as an id; the store trusts the brand and checks only what no database can hold. */
export function id<T extends string>(text: string): T {
  return text as T;
}
