import { generateKeyPairSync } from "node:crypto";
import { profileOfLaunch } from "../analysis/profiles.ts";
import { enrol } from "../authority/enrolment/enrol.ts";
import type { AuthorityParts } from "../authority/parts.ts";
import type { Missing } from "../authority/memory/manage.ts";
import { endTask } from "../authority/tasks/end-task.ts";
import { issueGrant } from "../authority/tasks/grants.ts";
import { openTask } from "../authority/tasks/open-task.ts";
import { WritError } from "../domain/error.ts";
import { qualified, type ServerName, type ToolName } from "../domain/ids.ts";
import { isObject, type JsonObject, own } from "../domain/json.ts";
import type { MemoryRule } from "../domain/memory.ts";
import { sentence } from "../domain/reason.ts";
import type { Gate } from "../gate/gate.ts";
import type { ServerConfiguration } from "../ports/configuration.ts";
import type { Upstream } from "../ports/upstream.ts";
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
export async function restore(parts: RestoreParts, { element, parts: gone }: Missing, by: string): Promise<Restored> {
  if (gone.length === 0) return { kind: "nothing_missing" };
  const offered = (why: string, calls: readonly Restoring[] = []): Restored => ({
    kind: "offered",
    why,
    calls,
    texts: gone,
  });
  const texts = gone.flatMap(({ as, text }) => (text === null ? [] : [{ as, text }]));
  if (texts.length < gone.length) return offered("its text was not kept: `memory.keep` was off");
  const server = parts.authority.configuration.servers.find((one) => one.name === element.place);
  const calls = server === undefined ? [] : restoringCalls(memoryTools(server), element.key, texts);
  const source = [...element.parts, ...element.earlier.flatMap((one) => one.parts)].findLast(
    (one) => one.source !== null,
  );
  if (server === undefined || calls.length === 0) return offered("no tool of a server is known to write it");
  const agent = source?.source?.agent;
  if (agent === undefined) return offered("no agent wrote it", calls);
  try {
    const put = await callOne(parts, server.name, agent, calls, by);
    return put.kind === "done" ? { kind: "put_back", tool: put.tool, parts: gone.length } : offered(put.why, calls);
  } catch (cause) {
    if (!(cause instanceof WritError)) throw cause;
    return offered(cause.message, calls);
  }
}

async function callOne(
  { authority, gate, upstreams }: RestoreParts,
  server: ServerName,
  agent: string,
  calls: readonly Restoring[],
  by: string,
): Promise<{ readonly kind: "done"; readonly tool: string } | { readonly kind: "not_done"; readonly why: string }> {
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
    for (const { tool, arguments: input } of calls) {
      const name = qualified(server, tool as ToolName);
      const constraints = [{ kind: "whole", argument: "", value: input }] as const;
      const draft = { tools: [name], constraints, uses: 1, origin: "approval", issuedBy: by } as const;
      await issueGrant(authority, { task: task.id, draft });
      const response = await gate.call(
        {
          credential: { token: token.token, proven: null },
          call: {
            server,
            method: "tools/call",
            tool: tool as ToolName,
            params: { name: tool, arguments: input },
            clientKey: null,
            door: "api",
            protocol: NEWEST_LEGACY,
          },
        },
        {
          channel: opened.channel,
          meta: null,
          headers: {},
          sink: NOBODY,
          signal: AbortSignal.timeout(60_000),
          present: AbortSignal.abort(),
        },
      );
      if (response.kind === "refused") why = sentence(response.reason);
      const result = response.kind === "answered" ? own(response.message.value, "result") : undefined;
      if (isObject(result) && own(result, "isError") !== true) return { kind: "done", tool: name };
    }
    return { kind: "not_done", why };
  } finally {
    if (opened?.kind === "open") await opened.channel.close();
    await endTask(authority, { task: task.id, by, why: "it was opened for one rollback" });
  }
}

function memoryTools({ launch, tools }: ServerConfiguration): Readonly<Record<string, MemoryRule>> {
  const all = { ...profileOfLaunch(launch), ...tools };
  return Object.fromEntries(
    Object.entries(all).flatMap(([tool, { memory }]) => (memory === undefined ? [] : [[tool, memory]])),
  );
}
