import { type JsonObject, isObject } from "../../domain/json.ts";
import { decodeUtf8Strict, parseStrict } from "../json/parse.ts";
import { decodeBase64url } from "./base64url.ts";

/** A JWS in compact serialization, its form checked and nothing believed yet. */
export interface Compact {
  readonly header: JsonObject;
  readonly payload: Uint8Array;
  readonly signature: Uint8Array;
  /** What the signature is over. */
  readonly signed: string;
}

export type FormFault =
  | "token_too_large"
  | "token_not_three_segments"
  | "token_not_base64url"
  | "header_not_json"
  | "payload_not_json"
  | "signature_missing";

export const MAX_TOKEN_BYTES = 8192;

/** Takes `token` apart; a fault for any text that is not the one spelling of a token. */
export function readCompact(token: string, maxBytes = MAX_TOKEN_BYTES): Compact | FormFault {
  if (token.length > maxBytes) return "token_too_large";
  const first = token.indexOf(".");
  const second = token.indexOf(".", first + 1);
  if (first < 0 || second < 0 || token.includes(".", second + 1)) return "token_not_three_segments";
  const header = decodeBase64url(token.slice(0, first));
  const payload = decodeBase64url(token.slice(first + 1, second));
  const signature = decodeBase64url(token.slice(second + 1));
  if (header === null || payload === null || signature === null) return "token_not_base64url";
  if (signature.length === 0) return "signature_missing";
  const members = readObject(header);
  if (members === null) return "header_not_json";
  return { header: members, payload, signature, signed: token.slice(0, second) };
}

/** The JSON object in `bytes`, read strictly; null for anything else. */
export function readObject(bytes: Uint8Array): JsonObject | null {
  const text = decodeUtf8Strict(bytes);
  if (text === null) return null;
  const parsed = parseStrict(text);
  return parsed.kind === "parsed" && isObject(parsed.value) ? parsed.value : null;
}
