import { createHmac, createSign, generateKeyPairSync, sign, verify as verifyOther, type KeyObject } from "node:crypto";
import fc from "fast-check";
import { compactVerify, importJWK } from "jose";
import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../../src/domain/json.ts";
import { ALGORITHMS } from "../../../src/wire/jose/algorithms.ts";
import { importJwk } from "../../../src/wire/jose/jwk.ts";
import { generateSigningJwk, signJwt, signingKey } from "../../../src/wire/jose/sign.ts";
import { byKid, verifyJws, verifyJwt } from "../../../src/wire/jose/verify.ts";
import { aKey, b64, hostile, signRaw, twin } from "./forge.ts";

const key = aKey();
const other = aKey();
const find = byKid([key.verification]);
const claims = { iss: "https://writ.example", jti: "j1" };
const good = signJwt(key, "at+jwt", claims);
const header = { alg: "ES256", kid: key.kid, typ: "at+jwt" };
const check = (token: string) => verifyJwt(token, { typ: "at+jwt", key: find });

test("a token of ours verifies, and says what was signed", () => {
  expect(check(good)).toMatchObject({ kind: "verified", claims });
});

describe("form", () => {
  test.each(hostile(good, key))("a token with %s is refused", (_, token) => {
    expect(check(token).kind).toBe("refused");
  });

  test.each([
    ["a payload that repeats a member", '{"iss":"a","iss":"b"}'],
    ["a payload that repeats a member in another spelling", '{"iss":"a","\\u0069ss":"b"}'],
    ["a payload that is an array", "[]"],
    ["a payload that is a string", '"iss"'],
    ["a payload with a byte order mark", '\ufeff{"iss":"a"}'],
    ["a payload with 1e400", '{"exp":1e400}'],
    ["a payload that is not JSON", "foo"],
    ["an empty payload", ""],
  ])("a token with %s is refused although its signature holds", (_, payload) => {
    expect(check(signRaw(key, JSON.stringify(header), payload))).toEqual({ kind: "refused", why: "payload_not_json" });
  });

  test("a payload that is not UTF-8 is refused although its signature holds", () => {
    expect(check(signRaw(key, JSON.stringify(header), Buffer.from([0x7b, 0xff, 0x7d])))).toEqual({
      kind: "refused",
      why: "payload_not_json",
    });
  });

  test.each([
    ["repeats `alg`", `{"alg":"none","alg":"ES256","kid":"${key.kid}","typ":"at+jwt"}`],
    ["is an array", "[]"],
    ["has a byte order mark", `\ufeff${JSON.stringify(header)}`],
    ["is empty", ""],
  ])("a token whose header %s is refused although its signature holds", (_, text) => {
    expect(check(signRaw(key, text, JSON.stringify(claims)))).toEqual({ kind: "refused", why: "header_not_json" });
  });
});

