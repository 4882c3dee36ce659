import { sign } from "node:crypto";
import type { JsonObject } from "../../../src/domain/json.ts";
import { type SigningKey, generateSigningJwk, signingKey } from "../../../src/wire/jose/sign.ts";

/** Makes tokens that no honest issuer makes. */

const P256_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

export function aKey(): SigningKey & { readonly jwk: JsonObject } {
  const jwk = generateSigningJwk();
  const key = signingKey(jwk);
  if (key === null) throw new Error("a generated key must load");
  return { ...key, jwk };
}

export function b64(content: string | Uint8Array): string {
  return Buffer.from(content as string).toString("base64url");
}

/** Signs exactly these bytes, whatever they say. */
export function signRaw(key: SigningKey, header: string, payload: string | Uint8Array): string {
  const signed = `${b64(header)}.${b64(payload)}`;
  return `${signed}.${sign("sha256", Buffer.from(signed), { key: key.secret, dsaEncoding: "ieee-p1363" }).toString("base64url")}`;
}

/** The same token with the other valid signature, (r, n−s). */
export function twin(token: string): string {
  const at = token.lastIndexOf(".") + 1;
  const bytes = Buffer.from(token.slice(at), "base64url");
  const s = BigInt(`0x${bytes.subarray(32).toString("hex")}`);
  const other = Buffer.from((P256_ORDER - s).toString(16).padStart(64, "0"), "hex");
  return token.slice(0, at) + b64(Buffer.concat([bytes.subarray(0, 32), other]));
}

/** Other spellings of a good token, and pieces of one: [what is wrong, token]. */
export function hostile(good: string, key: SigningKey): readonly (readonly [string, string])[] {
  const [header = "", payload = "", signature = ""] = good.split(".");
  const last = signature.slice(-1);
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const trailing = alphabet[alphabet.indexOf(last) + 1] ?? "B";
  const parsed = JSON.parse(Buffer.from(header, "base64url").toString()) as JsonObject;
  const slashed = signRaw(
    key,
    JSON.stringify({ ...parsed, x: "\u00ff\u00fe>>>???~~~" }),
    Buffer.from(payload, "base64url"),
  );
  return [
    ["two segments", `${header}.${payload}`],
    ["four segments", `${good}.${signature}`],
    ["no segments", "token"],
    ["nothing in it", ""],
    ["only dots", ".."],
    ["an empty signature", `${header}.${payload}.`],
    ["an empty header", `.${payload}.${signature}`],
    ["an empty payload in place of its own", `${header}..${signature}`],
    ["padding", `${good}==`],
    ["padding in the header", `${header}=.${payload}.${signature}`],
    ["a space before", ` ${good}`],
    ["a space after", `${good} `],
    ["a space inside", `${header}. ${payload}.${signature}`],
    ["a newline after", `${good}\n`],
    ["a tab inside", `${header}\t.${payload}.${signature}`],
    ["the standard base64 alphabet", slashed.replaceAll("-", "+").replaceAll("_", "/")],
    ["trailing bits that are not zero", good.slice(0, -1) + trailing],
    ["a NUL after", `${good}\0`],
    ["a full-width letter", good.replace("A", "\uff21").replace("e", "\uff45")],
    ["more than 8 KiB", signRaw(key, JSON.stringify(parsed), JSON.stringify({ pad: "x".repeat(8192) }))],
    ["the general JSON serialization", JSON.stringify({ payload, signatures: [{ protected: header, signature }] })],
    ["the flattened JSON serialization", JSON.stringify({ payload, protected: header, signature })],
    ["its last character missing", good.slice(0, -1)],
    ["another payload", `${header}.${b64('{"iss":"https://evil.example"}')}.${signature}`],
    ["header and payload exchanged", `${payload}.${header}.${signature}`],
  ];
}
