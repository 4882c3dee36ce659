import { createSecretKey, randomBytes } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createCapabilities } from "../../../src/authority/capability/capabilities.ts";
import { createEnrolments } from "../../../src/authority/enrolment/enrolments.ts";
import { joinTokenAttestor } from "../../../src/authority/enrolment/join-token.ts";
import { openSigningKeys, type SigningKeys } from "../../../src/authority/tokens/signing-keys.ts";
import { svidAttestor } from "../../../src/authority/enrolment/jwt-svid.ts";
import { workloadAttestor } from "../../../src/authority/enrolment/workload-token.ts";
import { unixAttestor } from "../../../src/authority/enrolment/unix-peer.ts";
import { createMemoryKeeping } from "../../../src/authority/memory/manage.ts";
import { createPeople, type People } from "../../../src/authority/people/people.ts";
import { createSignInClients } from "../../../src/authority/people/sign-in-clients.ts";
import { createPins, type Pins } from "../../../src/authority/rules/pins.ts";
import { createVault } from "../../../src/broker/vault/vault.ts";
import { createPolicies, type PolicyFile } from "../../../src/authority/rules/policies.ts";
import { createHttpDoor } from "../../../src/doors/http/door.ts";
import { verifyLedger } from "../../../src/ledger/verify.ts";
import { LOOPBACK } from "../../../src/wire/http/origin.ts";
import { createHouse, type House } from "../../authority/house.ts";
import { wrappingOf } from "../../../src/system/vault-keys.ts";

export const KEYS = { admin: "the-admin-key-of-this-test", launcher: "the-launcher-key-of-this-test" };

const OUTER = wrappingOf(
  { kind: "env", variable: "KEY" },
  { dataFolder: "", env: { KEY: Buffer.alloc(32, 7).toString("base64url") } },
);
/** A system that does not tell who is at the other end of a socket. */
const NOBODY = { lacks: "this system does not tell", see: () => "peer_unknown" };

export interface Desk {
  readonly house: House;
  readonly people: People;
  readonly signingKeys: SigningKeys;
  readonly pins: Pins;
  readonly origin: string;
  readonly policyFiles: PolicyFile[];
  /** The refusals counted so far. */
  readonly refusals: Readonly<{ unauthenticated: number; agents: number }>;
  ask(
    method: string,
    path: string,
    key?: string | null,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<Answer>;
  close(): Promise<void>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly json: Record<string, unknown>;
}

/** The control plane over real HTTP on loopback, with real parts behind it and its clock at the real time. */
export async function openDesk(mcp?: Parameters<typeof createServer>[1], yaml?: string): Promise<Desk> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const house = createHouse(yaml, origin);
  house.clock.at = Date.now();
  const enrolments = createEnrolments(house, {
    "join-token": joinTokenAttestor(house),
    oidc: workloadAttestor({ ...house, issuers: [] }, new Set()),
    spiffe: svidAttestor({ ...house, federation: new Map() }),
    unix: unixAttestor({ digests: house.digests, peers: NOBODY }, { hash: false }),
  });
  const people = createPeople(house, KEYS);
  const pins = createPins(house);
  const policyFiles: PolicyFile[] = [{ name: "a.cedar", text: "first" }];
  const policies = createPolicies(house, {
    read: () => Promise.resolve([...policyFiles]),
    load: (files) => ({
      kind: "loaded",
      set: {
        version: `v-${files.map((file) => file.text).join("-")}`,
        evaluate: () => ({ kind: "deny", policies: [], why: null, hint: null }),
        readsCounters: () => false,
      },
      warnings: [],
    }),
    test: (files) =>
      Promise.resolve([
        { name: "a case", passed: !files.some((file) => file.text.includes("FAILING")), why: "permit, not deny" },
      ]),
  });
  await policies.start();
  const signingKeys = await openSigningKeys({
    ...house,
    sealing: createSecretKey(randomBytes(32)),
    rotateAfterMs: 30 * 24 * 3_600_000,
    fromFile: house.signingJwk,
    used: false,
  });
  house.ring.now = signingKeys;
  const vault = createVault({ ...house, wrapping: OUTER, previous: null });
  const door = createHttpDoor({
    authority: house,
    enrolments,
    tokens: house.tokens,
    signingKeys,
    people,
    signIn: {
      ...house,
      issuer: origin,
      gateway: house.tokens.gateway,
      origins: [origin],
      clients: createSignInClients(house),
      sessions: people,
      provider: null,
      sealing: { seal: () => "", open: () => null },
    },
    pins,
    policies,
    capabilities: createCapabilities(
      house,
      { text: () => Promise.resolve(null), parse: () => ({ kind: "refused", problems: [] }) },
      new Map(),
    ),
    vault,
    memory: createMemoryKeeping({ ...house, sealing: vault }),
    reread: () => Promise.resolve([]),
    restore: () => Promise.resolve({ kind: "nothing_missing" }),
    jwks: house.jwks,
    strangers: () => ({ credential_missing: 3 }),
    allowed: LOOPBACK,
    version: "0.0.0-test",
    explain: ({ tool }) => Promise.resolve({ tool, verdict: "deny" }),
    verifyLedger: async () => ({ ...(await verifyLedger(house.store, house.digests)) }) as never,
    doctor: () => Promise.resolve([{ name: "keys", ok: true, says: "readable by nobody else", mend: null }]),
    ready: () => Promise.resolve([{ name: "store", ok: true, says: "writes", mend: null }]),
  });
  server.on("request", (request, response) => {
    if (mcp !== undefined && request.url?.startsWith("/mcp") === true)
      (mcp as (a: typeof request, b: typeof response) => void)(request, response);
    else door.handle(request, response);
  });
  return {
    house,
    signingKeys,
    people,
    pins,
    origin,
    policyFiles,
    refusals: door.refusals,
    async ask(method, path, key = KEYS.admin, body, headers = {}) {
      const response = await fetch(new URL(path, origin), {
        method,
        redirect: "manual",
        headers: {
          ...(key === null ? {} : { authorization: `Bearer ${key}` }),
          ...(body === undefined ? {} : { "content-type": "application/json" }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
      });
      const text = await response.text();
      let json = {} as Record<string, unknown>;
      try {
        json = JSON.parse(text) as Record<string, unknown>;
      } catch {
        // A page, not JSON.
      }
      return { status: response.status, headers: response.headers, text, json };
    },
    async close() {
      door.close();
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
      await house.store.close();
    },
  };
}
