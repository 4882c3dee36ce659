import { generateKeyPairSync } from "node:crypto";
import { enrol } from "../authority/enrolment/enrol.ts";
import type { AuthorityParts } from "../authority/parts.ts";
import { endTask } from "../authority/tasks/end-task.ts";
import { issueGrant } from "../authority/tasks/grants.ts";
import { openTask } from "../authority/tasks/open-task.ts";
import type { CallDraft } from "../domain/call.ts";
import { qualified, type ServerName, type ToolName } from "../domain/ids.ts";
import type { JsonObject } from "../domain/json.ts";
import type { Gate } from "../gate/gate.ts";
import type { Response } from "../gate/settle.ts";
import type { Channel, Upstream } from "../ports/upstream.ts";
import { NOBODY } from "../upstream/answer.ts";
import { OUR_INITIALIZE } from "../upstream/catalogue.ts";
import { thumbprint } from "../wire/jose/jwk.ts";
import { NEWEST_LEGACY } from "../wire/mcp/revisions.ts";

export interface OwnCallParts {
  readonly authority: AuthorityParts;
  readonly gate: Gate;
  readonly upstreams: ReadonlyMap<ServerName, Upstream>;
}

export interface OwnCall {
  readonly tool: string;
  readonly arguments: JsonObject;
}

/** What calls are made for. */
export interface Errand {
  readonly server: ServerName;
  /** In whose name: policy judges what this agent may. */
  readonly agent: string;
  /** Who wished it. */
  readonly by: string;
  /** `memory rollback` */
  readonly purpose: string;
  readonly objective: string;
}

const MOST_MS = 60_000;

/** Makes calls for Writ itself, each like any other: of a task opened for them, with a grant for exactly that call, held
 *  against policy, on the record. Null where the server does not answer. */
export async function onErrand<T>(
  parts: OwnCallParts,
  { server, agent, by, purpose, objective }: Errand,
  run: (call: (one: OwnCall) => Promise<Response>) => Promise<T>,
): Promise<T | null> {
  const { authority, upstreams } = parts;
  const { publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const jkt = thumbprint(publicKey.export({ format: "jwk" }) as JsonObject) ?? "";
  const { instance } = await enrol(authority, { agent, thumbprint: jkt, selectors: { "writ:for": purpose } });
  const { task, token } = await openTask(authority, { instance, objective, declaredBy: "agent-claimed", parent: null });
  const opened = await upstreams.get(server)?.open({
    era: "legacy",
    protocol: NEWEST_LEGACY,
    initialize: OUR_INITIALIZE,
    on: { task: task.id, owner: task.owner },
  });
  try {
    if (opened?.kind !== "open") return null;
    const { channel } = opened;
    await channel.notify("notifications/initialized", undefined);
    return await run(async (one) => {
      const tool = qualified(server, one.tool as ToolName);
      const constraints = [{ kind: "whole", argument: "", value: one.arguments }] as const;
      const draft = { tools: [tool], constraints, uses: 1, origin: "approval", issuedBy: by } as const;
      await issueGrant(authority, { task: task.id, draft });
      return call(parts, channel, token.token, one);
    });
  } finally {
    if (opened?.kind === "open") await opened.channel.close();
    await endTask(authority, { task: task.id, by, why: `it was opened for one ${purpose}` });
  }
}

function call({ gate }: OwnCallParts, channel: Channel, token: string, one: OwnCall): Promise<Response> {
  const draft: CallDraft = {
    server: channel.server,
    method: "tools/call",
    tool: one.tool as ToolName,
    params: { name: one.tool, arguments: one.arguments },
    clientKey: null,
    door: "api",
    protocol: NEWEST_LEGACY,
  };
  // Nobody waits for an answer of people: who wished this is there already, and is told what was not let through.
  const alone = {
    meta: null,
    headers: {},
    sink: NOBODY,
    signal: AbortSignal.timeout(MOST_MS),
    present: AbortSignal.abort(),
  };
  return gate.call({ credential: { token, proven: null }, call: draft }, { channel, ...alone });
}
