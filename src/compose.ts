import { existsSync, realpathSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import { homedir } from "node:os";
import { join } from "node:path";
import { meaningOf } from "./analysis/effects.ts";
import { openClientKeys } from "./authority/tokens/client-keys.ts";
import { createCredentials } from "./authority/tokens/credentials.ts";
import { createDpopGuard } from "./authority/tokens/dpop.ts";
import { openSigningKeys, type SigningKeys } from "./authority/tokens/signing-keys.ts";
import type { TokenParts } from "./authority/tokens/parts.ts";
import { joinFleet } from "./authority/fleet.ts";
import { keepHouse } from "./authority/housekeeping.ts";
import type { AuthorityParts } from "./authority/parts.ts";
import { createProvider } from "./authority/people/provider.ts";
import type { SignInParts } from "./authority/people/parts.ts";
import { createSignInClients } from "./authority/people/sign-in-clients.ts";
import { startTransmitter } from "./authority/events/transmitter.ts";
import { createPeople, type People } from "./authority/people/people.ts";
import { createPins } from "./authority/rules/pins.ts";
import { createPolicies, type Policies } from "./authority/rules/policies.ts";
import { profileOf } from "./authority/profile.ts";
import { createBroker } from "./broker/broker.ts";
import { discreetLog } from "./broker/discreet-log.ts";
import { createKnown } from "./broker/known.ts";
import { lacking } from "./broker/lacks.ts";
import { createVault } from "./broker/vault/vault.ts";
import { composeEnrolment, composeIssuers } from "./compose-enrolment.ts";
import { createHttpDoor } from "./doors/http/door.ts";
import { createMcpDoor } from "./doors/mcp/door.ts";
import { OWN_CONFIGURATION, ownChannel, ownDefinitions } from "./doors/mcp/own-tools.ts";
import { examine, ready } from "./doors/http/doctor.ts";
import { OWN_SERVER, type ServerName, type TaskId } from "./domain/ids.ts";
import type { JsonObject } from "./domain/json.ts";
import { VERSION } from "./domain/version.ts";
import { type Catalogue, createCatalogue } from "./gate/catalogue.ts";
import { createGate, type Gate } from "./gate/gate.ts";
import { watchInFlight } from "./gate/in-flight.ts";
import { watchOwed } from "./gate/owed.ts";
import type { GateParts } from "./gate/parts.ts";
import { explained } from "./gate/rehearsal.ts";
import { verifyLedger } from "./ledger/verify.ts";
import { policySource } from "./gate/policy-source.ts";
import type { Configuration, ServerConfiguration } from "./ports/configuration.ts";
import type { Store, StoreEvent } from "./ports/store.ts";
import type { Log } from "./ports/system.ts";
import { holdAlone } from "./store/sql/alone.ts";
import { openStore } from "./open-store.ts";
import { systemClock } from "./system/clock.ts";
import { openDataFolder } from "./system/data-folder.ts";
import { openGatewayId } from "./system/gateway-id.ts";
import { createDigests } from "./system/digests.ts";
import { systemIds } from "./system/ids.ts";
import { proofOf } from "./system/provider-proof.ts";
import { againstIsolation } from "./system/isolation.ts";
import { readJsonFile } from "./system/json-file.ts";
import { dropSigningFile, type Keys, openKeys } from "./system/keys.ts";
import { listen, stopListening } from "./system/listener.ts";
import { type FolderOfPolicies, readPolicyFiles } from "./system/policy-files.ts";
import { wrappingOf } from "./system/vault-keys.ts";
import { createUpstreams } from "./upstream/upstreams.ts";
import { LOOPBACK, withOrigin } from "./wire/http/origin.ts";
import { guardedFetch } from "./wire/http/guarded-fetch.ts";
import { open as unseal, seal } from "./wire/jose/seal.ts";

/** The policies that come with Writ. */
const STARTER_POLICIES = join(import.meta.dirname, "..", "policies");

const ASK_AGAIN_MS = 10_000;
const LOOK_AT_KEYS_MS = 60_000;

/** Writ as it runs: one gateway and its control plane. */
export interface Writ {
  /** `http://127.0.0.1:7420`, with the port it really has. */
  readonly origin: string;
  readonly configuration: Configuration;
  readonly keys: Keys;
  readonly signingKeys: SigningKeys;
  readonly authority: AuthorityParts;
  readonly store: Store;
  readonly catalogue: Catalogue;
  readonly gate: Gate;
  readonly people: People;
  readonly policies: Policies;
  /** What is under way now: conversations with clients, calls out with an upstream, outcomes still to be recorded. */
  held(): { readonly conversations: number; readonly calls: number; readonly owed: number };
  /** Stops listening, ends what it started, and closes the store. */
  close(): Promise<void>;
}

/** The one place that knows every concrete thing. Opens what is on disk, waits until every server has said what its
 *  tools are or failed to, and listens.
 *  @throws WritError of the store, the keys or the listener; nothing is left running then. */
export async function compose(configuration: Configuration, log: Log): Promise<Writ> {
  const undo: (() => unknown)[] = [];
  try {
    return await build(configuration, log, undo);
  } catch (cause) {
    for (const step of undo.toReversed()) await step();
    throw cause;
  }
}

async function build(configuration: Configuration, open: Log, undo: (() => unknown)[]): Promise<Writ> {
  const secrets = createKnown();
  const log = discreetLog(open, secrets);
  const clock = systemClock;
  const ids = systemIds;

  // What is on disk.
  openDataFolder(configuration.dataFolder);
  undo.push(holdAlone(join(configuration.dataFolder, "gateway.lock")));
  const store = await openStore(configuration, log);
  undo.push(() => store.close());
  const [first] = await store.read((tx) => tx.ledger({ after: 0, limit: 1, kind: "start" }));
  const keys = openKeys(configuration.dataFolder, first !== undefined);
  const signingKeys = await openSigningKeys({
    store,
    clock,
    log,
    sealing: keys.signingSeal,
    rotateAfterMs: configuration.keys.rotateAfterMs,
    fromFile: keys.signingFile,
    used: first !== undefined,
  });
  dropSigningFile(keys);
  const digests = createDigests(keys.digest);

  // Where it is reached; the issuer's name has the port in it, so the port comes first.
  const server = createServer({ requestTimeout: 60_000, headersTimeout: 30_000, keepAliveTimeout: 65_000 });
  const origin = await listen(server, configuration.listen);
  const issuer = configuration.origin ?? origin;
  const allowed = withOrigin(LOOPBACK, issuer);
  undo.push(() => stopListening(server));
  let answer: RequestListener = notYet;
  server.on("request", (request, response) => answer(request, response));

  // Who may hold what.
  const credentials = createCredentials({
    issuer,
    trustDomain: configuration.trustDomain,
    keys: signingKeys,
    ids,
  });
  const authority: AuthorityParts = { store, credentials, clock, ids, digests, configuration, log };
  const tokens: TokenParts = {
    ...authority,
    issuer,
    gateway: `${issuer}/mcp`,
    origins: namesOf(issuer, origin),
    keys: signingKeys,
    dpop: createDpopGuard(),
    clients: openClientKeys(configuration.clients, readJsonFile),
    issuers: composeIssuers(authority, issuer),
  };
  const gateway = openGatewayId(configuration.dataFolder);
  const fleet = await joinFleet(authority, { id: gateway, origin, version: VERSION });
  undo.push(() => fleet.leave());
  const enrolments = await composeEnrolment(authority, tokens, undo);
  const people = createPeople(authority, keys);
  const sealing = {
    seal: (payload: JsonObject, aad: string): string => seal(keys.sealing, payload, aad),
    open: (text: string, aad: string): JsonObject | null => unseal(keys.sealing, text, aad),
  };
  const idp = configuration.signIn.provider;
  const signIn: SignInParts = {
    ...authority,
    issuer,
    gateway: tokens.gateway,
    origins: tokens.origins,
    clients: createSignInClients(authority),
    sessions: people,
    provider:
      idp === null
        ? null
        : createProvider(idp, proofOf(idp, process.env), {
            people: configuration.people,
            redirectUri: `${issuer}/oauth/callback`,
            log,
          }),
    sealing,
  };
  const pins = createPins(authority);
  const outer = { dataFolder: configuration.dataFolder, env: process.env };
  const vault = createVault({
    store,
    clock,
    wrapping: wrappingOf(configuration.vault.key, outer),
    previous: configuration.vault.previous === null ? null : wrappingOf(configuration.vault.previous, outer),
  });

  // What there is to call.
  const broker = createBroker({ servers: configuration.servers, store, clock, ids, log, vault, known: secrets });
  undo.push(() => broker.stop());
  const upstreams = createUpstreams(configuration.servers, { log, clock, introduction: broker.introduction });
  undo.push(() => upstreams.closeAll());
  const catalogue = createCatalogue({ pins, upstreams: upstreams.all, own: ownDefinitions(digests), digests, log });
  await Promise.all(catalogue.servers().map((name) => catalogue.refresh(name)));

  // What is allowed.
  const policies = createPolicies(
    authority,
    policySource(configuration, catalogue, OWN_SERVER, () => readPolicyFiles(policyFolders(configuration))),
  );
  await policies.start();

  // The corridor.
  const inFlight = watchInFlight(store, log);
  undo.push(() => inFlight.stop());
  const streams = watchInFlight(store, log);
  undo.push(() => streams.stop());
  const owed = watchOwed(store, log);
  undo.push(() => owed.stop());
  const known = new Map<ServerName, ServerConfiguration>(
    [...configuration.servers, OWN_CONFIGURATION].map((one) => [one.name, one]),
  );
  const profiles = new Map(configuration.agents.map((agent) => [agent.name, profileOf(agent, digests)]));
  const parts: GateParts = {
    configuration: { ...configuration, servers: [...known.values()] },
    gateway,
    store,
    credentials,
    policies: () => policies.current(),
    catalogue,
    meaning: (call, definition) => meaningOf(call, known.get(call.server), definition),
    ground: ownGround(configuration, [origin, issuer]),
    profile: (agent) => profiles.get(agent) ?? "unknown",
    audience: (name) => audienceOf(known.get(name), name, configuration),
    broker,
    inFlight,
    owed,
    clock,
    ids,
    digests,
    log,
  };
  const gate = createGate(parts);

  // The doors.
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
    allowed,
    origins: tokens.origins,
    dpop: tokens.dpop,
    sealing,
    signsIn: signIn.clients.any,
    streams,
    onToolsChanged: (listener) => catalogue.onChange(listener),
    onScopeChanged: (task, listener) =>
      store.subscribe((event) => {
        if (event.kind === "policy" || event.kind === "resync" || (event.kind === "task" && event.id === task))
          listener();
      }),
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
    vault,
    jwks: () => credentials.jwks(),
    strangers: () => Object.fromEntries(mcp.strangers),
    allowed,
    version: VERSION,
    explain: (asked) => explained(parts, { ...asked, task: asked.task, agent: asked.agent }),
    verifyLedger: async () => ({ ...(await verifyLedger(store, digests)) }) as unknown as JsonObject,
    doctor: () =>
      examine({
        lacking: () => lacking(configuration.servers, vault),
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
  answer = (request, response) => {
    const path = (request.url ?? "/").split("?", 1)[0] ?? "/";
    if (path === "/mcp" || path.startsWith("/mcp/")) void mcp.handle(request, response);
    else http.handle(request, response);
  };

  async function follow(event: StoreEvent): Promise<void> {
    const missed = event.kind === "resync";
    if (event.kind === "key" || missed) await signingKeys.follow();
    if (event.kind === "policy" || missed) await policies.follow();
    for (const name of missed ? catalogue.servers() : event.kind === "pin" ? [event.id as ServerName] : [])
      await catalogue.repin(name);
    if (event.kind === "task") await leaveEnded(event.id as TaskId);
    if (missed) await broker.leases.sweep();
  }

  /** An ended task's conversations end with it, what was started for them, and what upstreams gave for it. */
  async function leaveEnded(id: TaskId): Promise<void> {
    const task = await store.read((tx) => tx.task(id));
    if (task === null || task.state.kind !== "ended") return;
    await mcp.retire(task.session);
    await broker.leases.endOf(id);
  }

  // What moves by itself.
  for (const [name, upstream] of upstreams.all) upstream.onToolsChanged((ask) => void catalogue.refresh(name, ask));
  undo.push(catalogue.onChange(() => policies.refresh()));
  undo.push(
    store.subscribe((event) => {
      void follow(event).catch((cause: unknown) => log.error({ cause, kind: event.kind }, "an event was not followed"));
    }),
  );
  // A server that was not there yet may be there now.
  const again = setInterval(() => catalogue.silent().forEach((name) => void catalogue.refresh(name)), ASK_AGAIN_MS);
  again.unref();
  undo.push(() => clearInterval(again));
  const turning = setInterval(
    () => void signingKeys.round().catch((cause: unknown) => log.error({ cause }, "the signing keys were not turned")),
    LOOK_AT_KEYS_MS,
  );
  turning.unref();
  undo.push(() => clearInterval(turning));
  // What upstreams gave for tasks that ended while no gateway was there.
  void broker.leases.sweep().catch((cause: unknown) => log.error({ cause }, "leases could not be looked at"));
  const transmitter = startTransmitter({
    ...authority,
    issuer: tokens.issuer,
    env: process.env,
    push: (asked) => guardedFetch({ ...asked, method: "POST" }, { reach: "configured" }),
  });
  undo.push(() => transmitter.stop());
  const house = keepHouse(authority);
  undo.push(() => house.stop());
  const against = configuration.isolation === "isolated" ? againstIsolation(configuration) : [];
  await store.write(async (tx) => {
    const about = { at: clock.now(), call: null, task: null };
    await tx.append({
      ...about,
      kind: "start",
      body: {
        gateway,
        origin,
        signing: signingKeys.signing().kid,
        tier: configuration.tier,
        isolation: configuration.isolation,
        policies: policies.current()?.version ?? null,
      },
    });
    if (against.length > 0)
      await tx.append({ ...about, kind: "finding", body: { code: "isolation_untrue", says: against.join("; ") } });
  });
  if (against.length > 0) log.warn({ against }, "the configuration says isolated, and it is not");
  log.info(
    { origin, tier: configuration.tier, isolation: configuration.isolation, servers: catalogue.servers() },
    "writ is up",
  );

  let closing: Promise<void> | null = null;
  return {
    origin,
    configuration,
    keys,
    signingKeys,
    authority,
    store,
    catalogue,
    gate,
    people,
    policies,
    held: () => ({ conversations: mcp.conversations(), calls: inFlight.size(), owed: owed.size() }),
    close: () =>
      (closing ??= (async () => {
        for (const step of undo.toReversed()) await step();
      })()),
  };
}

/** Every origin that a client on this machine, or one outside, may know the gateway by. */
function namesOf(issuer: string, origin: string): readonly string[] {
  const { protocol, port } = new URL(origin);
  const local = ["127.0.0.1", "localhost", "[::1]"].map(
    (host) => `${protocol}//${host}${port === "" ? "" : `:${port}`}`,
  );
  return [...new Set([issuer, origin, ...local])];
}

/** The starter policies stand beside a deployment's own. */
function policyFolders({ policyFolder }: Configuration): readonly FolderOfPolicies[] {
  const own = policyFolder === STARTER_POLICIES ? [] : [{ prefix: "", folder: policyFolder }];
  return [{ prefix: "starter/", folder: STARTER_POLICIES }, ...own];
}

/** What an agent must never reach for: Writ's data, its rules, its own program, and where it listens. A folder that is
 *  reached by another name is the same folder. */
function ownGround(configuration: Configuration, origins: readonly string[]): GateParts["ground"] {
  const named = [
    configuration.dataFolder,
    configuration.socket,
    configuration.policyFolder,
    STARTER_POLICIES,
    import.meta.dirname,
    ...(configuration.file === null ? [] : [configuration.file]),
  ];
  return {
    paths: [...new Set(named.flatMap((path) => [path, ...(existsSync(path) ? [realpathSync(path)] : [])]))],
    hosts: [...new Set(origins.map((origin) => new URL(origin).host))],
    home: home(),
  };
}

function home(): string {
  try {
    return homedir();
  } catch {
    // A user id without an account, as in many containers.
    return "/";
  }
}

function audienceOf(server: ServerConfiguration | undefined, name: ServerName, configuration: Configuration): string {
  return server?.launch.kind === "http"
    ? server.launch.audience
    : `spiffe://${configuration.trustDomain}/server/${name}`;
}

/** Whoever comes while servers are still being asked what their tools are is told so, and does not wait. */
const notYet: RequestListener = (_, response) => {
  const error = { code: "starting", message: "writ is starting", hint: "try again in a moment", facts: {} };
  response.writeHead(503, { "content-type": "application/json", "retry-after": "1", connection: "close" });
  response.end(JSON.stringify({ error }));
};
