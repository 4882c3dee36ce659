import { type KeyObject, createHmac, hash } from "node:crypto";
import type { Digest } from "../domain/ids.ts";
import type { Digests } from "../ports/system.ts";

/** Digests under this deployment's own key. */
export function createDigests(key: KeyObject): Digests {
  return {
    plain: (text) => `sha-256:${hash("sha256", text, "base64url")}` as Digest,
    keyed: (text) => `hmac-sha-256:${createHmac("sha256", key).update(text).digest("base64url")}` as Digest,
  };
}
