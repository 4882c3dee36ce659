import type { RequestListener } from "node:http";
import type { Capabilities } from "../authority/capability/capabilities.ts";
import { offerStepUp } from "../authority/people/step-up.ts";
import { createHttpDoor } from "../doors/http/door.ts";
import { examine, ready } from "../doors/http/doctor.ts";
import { createMcpDoor, type McpDoor } from "../doors/mcp/door.ts";
import { ownChannel } from "../doors/mcp/own-tools.ts";
import { lacking } from "../broker/lacks.ts";
import { OWN_SERVER } from "../domain/ids.ts";
import type { JsonObject } from "../domain/json.ts";
import { VERSION } from "../domain/version.ts";
import { watchInFlight } from "../gate/in-flight.ts";
import { explained } from "../gate/rehearsal.ts";
import { verifyLedger } from "../ledger/verify.ts";
import { againstIsolation } from "../system/isolation.ts";
import type { Authority } from "./authority.ts";
import type { Base } from "./base.ts";
import type { Corridor } from "./corridor.ts";
import type { Listening } from "./listening.ts";
import { rereadAll } from "./reread.ts";
import { restore } from "./restore.ts";
import type { OnDisk } from "./on-disk.ts";
import type { Servers } from "./servers.ts";

export interface Doors {
  readonly mcp: McpDoor;
  /** Takes each request to the door it is for. */
  readonly answer: RequestListener;
}

export function composeDoors(
  base: Base,
  disk: OnDisk,
  at: Listening,
  who: Authority,
  servers: Servers,
  { gate, parts }: Corridor,
  capabilities: Capabilities,
): Doors {
  const { configuration, log, clock, ids, undo } = base;
  const { store, digests, signingKeys } = disk;
  const { authority, credentials, tokens, signIn, people, pins, enrolments } = who;
  const { catalogue, policies, upstreams, vault } = servers;
  const streams = watchInFlight(store, log);
  undo.push(() => streams.stop());
  const mcp = createMcpDoor({
    gate,
    catalogue,
    upstreams: upstreams.all,
    own: {
      server: OWN_SERVER,
      channel: (principal, era) =>
        ownChannel({ ...authority, policyVersion: () => policies.current()?.version ?? "none" }, principal, era),
    },
    configuration,
    allowed: at.allowed,
    origins: at.origins,
    dpop: tokens.dpop,
    sealing: signIn.sealing,
    signsIn: signIn.clients.any,
    offer(principal, given, resource) {
      // The person says yes to the call as it would be forwarded.
      const { params } = parts.meaning(given, catalogue.find(given).definition);
      const policyVersion = policies.current()?.version ?? "none";
      return offerStepUp(authority, { principal, draft: { ...given, params }, resource, policyVersion });
    },
    streams,
    onToolsChanged: (listener) => catalogue.onChange(listener),
    onScopeChanged: (task, listener) =>
      store.subscribe((event) => {
        if (event.kind === "policy" || event.kind === "resync" || (event.kind === "task" && event.id === task))
          listener();
      }),
    introduced: ({ agent, instance }, { name, version }) => {
      const part = { id: name, version, strength: "claimed" } as const;
      // What it says is odd in ways that nobody needs to hear of.
      void capabilities.observe({ id: instance, agent }, [{ component: "harness", part }]).catch(() => {});
    },
    spend: (id, expiresAt) => store.write((tx) => tx.spend("request-state", id, expiresAt)),
    clock,
    ids,
    digests,
    log,
  });
  undo.push(() => mcp.close());
  const http = createHttpDoor({
    authority,
    enrolments,
    tokens,
    signingKeys,
    people,
    signIn,
    pins,
    policies,
    capabilities,
    vault,
    memory: servers.keeping,
    restore: (missing, by) => restore({ authority, gate, upstreams: upstreams.all }, missing, by),
    reread: (by) => rereadAll({ authority, gate, upstreams: upstreams.all }, by),
    jwks: () => credentials.jwks(),
    strangers: () => Object.fromEntries(mcp.strangers),
    allowed: at.allowed,
    version: VERSION,
    explain: (asked) => explained(parts, { ...asked, task: asked.task, agent: asked.agent }),
    verifyLedger: async () => ({ ...(await verifyLedger(store, digests)) }) as unknown as JsonObject,
    doctor: () =>
      examine({
        lacking: () => lacking(configuration.servers, vault),
        everybody: () => servers.broker.everybody(),
        configuration,
        catalogue,
        policies,
        enrolments,
        store,
        againstIsolation: () => againstIsolation(configuration),
      }),
    ready: () => ready({ store, policies }),
  });
  undo.push(() => http.close());
  return {
    mcp,
    answer: (request, response) => {
      const path = (request.url ?? "/").split("?", 1)[0] ?? "/";
      if (path === "/mcp" || path.startsWith("/mcp/")) void mcp.handle(request, response);
      else http.handle(request, response);
    },
  };
}
