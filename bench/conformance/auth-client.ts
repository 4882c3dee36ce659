// What the suite starts as the client under test: Writ's own connector and broker, towards the server of one scenario.
// The suite says which by MCP_CONFORMANCE_SCENARIO and MCP_CONFORMANCE_CONTEXT, and gives the server's address last.
import { createBroker } from "../../src/broker/broker.ts";
import { createKnown } from "../../src/broker/known.ts";
import { discoverResource } from "../../src/broker/oauth/discover.ts";
import { readDestination } from "../../src/broker/vault/destination.ts";
import { createVault } from "../../src/broker/vault/vault.ts";
import type { ServerName } from "../../src/domain/ids.ts";
import { DEPLOYMENT } from "../../src/domain/secret.ts";
import type { OAuthRule, ServerConfiguration } from "../../src/ports/configuration.ts";
import type { Log } from "../../src/ports/system.ts";
import { createMemoryStore } from "../../src/store/memory/memory-store.ts";
import { systemClock } from "../../src/system/clock.ts";
import { systemIds } from "../../src/system/ids.ts";
import { wrappingOf } from "../../src/system/vault-keys.ts";
import { NOBODY } from "../../src/upstream/answer.ts";
import { createUpstreams } from "../../src/upstream/upstreams.ts";

const url = process.argv.at(-1) ?? "";
const context = JSON.parse(process.env["MCP_CONFORMANCE_CONTEXT"] ?? "{}") as Readonly<Record<string, string>>;
const say = (facts: object, message: string): void => console.error(message, facts);
const log: Log = { debug: () => {}, info: say, warn: say, error: say };
const name = "server" as ServerName;

const { client_id: clientId = "writ", client_secret: password, private_key_pem: pem } = context;
const value = pem ?? password;
const rule: OAuthRule = {
  kind: "oauth",
  issuer: null,
  clientId,
  clientAuth: pem !== undefined ? "private_key_jwt" : password !== undefined ? "client_secret_basic" : "none",
  secret: value === undefined ? null : { name: "own", of: "deployment" },
  scopes: null,
  resource: null,
  audience: null,
  dpop: process.env["MCP_CONFORMANCE_SCENARIO"]?.startsWith("auth/dpop") === true,
};
const server: ServerConfiguration = {
  name,
  launch: { kind: "http", url, audience: url, credential: rule },
  mode: { kind: "enforce" },
  timeoutMs: 10_000,
  maxResultBytes: 1_000_000,
  tools: {},
  reverse: [],
};

const store = createMemoryStore();
const outer = { dataFolder: "", env: { KEY: Buffer.alloc(32, 1).toString("base64url") } };
const vault = createVault({
  store,
  clock: systemClock,
  wrapping: wrappingOf({ kind: "env", variable: "KEY" }, outer),
  previous: null,
});
if (value !== undefined) {
  // What an admin does by hand: the secret is bound to the issuer that it is registered with.
  const issuer = context["issuer"] ?? (await discoverResource(new URL(url), null, "configured"))?.issuers[0] ?? url;
  const to = readDestination(`${new URL(issuer).origin}/**`, []);
  if (typeof to === "string") throw new Error(to);
  const kind = pem === undefined ? "client_secret" : "private_key";
  await vault.add({ owner: DEPLOYMENT, name: "own", kind, value, to: [to], by: "admin" });
}
const broker = createBroker({
  servers: [server],
  store,
  clock: systemClock,
  ids: systemIds,
  log,
  vault,
  known: createKnown(),
});
const upstreams = createUpstreams([server], { log, clock: systemClock, introduction: broker.introduction });
try {
  const upstream = upstreams.all.get(name);
  const modern = process.env["MCP_CONFORMANCE_PROTOCOL_VERSION"] === "2026-07-28";
  const opened = await upstream?.open({
    era: modern ? "modern" : "legacy",
    protocol: modern ? "2026-07-28" : "2025-11-25",
    initialize: null,
  });
  if (opened?.kind !== "open") throw new Error(JSON.stringify(opened));
  const tools = await upstream?.catalogue();
  const [tool] = (tools ?? []) as readonly { readonly name: string }[];
  if (tool !== undefined) {
    const meta = modern
      ? {
          "io.modelcontextprotocol/protocolVersion": "2026-07-28",
          "io.modelcontextprotocol/clientInfo": { name: "writ", version: "0" },
          "io.modelcontextprotocol/clientCapabilities": {},
        }
      : {};
    const answer = await opened.channel.request(
      {
        method: "tools/call",
        params: { name: tool.name, arguments: {}, _meta: meta },
        headers: {},
        credentials: {},
        timeoutMs: 5_000,
      },
      NOBODY,
      new AbortController().signal,
    );
    if (answer.kind !== "answered") throw new Error(JSON.stringify(answer));
  }
} finally {
  await upstreams.closeAll();
  broker.stop();
}
