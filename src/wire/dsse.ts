import { type KeyObject, sign, verify } from "node:crypto";
import { type Json, isObject, own } from "../domain/json.ts";

/** A signed payload (DSSE 1.0): what is signed is the payload's type with its bytes, so that neither is taken for another. */
export interface Envelope {
  readonly payloadType: string;
  readonly payload: Buffer;
  readonly signatures: readonly { readonly keyid: string; readonly sig: Buffer }[];
}

const MEMBERS = ["payload", "payloadType", "signatures"];
const MOST_SIGNATURES = 8;

/** Reads an envelope; null for anything that is not exactly one. */
export function readEnvelope(value: Json): Envelope | null {
  if (!isObject(value) || Object.keys(value).some((name) => !MEMBERS.includes(name))) return null;
  const [payload, payloadType, signatures] = MEMBERS.map((name) => own(value, name));
  if (typeof payload !== "string" || typeof payloadType !== "string" || !Array.isArray(signatures)) return null;
  const bytes = decode(payload);
  const read = (signatures as readonly Json[]).map((one) => {
    const keyid = isObject(one) ? (own(one, "keyid") ?? "") : null;
    const sig = isObject(one) ? own(one, "sig") : null;
    const decoded = typeof sig === "string" ? decode(sig) : null;
    return typeof keyid === "string" && decoded !== null ? { keyid, sig: decoded } : null;
  });
  const fine = read.filter((one) => one !== null);
  if (bytes === null || fine.length === 0 || fine.length !== read.length || fine.length > MOST_SIGNATURES) return null;
  return { payloadType, payload: bytes, signatures: fine };
}

/** True when `key` (P-256 or Ed25519) signed exactly this payload as this type. */
export function signedBy(envelope: Envelope, key: KeyObject, sig: Buffer): boolean {
  const signed = paeOf(envelope.payloadType, envelope.payload);
  const digest = key.asymmetricKeyType === "ed25519" ? null : "sha256";
  return verify(digest, signed, key, sig);
}

/** An envelope as it is written down. */
export function signEnvelope(payloadType: string, payload: string, key: KeyObject, keyid: string): Json {
  const bytes = Buffer.from(payload);
  const digest = key.asymmetricKeyType === "ed25519" ? null : "sha256";
  const sig = sign(digest, paeOf(payloadType, bytes), key).toString("base64");
  return { payload: bytes.toString("base64"), payloadType, signatures: [{ keyid, sig }] };
}

/** Pre-authentication encoding (DSSE 1.0). */
function paeOf(type: string, payload: Buffer): Buffer {
  const head = `DSSEv1 ${Buffer.byteLength(type)} ${type} ${payload.length} `;
  return Buffer.concat([Buffer.from(head), payload]);
}

/** The bytes that `text` is the one base64 spelling of; null for any other. */
function decode(text: string): Buffer | null {
  const bytes = Buffer.from(text, "base64");
  return bytes.toString("base64") === text ? bytes : null;
}