describe("header", () => {
  const { d: _, ...publicJwk } = key.jwk;
  const pem = key.verification.key.export({ format: "pem", type: "spki" });
  const hs256 = (secret: string | Buffer): string => {
    const signed = `${b64(JSON.stringify({ ...header, alg: "HS256" }))}.${b64(JSON.stringify(claims))}`;
    return `${signed}.${createHmac("sha256", secret).update(signed).digest("base64url")}`;
  };
  const withHeader = (change: JsonObject): string =>
    signRaw(key, JSON.stringify({ ...header, ...change }), JSON.stringify(claims));

  test.each([
    ["alg none", withHeader({ alg: "none" })],
    ["alg None", withHeader({ alg: "None" })],
    ["alg nOnE and no signature", `${b64(JSON.stringify({ ...header, alg: "nOnE" }))}.${b64(JSON.stringify(claims))}.`],
    ["HS256 keyed with our public PEM", hs256(pem)],
    ["HS256 keyed with our public JWK", hs256(JSON.stringify(publicJwk))],
    ["RS256 named over an EC key", withHeader({ alg: "RS256" })],
    ["ES384 named over a P-256 key", withHeader({ alg: "ES384" })],
    ["EdDSA named over an EC key", withHeader({ alg: "EdDSA" })],
    ["es256 in lower case", withHeader({ alg: "es256" })],
    ["alg as a list", withHeader({ alg: ["ES256"] })],
    ["crit", withHeader({ crit: ["b64"] })],
    ["an empty crit", withHeader({ crit: [] })],
    ["b64 false", withHeader({ b64: false })],
    ["b64 true", withHeader({ b64: true })],
    ["zip", withHeader({ zip: "DEF" })],
    ["the encryption of a JWE", withHeader({ enc: "A256GCM" })],
    ["its own key in jwk", withHeader({ jwk: publicJwk as JsonObject })],
    ["jku", withHeader({ jku: "https://evil.example/jwks" })],
    ["x5u", withHeader({ x5u: "https://evil.example/cert" })],
    ["x5c", withHeader({ x5c: ["MII"] })],
    ["a kid that climbs", withHeader({ kid: "../../keys/other" })],
    ["a kid that speaks SQL", withHeader({ kid: "' OR '1'='1" })],
    ["a kid of ten kilobytes", withHeader({ kid: "k".repeat(10_240) })],
    ["an unknown kid", withHeader({ kid: other.kid })],
    ["a kid that is `__proto__`", withHeader({ kid: "__proto__" })],
    ["a kid that is a number", withHeader({ kid: 1 })],
    ["no kid", signRaw(key, '{"alg":"ES256","typ":"at+jwt"}', JSON.stringify(claims))],
    ["no typ", signRaw(key, `{"alg":"ES256","kid":"${key.kid}"}`, JSON.stringify(claims))],
    ["typ in another case", withHeader({ typ: "AT+JWT" })],
    ["typ with its media type's prefix", withHeader({ typ: "application/at+jwt" })],
    ["no alg", signRaw(key, `{"kid":"${key.kid}","typ":"at+jwt"}`, JSON.stringify(claims))],
  ])("a token with %s is refused", (_, token) => {
    expect(check(token).kind).toBe("refused");
  });

  test("a JWE is no token of ours", () => {
    expect(check(`${b64('{"alg":"dir","enc":"A256GCM"}')}..AAAAAAAAAAAAAAAA.AAAA.AAAAAAAAAAAAAAAAAAAAAA`)).toEqual({
      kind: "refused",
      why: "token_not_three_segments",
    });
  });

  test("a token signed by another key under our kid is refused", () => {
    expect(check(signRaw(other, JSON.stringify(header), JSON.stringify(claims)))).toEqual({
      kind: "refused",
      why: "signature_wrong",
    });
  });

  const kinds = [
    "at+jwt",
    "agent-instance+jwt",
    "writ-task+jwt",
    "dpop+jwt",
    "oauth-id-jag+jwt",
    "statuslist+jwt",
    "txntoken+jwt",
    "JWT",
  ];
  test.each(kinds.flatMap((made) => kinds.filter((asked) => asked !== made).map((asked) => [made, asked] as const)))(
    "a %s is never read as a %s",
    (made, asked) => {
      expect(verifyJwt(signJwt(key, made, claims), { typ: asked, key: find })).toEqual({
        kind: "refused",
        why: "header_type",
      });
    },
  );

  test("a kind that carries its own key may have jwk, and only such a kind", () => {
    const proof = signRaw(
      key,
      JSON.stringify({ alg: "ES256", typ: "dpop+jwt", jwk: publicJwk }),
      JSON.stringify(claims),
    );
    const embedded = (header: JsonObject) => {
      const imported = importJwk(header["jwk"] as JsonObject);
      return typeof imported === "string" ? null : imported;
    };
    expect(verifyJwt(proof, { typ: "dpop+jwt", key: embedded, embeddedKey: true }).kind).toBe("verified");
    expect(verifyJwt(proof, { typ: "dpop+jwt", key: embedded })).toEqual({ kind: "refused", why: "header_forbidden" });
  });
});

