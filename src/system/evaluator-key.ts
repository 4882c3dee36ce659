import { generateKeyPairSync } from "node:crypto";
import { writeFileSync } from "node:fs";
import type { JsonObject } from "../domain/json.ts";
import { thumbprint } from "../wire/jose/jwk.ts";

/** Makes an evaluator's key and keeps it in `file`; what may be published of it. */
export function makeEvaluatorKey(file: string): JsonObject {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const kid = thumbprint(publicKey.export({ format: "jwk" }) as JsonObject) ?? "";
  writeFileSync(file, JSON.stringify({ ...privateKey.export({ format: "jwk" }), kid }), { mode: 0o600, flag: "wx" });
  return { keys: [{ ...(publicKey.export({ format: "jwk" }) as JsonObject), kid }] };
}
