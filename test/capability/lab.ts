import { createHash, generateKeyPairSync, type KeyObject } from "node:crypto";
import { PAYLOAD_TYPE, type ResultStatement, writeStatement } from "../../src/authority/capability/statement.ts";
import type { Fingerprint } from "../../src/domain/fingerprint.ts";
import type { Json, JsonObject } from "../../src/domain/json.ts";
import { signEnvelope } from "../../src/wire/dsse.ts";

const DAY = 24 * 3_600_000;

/** Somebody who evaluates agents, with a key of its own. */
export interface Lab {
  readonly kid: string;
  readonly jwks: { readonly keys: readonly JsonObject[] };
  readonly key: KeyObject;
  sign(result: Partial<ResultStatement> & { readonly fingerprint: Fingerprint }): Json;
}

export function createLab(kid = "lab-1", curve: "ec" | "ed25519" = "ec"): Lab {
  const pair = curve === "ec" ? generateKeyPairSync("ec", { namedCurve: "P-256" }) : generateKeyPairSync("ed25519");
  const jwk = { ...(pair.publicKey.export({ format: "jwk" }) as JsonObject), kid };
  return {
    kid,
    jwks: { keys: [jwk] },
    key: pair.privateKey,
    sign: (result) => signEnvelope(PAYLOAD_TYPE, writeStatement(statement(result)), pair.privateKey, kid),
  };
}

export function statement(more: Partial<ResultStatement> & { readonly fingerprint: Fingerprint }): ResultStatement {
  const now = Date.now();
  return {
    agent: "clerk",
    suite: "file-hygiene",
    suiteDigest: createHash("sha256").update("the suite").digest("hex"),
    passed: true,
    score: 1,
    capabilities: ["data.write"],
    evaluatedAt: now,
    expiresAt: now + 30 * DAY,
    passedTests: ["one", "two"],
    failedTests: [],
    ...more,
  };
}
