import { type KeyObject, createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import type { JsonObject } from "../../domain/json.ts";
import { canonicalize } from "../json/canonical.ts";
import { decodeBase64url, encodeBase64url } from "./base64url.ts";
import { readObject } from "./compact.ts";

/** The first byte: which layout follows. */
const VERSION = 1;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const HEAD_BYTES = 1 + NONCE_BYTES + TAG_BYTES;

/** Text that only the holder of `key` can read or make, and that opens only together with `aad`.
 *  @throws WritError `json_not_canonical` for a payload that JSON cannot say. */
export function seal(key: KeyObject, payload: JsonObject, aad: string): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv("aes-256-gcm", key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(Buffer.from(aad));
  const body = Buffer.concat([cipher.update(canonicalize(payload)), cipher.final()]);
  return encodeBase64url(Buffer.concat([Uint8Array.of(VERSION), nonce, cipher.getAuthTag(), body]));
}

/** What was sealed; null for anything that `seal` did not make with this key and this `aad`. */
export function open(key: KeyObject, text: string, aad: string): JsonObject | null {
  const bytes = decodeBase64url(text);
  if (bytes === null || bytes.length <= HEAD_BYTES || bytes[0] !== VERSION) return null;
  const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(1, 1 + NONCE_BYTES), {
    authTagLength: TAG_BYTES,
  });
  decipher.setAAD(Buffer.from(aad));
  decipher.setAuthTag(bytes.subarray(1 + NONCE_BYTES, HEAD_BYTES));
  try {
    return readObject(Buffer.concat([decipher.update(bytes.subarray(HEAD_BYTES)), decipher.final()]));
  } catch {
    // GCM found that it is not what was sealed; it says no more, and nobody needs to know more.
    return null;
  }
}
