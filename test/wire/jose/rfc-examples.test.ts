import { expect, test } from "vitest";
import { createDpopGuard, type ProofAsked } from "../../../src/authority/tokens/dpop.ts";
import { type JsonObject, own } from "../../../src/domain/json.ts";
import { proofMaker } from "../../../src/wire/jose/dpop-proof.ts";
import { importJwk, thumbprint } from "../../../src/wire/jose/jwk.ts";
import { verifyJws } from "../../../src/wire/jose/verify.ts";
import { aKey } from "./forge.ts";

/** RFC 9449, figure 2: a proof for the token endpoint. */
const FIGURE_2 =
  "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJo" +
  "RjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19." +
  "eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0" +
  "IjoxNTYyMjYyNjE2fQ." +
  "2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg";
const MADE_AT = 1_562_262_616_000;
const REQUEST: ProofAsked = {
  header: FIGURE_2,
  method: "POST",
  urls: ["https://server.example.com/token"],
  token: null,
};
const PROOF_KEY = {
  kty: "EC",
  x: "l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs",
  y: "9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA",
  crv: "P-256",
};

test("the proof of RFC 9449, figure 2, is read, and its signature holds", () => {
  const key = (header: JsonObject) => {
    const read = importJwk(own(header, "jwk") as JsonObject);
    return typeof read === "string" ? null : read;
  };
  const verified = verifyJws(FIGURE_2, { typ: "dpop+jwt", key, embeddedKey: true });
  if (verified.kind === "refused") throw new Error(verified.why);
  expect(own(verified.header, "jwk")).toEqual(PROOF_KEY);
  expect(JSON.parse(Buffer.from(verified.payload).toString())).toEqual({
    jti: "-BwC3ESc6acc2lTc",
    htm: "POST",
    htu: "https://server.example.com/token",
    iat: MADE_AT / 1000,
  });
});

test("the proof of RFC 9449, figure 2, lacks nothing but a nonce of ours; for any other request it is no proof", () => {
  const guard = createDpopGuard();
  expect(guard.check(REQUEST, MADE_AT)).toEqual({ kind: "refused", why: "proof_stale" });
  for (const other of [{ method: "GET" }, { urls: ["https://server.example.com/"] }, { token: "a" }])
    expect(guard.check({ ...REQUEST, ...other }, MADE_AT)).toEqual({ kind: "refused", why: "proof_invalid" });
  expect(guard.check(REQUEST, MADE_AT + 61_000)).toEqual({ kind: "refused", why: "proof_invalid" });
});

test("the thumbprint of that key is the `jkt` of RFC 9449 §6.1, and our proof beside the token of §7.1 has its `ath`", () => {
  expect(thumbprint(PROOF_KEY)).toBe("0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I");
  const url = "https://resource.example.org/protectedresource";
  const token = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU";
  const proof = proofMaker(aKey())({ method: "GET", url, nonce: null, token }, MADE_AT);
  expect(JSON.parse(Buffer.from(proof.split(".")[1] ?? "", "base64url").toString())).toMatchObject({
    ath: "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo",
  });
});

test("the Ed25519 signature of RFC 8037 A.4 holds, and not once a character of it is another", () => {
  const key = importJwk({ kty: "OKP", crv: "Ed25519", x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" }, ["EdDSA"]);
  if (typeof key === "string") throw new Error(key);
  const text =
    "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc." +
    "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
  const verify = (token: string) => verifyJws(token, { typ: null, key: () => key });
  const verified = verify(text);
  expect(verified.kind === "verified" && Buffer.from(verified.payload).toString()).toBe("Example of Ed25519 signing");
  expect(verify(text.replace(".hgyY", ".hgyZ"))).toEqual({ kind: "refused", why: "signature_wrong" });
});
