import { createSecretKey, randomBytes } from "node:crypto";
import { openClientKeys } from "../../src/authority/tokens/client-keys.ts";
import { createDpopGuard } from "../../src/authority/tokens/dpop.ts";
import { type KeyRing, ringOf } from "../../src/authority/tokens/key-ring.ts";
import type { TokenParts } from "../../src/authority/tokens/parts.ts";
import { createCredentials } from "../../src/authority/tokens/credentials.ts";
import { type Enrolled, enrol } from "../../src/authority/enrolment/enrol.ts";
import { type OpenedTask, openTask } from "../../src/authority/tasks/open-task.ts";
import type { AuthorityParts } from "../../src/authority/parts.ts";
import type { JsonObject } from "../../src/domain/json.ts";
import type { LedgerRecord } from "../../src/domain/record.ts";
import type { Shown } from "../../src/ports/credentials.ts";
import type { Log } from "../../src/ports/system.ts";
import { createMemoryStore } from "../../src/store/memory/memory-store.ts";
import { parseConfiguration } from "../../src/system/config.ts";
import { createDigests } from "../../src/system/digests.ts";
import { systemIds } from "../../src/system/ids.ts";
import { generateSigningJwk, signingKey } from "../../src/wire/jose/sign.ts";

export const ORIGIN = "http://127.0.0.1:7420";

export const YAML = `
owner: ada
people: { dana: { roles: [approver] }, otto: { roles: [operator] }, vera: { roles: [viewer] } }
approvals: { timeout: 60s }
servers:
  docs: { command: docs-server }
  shop: { url: "http://127.0.0.1:9001/mcp" }
agents:
  clerk:
    scope:
      - tools: [docs__read_text_file]
        where: { path: { glob: ./sample/** } }
        uses: 3
    budget: { calls: 10, writes: 2 }
    lifetime: 30m
  other: {}
`;

export const SILENT: Log = { debug() {}, info() {}, warn() {}, error() {} };

export interface House extends AuthorityParts {
  readonly clock: { now(): number; at: number };
  readonly jwks: () => JsonObject;
  readonly tokens: TokenParts;
  /** The key that it signs with, until another ring is put in. */
  readonly signingJwk: JsonObject;
  readonly ring: { now: KeyRing };
  records(kind?: LedgerRecord["kind"]): Promise<readonly LedgerRecord[]>;
}

/** Real parts over a memory store, and a clock that stands still until it is moved. */
export function createHouse(yaml = YAML, origin = ORIGIN): House {
  const parsed = parseConfiguration(yaml, "/srv/desk/writ.yaml");
  if (parsed.kind === "refused") throw new Error(JSON.stringify(parsed.problems));
  const signingJwk = generateSigningJwk();
  const signing = signingKey(signingJwk);
  if (signing === null) throw new Error("no signing key");
  const ring = { now: ringOf(signing) };
  const keys: KeyRing = {
    signing: () => ring.now.signing(),
    find: (kid) => ring.now.find(kid),
    published: () => ring.now.published(),
  };
  const credentials = createCredentials({
    issuer: origin,
    trustDomain: parsed.configuration.trustDomain,
    keys,
    ids: systemIds,
  });
  const store = createMemoryStore();
  const clock = { at: 1_800_000_000_000, now: () => clock.at };
  const parts: AuthorityParts = {
    store,
    credentials,
    clock,
    ids: systemIds,
    digests: createDigests(createSecretKey(randomBytes(32))),
    configuration: parsed.configuration,
    log: SILENT,
  };
  return {
    ...parts,
    clock,
    signingJwk,
    ring,
    tokens: {
      ...parts,
      issuer: origin,
      gateway: `${origin}/mcp`,
      origins: [origin],
      keys,
      dpop: createDpopGuard(),
      clients: openClientKeys(parsed.configuration.clients, () => null),
      issuers: [],
      enrolments: { attested: () => Promise.reject(new TypeError("nobody enrols here")) },
    },
    jwks: () => credentials.jwks(),
    records: (kind) =>
      store.read((tx) => tx.ledger({ after: 0, limit: 1_000, ...(kind === undefined ? {} : { kind }) })),
  };
}

/** What whoever got hold of a token shows: the token alone. */
export function carried(token: string): Shown {
  return { token, proven: null };
}

export function enrolClerk(house: House, agent = "clerk"): Promise<Enrolled> {
  return enrol(house, { agent, thumbprint: "K7o1sXrU2NUXNbTzxYvmyjVGvcZsxJ1YhrpWU3RCvXY", selectors: { pid: "7" } });
}

export async function openClerkTask(house: House): Promise<OpenedTask & Enrolled> {
  const enrolled = await enrolClerk(house);
  const opened = await openTask(house, {
    instance: enrolled.instance,
    objective: "read the handbook",
    declaredBy: "owner",
    parent: null,
  });
  return { ...enrolled, ...opened };
}
