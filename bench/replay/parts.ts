import { meaningOf, ruleOf } from "../../src/analysis/meaning.ts";
import { createMemory } from "../../src/authority/memory/memory.ts";
import type { GatewayId } from "../../src/domain/gateway.ts";
import type { Principal } from "../../src/domain/principal.ts";
import type { GateParts } from "../../src/gate/parts.ts";
import { createTracing } from "../../src/gate/tracing.ts";
import type { Store } from "../../src/ports/store.ts";
import { systemIds } from "../../src/system/ids.ts";
import { createLog } from "../../src/system/log.ts";
import { OWNER } from "./session.ts";
import { catalogueOf, digests, envelope, type Stage } from "./stage.ts";

const log = createLog({ level: "silent", file: null });

/** Everything but the tokens is the product's own: whether those verify is not what is measured. */
export function partsOf(stage: Stage, store: Store, principal: () => Principal): GateParts {
  const servers = new Map(stage.configuration.servers.map((one) => [one.name, one]));
  const configuration = {
    ...stage.configuration,
    agents: stage.configuration.agents.map((agent) => ({
      ...agent,
      envelope: [{ tools: envelope(stage), constraints: [], uses: null, origin: "plan" as const, issuedBy: OWNER }],
    })),
  };
  const clock = { now: () => Date.now() };
  return {
    configuration,
    gateway: "gw_replay" as GatewayId,
    store,
    credentials: {
      ...REFUSES,
      verifyTask: () => ({ kind: "verified", value: principal() }),
      mintOperation: () => ({ token: `recorded-${systemIds.nonce()}`, id: "recorded", expiresAt: Date.now() + 30_000 }),
    },
    policies: () => stage.policies,
    catalogue: catalogueOf(stage),
    meaning: (call, definition) =>
      meaningOf(call, servers.get(call.server), definition, {
        analysers: stage.analysers,
        home: "/root",
        catalogue: () => null,
        infer: true,
      }),
    rule: (call, definition) => ruleOf(call, servers.get(call.server), definition, { infer: true }),
    tracing: createTracing(digests, clock, configuration),
    ground: { paths: [], hosts: [], home: "/root" },
    profile: () => ({ hash: "recorded", levels: null }),
    profileAnew: () => Promise.resolve(),
    needs: () => [],
    audience: () => "recorded",
    broker: {
      credentialFor: () => Promise.resolve({ kind: "none", remains: "nothing", headers: {}, secrets: [] }) as never,
      challenged: () => Promise.resolve(false),
      foresee: () => ({ kind: "none", remains: "nothing" }),
      shows: () => false,
    },
    memory: createMemory({
      store,
      clock,
      ids: systemIds,
      digests,
      configuration,
      log,
      sealing: { seal: refuses, unseal: refuses },
    }),
    inFlight: {
      enter: () => ({ signal: new AbortController().signal, done: () => {} }),
      size: () => 0,
    },
    owed: { owe: () => {} },
    clock,
    ids: systemIds,
    digests,
    log,
  };
}

function refuses(): never {
  throw new Error("a replay makes no other credential");
}

const REFUSES = {
  mintInstance: refuses,
  verifyInstance: refuses,
  mintTask: refuses,
  inspectInstance: refuses,
  inspectTask: refuses,
  mintEvent: refuses,
};
