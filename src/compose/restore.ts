import { generateKeyPairSync } from "node:crypto";
import { profileOf } from "../analysis/profiles/profiles.ts";
import { enrol } from "../authority/enrolment/enrol.ts";
import type { AuthorityParts } from "../authority/parts.ts";
import type { Missing } from "../authority/memory/manage.ts";
import { endTask } from "../authority/tasks/end-task.ts";
import { issueGrant } from "../authority/tasks/grants.ts";
import { openTask } from "../authority/tasks/open-task.ts";
import { WritError } from "../domain/error.ts";
import { qualified, type ServerName, type ToolName } from "../domain/ids.ts";
import type { CallDraft } from "../domain/call.ts";
import type { JsonObject } from "../domain/json.ts";
import type { MemoryRule } from "../domain/memory.ts";
import { sentence } from "../domain/reason.ts";
import type { Gate } from "../gate/gate.ts";
import type { Response } from "../gate/settle.ts";
import type { ServerConfiguration } from "../ports/configuration.ts";
import type { Channel, Upstream } from "../ports/upstream.ts";
import type { FoundPart } from "../provenance/memory/elements.ts";
import { type Restoring, restoringCalls } from "../provenance/memory/restore.ts";
import { NOBODY } from "../upstream/answer.ts";
import { OUR_INITIALIZE } from "../upstream/catalogue.ts";
import { thumbprint } from "../wire/jose/jwk.ts";
import { NEWEST_LEGACY } from "../wire/mcp/revisions.ts";

export interface RestoreParts {
  readonly authority: AuthorityParts;
  readonly gate: Gate;
  readonly upstreams: ReadonlyMap<ServerName, Upstream>;
}

/** What came of putting back what was missing. */
export type Restored =
  | { readonly kind: "nothing_missing" }
  | { readonly kind: "put_back"; readonly tool: string; readonly parts: number }
  /** What a person can do instead. */
  | {
      readonly kind: "offered";
      readonly why: string;
      readonly calls: readonly Restoring[];
      readonly texts: Missing["parts"];
    };

/** Puts back, through the server it was at, what a rollback found missing: as a call like any other, of a task opened for
 *  it, with a grant for exactly that. What policy does not let through is offered instead. */
export async function restore(parts: RestoreParts, missing: Missing, by: string): Promise<Restored> {
  const { element, parts: gone, whole } = missing;
  if (gone.length === 0) return { kind: "nothing_missing" };
  const offered = (why: string, calls: readonly Restoring[] = []): Restored => ({
    kind: "offered",
    why,
    calls,
    texts: gone,
  });
  if (gone.some((part) => part.text === null)) return offered("its text was not kept: `memory.keep` was off");
  const server = parts.authority.configuration.servers.find((one) => one.name === element.place);
  const tools = server === undefined ? {} : memoryTools(server);
  // First only what is gone; where the element itself is, all that it said.
  const calls = [gone, whole].flatMap((some) => restoringCalls(tools, element.key, textsOf(some)));
  if (server === undefined || calls.length === 0) return offered("no tool of a server is known to write it");
  const written = [...element.earlier.flatMap((one) => one.parts), ...element.parts].findLast(
    (one) => one.source !== null,
  );
  const agent = written?.source?.agent;
  if (agent === undefined) return offered("no agent wrote it", calls);
  try {
    const tried = await callInTurn(parts, { server: server.name, agent, by }, calls, () => isBack(parts, missing));
    return tried.kind === "done"
      ? { kind: "put_back", tool: tried.tool, parts: gone.length }
      : offered(tried.why, calls);
  } catch (cause) {
    if (!(cause instanceof WritError)) throw cause;
    return offered(cause.message, calls);
  }
}

function textsOf(parts: Missing["parts"]): readonly FoundPart[] {
  return parts.flatMap(({ as, text }) => (text === null ? [] : [{ as, text }]));
}

/** Whether the server said that it kept all of it. */
async function isBack({ authority }: RestoreParts, { element, parts }: Missing): Promise<boolean> {
  const now = await authority.store.read((tx) => tx.document("memory", element.id));
  return parts.every((part) => now?.parts.some((one) => one.digest === part.digest) === true);
}

async function callInTurn(
  parts: RestoreParts,
  { server, agent, by }: { readonly server: ServerName; readonly agent: string; readonly by: string },
  calls: readonly Restoring[],
  isDone: () => Promise<boolean>,
): Promise<{ readonly kind: "done"; readonly tool: string } | { readonly kind: "not_done"; readonly why: string }> {
  const { authority, upstreams } = parts;
  const { publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const jkt = thumbprint(publicKey.export({ format: "jwk" }) as JsonObject) ?? "";
  const { instance } = await enrol(authority, { agent, thumbprint: jkt, selectors: { "writ:for": "memory rollback" } });
  const objective = "put back what was remembered";
  const { task, token } = await openTask(authority, { instance, objective, declaredBy: "agent-claimed", parent: null });
  const opened = await upstreams.get(server)?.open({
    era: "legacy",
    protocol: NEWEST_LEGACY,
    initialize: OUR_INITIALIZE,
    on: { task: task.id, owner: task.owner },
  });
  try {
    if (opened?.kind !== "open") return { kind: "not_done", why: "its server does not answer" };
    await opened.channel.notify("notifications/initialized", undefined);
    let why = "its server did not take it";
    for (const one of calls) {
      const tool = qualified(server, one.tool as ToolName);
      const constraints = [{ kind: "whole", argument: "", value: one.arguments }] as const;
      const draft = { tools: [tool], constraints, uses: 1, origin: "approval", issuedBy: by } as const;
      await issueGrant(authority, { task: task.id, draft });
      const response = await call(parts, opened.channel, token.token, one);
      if (response.kind === "refused") why = sentence(response.reason);
      else if (await isDone()) return { kind: "done", tool };
    }
    return { kind: "not_done", why };
  } finally {
    if (opened?.kind === "open") await opened.channel.close();
    await endTask(authority, { task: task.id, by, why: "it was opened for one rollback" });
  }
}

function call({ gate }: RestoreParts, channel: Channel, token: string, one: Restoring): Promise<Response> {
  const draft: CallDraft = {
    server: channel.server,
    method: "tools/call",
    tool: one.tool as ToolName,
    params: { name: one.tool, arguments: one.arguments },
    clientKey: null,
    door: "api",
    protocol: NEWEST_LEGACY,
  };
  // Nobody waits for an answer of people: who rolls back is there already, and is told what was not let through.
  const alone = {
    meta: null,
    headers: {},
    sink: NOBODY,
    signal: AbortSignal.timeout(MOST_MS),
    present: AbortSignal.abort(),
  };
  return gate.call({ credential: { token, proven: null }, call: draft }, { channel, ...alone });
}

const MOST_MS = 60_000;

function memoryTools({ launch, tools }: ServerConfiguration): Readonly<Record<string, MemoryRule>> {
  const all = { ...profileOf(launch), ...tools };
  return Object.fromEntries(
    Object.entries(all).flatMap(([tool, { memory }]) => (memory === undefined ? [] : [[tool, memory]])),
  );
}