describe("signature", () => {
  test("the twin (r, n−s) of a signature verifies, and says the same issuer and id: never a second credential", () => {
    const second = twin(good);
    expect(second).not.toBe(good);
    expect(check(second)).toEqual(check(good));
  });

  test("a signature in DER is refused", () => {
    const signed = good.slice(0, good.lastIndexOf("."));
    const der = createSign("sha256").update(signed).sign(key.secret).toString("base64url");
    expect(check(`${signed}.${der}`)).toEqual({ kind: "refused", why: "signature_wrong" });
  });

  test.each([
    ["zero", Buffer.alloc(64)],
    ["all ones", Buffer.alloc(64, 0xff)],
    ["cut short", Buffer.alloc(63, 1)],
    ["too long", Buffer.alloc(65, 1)],
  ])("a signature that is %s is refused", (_, bytes) => {
    expect(check(`${good.slice(0, good.lastIndexOf("."))}.${bytes.toString("base64url")}`).kind).toBe("refused");
  });

  test("a token with any character changed never verifies (property)", () => {
    const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/ ";
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.constantFrom(...alphabet), (at, char) => {
        fc.pre(good[at] !== char);
        expect(check(good.slice(0, at) + char + good.slice(at + 1)).kind).toBe("refused");
      }),
      { numRuns: 500 },
    );
  });

  test("no text at all makes the verifier throw (property)", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: "binary" }),
          fc.array(fc.base64String(), { minLength: 3, maxLength: 3 }).map((s) => s.join(".")),
        ),
        (text) => {
          expect(check(text).kind).toBe("refused");
        },
      ),
    );
  });
});

test.each([...ALGORITHMS.keys()].filter((name) => !name.startsWith("HS")))(
  "%s verifies only under a key that says %s",
  (name) => {
    const { publicKey, privateKey } = pairFor(name);
    const jwk = { ...publicKey.export({ format: "jwk" }), alg: name, kid: "k" } as JsonObject;
    const admitted = importJwk(jwk, [name]);
    if (typeof admitted === "string") throw new Error(admitted);
    const signed = `${b64(JSON.stringify({ alg: name, kid: "k" }))}.${b64("hello")}`;
    const hash = name.startsWith("Ed") ? null : `sha${name.slice(2)}`;
    const pss = name.startsWith("PS") ? { padding: 6, saltLength: Number(name.slice(2)) / 8 } : {};
    const token = `${signed}.${sign(hash, Buffer.from(signed), { key: privateKey, dsaEncoding: "ieee-p1363", ...pss }).toString("base64url")}`;
    expect(verifyJws(token, { typ: null, key: byKid([admitted]) }).kind).toBe("verified");
    expect(
      importJwk(
        jwk,
        [...ALGORITHMS.keys()].filter((other) => other !== name),
      ),
    ).toBe("key_algorithm");
  },
);

function pairFor(name: string): {
  publicKey: KeyObject;
  privateKey: KeyObject;
} {
  const curve = ({ ES256: "P-256", ES384: "P-384", ES512: "P-521" } as Record<string, string>)[name];
  if (curve !== undefined) return generateKeyPairSync("ec", { namedCurve: curve });
  return name.startsWith("Ed") ? generateKeyPairSync("ed25519") : generateKeyPairSync("rsa", { modulusLength: 2048 });
}

test("two hundred signatures, short numbers among them, all have 64 bytes and hold for an independent verifier", async () => {
  for (let i = 0; i < 200; i++) {
    const token = signJwt(key, "at+jwt", { ...claims, i });
    const [head = "", payload = "", signature = ""] = token.split(".");
    const bytes = Buffer.from(signature, "base64url");
    expect(bytes).toHaveLength(64);
    expect(
      verifyOther(
        "sha256",
        Buffer.from(`${head}.${payload}`),
        { key: key.verification.key, dsaEncoding: "ieee-p1363" },
        bytes,
      ),
    ).toBe(true);
  }
  const published = { ...key.verification.jwk } as Record<string, string>;
  expect((await compactVerify(good, await importJWK(published, "ES256"))).protectedHeader).toEqual(header);
});

test("a private key whose halves do not belong together is no signing key", () => {
  const [mine, theirs] = [generateSigningJwk(), generateSigningJwk()];
  expect(signingKey({ ...mine, d: theirs["d"] as string })).toBeNull();
  expect(signingKey({ ...mine, crv: "P-384" })).toBeNull();
});
