import { createSecretKey, generateKeyPairSync, randomBytes } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { JsonObject } from "../../../src/domain/json.ts";
import { importJwk, thumbprint } from "../../../src/wire/jose/jwk.ts";
import { publicSet } from "../../../src/wire/jose/jwks.ts";
import { open, seal } from "../../../src/wire/jose/seal.ts";
import { aKey } from "./forge.ts";

const { d: _, ...publicJwk } = aKey().jwk as Record<string, string>;
const flipped = (text: string): string => (text.startsWith("A") ? "B" : "A") + text.slice(1);

test("the thumbprint of the key in RFC 7638 §3.1 is the one given there", () => {
  const n =
    "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMs" +
    "tn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbI" +
    "SD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";
  expect(thumbprint({ kty: "RSA", n, e: "AQAB", alg: "RS256", kid: "2011-04-29" })).toBe(
    "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs",
  );
});

test("the thumbprint of the key in RFC 8037 A.3 is the one given there", () => {
  expect(thumbprint({ kty: "OKP", crv: "Ed25519", x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" })).toBe(
    "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k",
  );
});

test.each([
  ["a private key", { ...publicJwk, d: publicJwk["x"] }, "key_private"],
  ["a key with a shared secret in it", { ...publicJwk, k: "AAAA" }, "key_private"],
  ["a point that is not on the curve", { ...publicJwk, y: flipped(publicJwk["y"] ?? "") }, "key_unfit"],
  ["the zero point", { ...publicJwk, x: "A".repeat(43), y: "A".repeat(43) }, "key_unfit"],
  ["another curve", { ...publicJwk, crv: "P-384" }, "key_type"],
  ["another type", { ...publicJwk, kty: "RSA" }, "key_type"],
  ["a shared secret", { kty: "oct", k: "AAAA" }, "key_type"],
  ["no type", { ...publicJwk, kty: undefined }, "key_type"],
  ["another algorithm", { ...publicJwk, alg: "ES384" }, "key_algorithm"],
  ["HS256 as its algorithm", { ...publicJwk, alg: "HS256" }, "key_algorithm"],
  ["none as its algorithm", { ...publicJwk, alg: "none" }, "key_algorithm"],
  ["encryption as its use", { ...publicJwk, use: "enc" }, "key_use"],
  ["no leave to verify", { ...publicJwk, key_ops: ["encrypt"] }, "key_use"],
  ["operations that are no list", { ...publicJwk, key_ops: "verify" }, "key_use"],
  ["a coordinate cut short", { ...publicJwk, x: (publicJwk["x"] ?? "").slice(0, 42) }, "key_encoding"],
  ["a coordinate with padding", { ...publicJwk, x: `${publicJwk["x"]}=` }, "key_encoding"],
  ["a coordinate that is a number", { ...publicJwk, x: 5 }, "key_encoding"],
  ["no coordinate", { kty: "EC", crv: "P-256" }, "key_encoding"],
])("a JWK with %s is refused", (_, jwk, why) => {
  expect(importJwk(jwk as JsonObject)).toBe(why);
});

test("an RSA key below 2048 bits is refused", () => {
  const { publicKey } = generateKeyPairSync("rsa", { modulusLength: 1024 });
  expect(importJwk({ ...publicKey.export({ format: "jwk" }), alg: "RS256" } as JsonObject, ["RS256"])).toBe(
    "key_unfit",
  );
});

test("a published set never holds a private member, whatever the key it was made from", () => {
  const set = publicSet([aKey().verification, aKey().verification]);
  expect((set["keys"] as readonly JsonObject[]).map((key) => Object.keys(key).toSorted())).toEqual([
    ["alg", "crv", "kid", "kty", "use", "x", "y"],
    ["alg", "crv", "kid", "kty", "use", "x", "y"],
  ]);
});

const sealing = createSecretKey(randomBytes(32));

test("what was sealed opens with the same key and the same context, and reads the same (property)", () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.string(), fc.oneof(fc.integer(), fc.string(), fc.boolean())),
      fc.string(),
      (payload, aad) => {
        const sealed = seal(sealing, payload, aad);
        expect(open(sealing, sealed, aad)).toEqual(JSON.parse(JSON.stringify(payload)));
      },
    ),
  );
});

test("sealed text opens for nobody else, nowhere else, and not once it was touched", () => {
  const sealed = seal(sealing, { secret: "do not show" }, "t_1");
  expect(sealed).not.toContain("show");
  expect(seal(sealing, { secret: "do not show" }, "t_1")).not.toBe(sealed);
  expect(open(sealing, sealed, "t_2")).toBeNull();
  expect(open(createSecretKey(randomBytes(32)), sealed, "t_1")).toBeNull();
  expect(open(sealing, `${sealed}=`, "t_1")).toBeNull();
  expect(open(sealing, sealed.slice(0, -4), "t_1")).toBeNull();
  expect(open(sealing, "", "t_1")).toBeNull();
  for (let at = 0; at < sealed.length; at++) {
    const touched = sealed.slice(0, at) + (sealed[at] === "A" ? "B" : "A") + sealed.slice(at + 1);
    expect(open(sealing, touched, "t_1")).toBeNull();
  }
});
