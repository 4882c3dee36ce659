import { spiffeId, type AgentName, type InstanceId, type PersonName } from "../../domain/ids.ts";
import { type JsonObject, own } from "../../domain/json.ts";
import type { LedgerRecord } from "../../domain/record.ts";
import type { SecurityEvent } from "../../domain/security-event.ts";
import type { Task } from "../../domain/task.ts";
import type { ReadTx } from "../../ports/store.ts";
import { writeDetails } from "../tokens/authorization-details.ts";

interface Place {
  readonly issuer: string;
  readonly trustDomain: string;
}

/** What an entry of the record means to receivers; null for most. */
export async function eventOf(tx: ReadTx, place: Place, record: LedgerRecord): Promise<SecurityEvent | null> {
  switch (record.kind) {
    case "task_ended": {
      const task = record.task === null ? null : await tx.task(record.task);
      return task === null ? null : { ...aboutTask(place, task), name: "session-revoked", claims: cause(record) };
    }
    case "grant_issued":
    case "grant_revoked": {
      const task = record.task === null ? null : await tx.task(record.task);
      if (task === null || task.state.kind === "ended") return null;
      const held = (await tx.grants(task.id)).filter((grant) => !grant.revoked);
      const claims = { ...cause(record), claims: { authorization_details: writeDetails(held) } };
      return { ...aboutTask(place, task), name: "token-claims-change", claims };
    }
    case "revocation":
      return aboutSubject(tx, place, record);
    default:
      return null;
  }
}

function aboutTask(place: Place, task: Task): Omit<SecurityEvent, "name" | "claims"> {
  const subject = {
    format: "complex",
    user: person(place, task.owner),
    application: { format: "uri", uri: spiffeId(place.trustDomain, task.agent, task.instance) },
    session: { format: "opaque", id: task.session },
  };
  return { subject, agent: task.agent, owner: task.owner };
}

/** Whole owners, agents and instances, and everything. A task and a session are told as they end. */
async function aboutSubject(tx: ReadTx, place: Place, record: LedgerRecord): Promise<SecurityEvent | null> {
  const [kind, id] = [own(record.body, "subject"), String(own(record.body, "id"))];
  const told = { name: "session-revoked", claims: cause(record) } as const;
  switch (kind) {
    case "all":
      return {
        ...told,
        agent: null,
        owner: null,
        subject: { format: "complex", tenant: { format: "opaque", id: place.trustDomain } },
      };
    case "owner": {
      const owner = id as PersonName;
      return { ...told, agent: null, owner, subject: { format: "complex", user: person(place, owner) } };
    }
    case "agent": {
      const uri = `spiffe://${place.trustDomain}/agent/${id}`;
      const subject = { format: "complex", application: { format: "uri", uri } };
      return { ...told, agent: id as AgentName, owner: null, subject };
    }
    case "instance": {
      const instance = await tx.instance(id as InstanceId);
      if (instance === null) return null;
      const uri = spiffeId(place.trustDomain, instance.agent, instance.id);
      const subject = { format: "complex", application: { format: "uri", uri } };
      return { ...told, agent: instance.agent, owner: instance.owner, subject };
    }
    default:
      return null;
  }
}

function person({ issuer }: Place, owner: PersonName): JsonObject {
  return { format: "iss_sub", iss: issuer, sub: owner };
}

const LONGEST_WHY = 200;

/** CAEP 1.0 §2: what every event may say. Nothing of a call, and no agent's words. */
function cause({ at, body }: LedgerRecord): JsonObject {
  const by = String(own(body, "by") ?? own(body, "issuedBy") ?? "writ");
  const agents = /^(i_|spiffe:)/.test(by);
  const why = own(body, "why");
  return {
    event_timestamp: Math.floor(at / 1000),
    initiating_entity: by === "writ" || agents ? "system" : "admin",
    ...(typeof why === "string" && why !== "" && !agents ? { reason_admin: { en: why.slice(0, LONGEST_WHY) } } : {}),
  };
}
