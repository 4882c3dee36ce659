import { createHmac, sign as signBytes } from "node:crypto";
import type { JWTHeaderParameters, JWTPayload } from "jose";
import { afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { REFETCH_MS, STALE_MS } from "../../../src/authority/enrolment/key-source.ts";
import type { Attested } from "../../../src/domain/attestation.ts";
import { createHouse, type House } from "../house.ts";
import { attestorsOf, type Pair, pair, serve, type Served, serveIssuer, sign } from "../issuers.ts";

const AUDIENCE = "https://writ.example";
let [key, other, rsa, p384]: Pair[] = [];
let said: Parameters<typeof serveIssuer>[0];
let issuer: Served;
let second: Served;
let house: House;
let attest: (token: string) => Promise<Attested>;

beforeAll(async () => {
  [key, other, rsa, p384] = await Promise.all([pair("k1"), pair("k1"), pair("r1", "RS256"), pair("p1", "ES384")]);
});
beforeEach(async () => {
  said = { keys: [key?.jwk, rsa?.jwk, p384?.jwk] };
  issuer = await serveIssuer(said);
  second = await serveIssuer({ keys: [other?.jwk] });
  house = createHouse(`
owner: ada
issuers:
  one: { issuer: "${issuer.origin}" }
  two: { issuer: "${second.origin}" }
agents: { clerk: { enrol: [{ kind: oidc, issuer: one, claims: { sub: w } }] } }`);
  const { oidc } = attestorsOf(house);
  attest = (token) => oidc.attest({ token });
});
afterEach(async () => {
  await issuer.close();
  await second.close();
});

const seconds = () => Math.floor(house.clock.now() / 1000);
const claims = (changes: JWTPayload = {}): JWTPayload => ({
  iss: issuer.origin,
  aud: AUDIENCE,
  sub: "w",
  iat: seconds(),
  exp: seconds() + 300,
  ...changes,
});
function need<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("not made");
  return value;
}
const mint = (changes: JWTPayload = {}, header: Partial<JWTHeaderParameters> = {}, by = key) =>
  sign(need(by), claims(changes), header);
const part = (value: unknown) =>
  Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");
/** Any header and payload, well signed by the issuer's own key. */
function forge(header: unknown, payload: unknown, dsaEncoding: "ieee-p1363" | "der" = "ieee-p1363"): string {
  const signed = `${part(header)}.${part(payload)}`;
  const secret = { key: need(key).privateJwk as never, format: "jwk" as const, dsaEncoding };
  return `${signed}.${signBytes("sha256", Buffer.from(signed), secret).toString("base64url")}`;
}
const HEADER = { alg: "ES256", kid: "k1" };

test("a token as its issuer makes it is taken: without a type, as a JWT, for a list of us alone, by RSA", async () => {
  const good = [
    await mint(),
    await mint({}, { typ: "JWT" }),
    await mint({ aud: [AUDIENCE] }),
    await mint({}, {}, rsa),
    forge(HEADER, claims()),
  ];
  for (const token of good)
    expect(await attest(token)).toMatchObject({ kind: "attested", attestation: { strength: 3 } });
});

test.each<[string, (token: string) => string]>([
  ["two segments", (t) => t.split(".").slice(0, 2).join(".")],
  ["four segments", (t) => `${t}.`],
  ["an empty signature", (t) => `${t.split(".").slice(0, 2).join(".")}.`],
  ["padding", (t) => `${t}==`],
  ["white space before", (t) => ` ${t}`],
  ["a line feed after", (t) => `${t}\n`],
  ["the standard alphabet", (t) => t.replace(/[-_]/, "+")],
  [
    "trailing bits",
    (t) => t.slice(0, -1) + (t.endsWith("A") ? "B" : String.fromCharCode(t.charCodeAt(t.length - 1) + 1)),
  ],
  [
    "JSON serialization",
    (t) => JSON.stringify({ protected: t.split(".")[0], payload: t.split(".")[1], signature: t.split(".")[2] }),
  ],
  ["more than 8 KiB", (t) => t + "A".repeat(8192)],
  ["another payload", (t) => t.replace(/\.[^.]+\./, `.${part({ ...claims(), sub: "x" })}.`)],
])("form: %s is refused", async (_, change) => {
  // One whose signature has a character that the two alphabets write differently.
  let token = await mint();
  while (!/[-_]/.test(token)) token = await mint();
  expect((await attest(change(token))).kind).toBe("refused");
});

test("form: members given twice, no object, another encoding and a signature in DER are refused", async () => {
  const twice = JSON.stringify(claims()).replace("{", '{"sub":"x",');
  const payloads = [twice, "[]", "null", '"text"', `\uFEFF${JSON.stringify(claims())}`];
  for (const payload of payloads) expect((await attest(forge(HEADER, payload))).kind).toBe("refused");
  expect((await attest(forge(HEADER, claims(), "der"))).kind).toBe("refused");
  expect((await attest(forge('{"alg":"ES256","kid":"k1","kid":"k1"}', claims()))).kind).toBe("refused");
});

test.each<[string, object]>([
  ["alg none", { alg: "none" }],
  ["alg None", { alg: "None" }],
  ["alg nOnE", { alg: "nOnE" }],
  ["another curve's algorithm", { alg: "ES384" }],
  ["RS256 over an EC key", { alg: "RS256" }],
  ["EdDSA over an EC key", { alg: "EdDSA" }],
  ["no alg", { alg: undefined }],
  ["crit", { crit: ["exp"] }],
  ["b64", { b64: false }],
  ["zip", { zip: "DEF" }],
  ["an encrypted token's enc", { enc: "A256GCM" }],
  ["a key of its own", { jwk: { kty: "EC" } }],
  ["jku", { jku: "http://127.0.0.1:1/" }],
  ["x5u", { x5u: "http://127.0.0.1:1/" }],
  ["x5c", { x5c: [] }],
  ["an unknown kid", { kid: "k9" }],
  ["a kid that is a path", { kid: "../k1" }],
  ["a kid that is SQL", { kid: "k1' OR '1'='1" }],
  ["a kid of 10 kB", { kid: "k".repeat(5_000) }],
  ["a kid that is a number", { kid: 1 }],
  ["a kid that every object has", { kid: "constructor" }],
  ["no kid", { kid: undefined }],
  ["a type that is null", { typ: null }],
  ["a type that is a list", { typ: ["JWT"] }],
])("header: %s is refused", async (_, changes) => {
  expect((await attest(forge({ ...HEADER, ...changes }, claims()))).kind).toBe("refused");
});

test.each([
  "at+jwt",
  "application/at+jwt",
  "dpop+jwt",
  "agent-instance+jwt",
  "writ-task+jwt",
  "oauth-id-jag+jwt",
  "client-authentication+jwt",
  "statuslist+jwt",
  "txntoken+jwt",
  "logout+jwt",
  "wit+jwt",
  "JOSE",
  "",
])("kind: a token of type `%s` is not one of a workload", async (typ) => {
  expect(await attest(await mint({}, { typ }))).toEqual({ kind: "refused", why: "oidc_header_type" });
});

test("header: an HMAC keyed with the issuer's public key is refused", async () => {
  for (const secret of [JSON.stringify(key?.jwk), Buffer.from(String(key?.jwk.x), "base64url")]) {
    const signed = `${part({ alg: "HS256", kid: "k1" })}.${part(claims())}`;
    const token = `${signed}.${createHmac("sha256", secret).update(signed).digest("base64url")}`;
    expect((await attest(token)).kind).toBe("refused");
  }
});

test.each<[string, (now: number) => JWTPayload | Record<string, unknown>]>([
  ["no exp", () => ({ exp: undefined })],
  ["an exp of text", (now) => ({ exp: String(now + 300) })],
  ["a broken exp", (now) => ({ exp: now + 300.5 })],
  ["a negative exp", () => ({ exp: -1 })],
  ["an exp beyond all numbers", () => ({ exp: 1e300 })],
  ["an exp that is now", (now) => ({ exp: now })],
  ["an exp before iat", (now) => ({ iat: now - 10, exp: now - 20 })],
  ["no iat", () => ({ iat: undefined })],
  ["an iat of text", (now) => ({ iat: String(now) })],
  ["an iat ahead of the skew", (now) => ({ iat: now + 31, exp: now + 300 })],
  ["an nbf ahead of the skew", (now) => ({ nbf: now + 31 })],
  ["an nbf of text", (now) => ({ nbf: String(now) })],
  ["a life longer than the issuer's tokens may have", (now) => ({ exp: now + 24 * 3600 + 1 })],
])("time: %s is refused", async (_, changes) => {
  expect((await attest(await mint(changes(seconds()) as JWTPayload))).kind).toBe("refused");
});

test("time: exactly at its bounds a token is taken, and a clock set back believes no longer than it should", async () => {
  expect((await attest(await mint({ iat: seconds() + 30 }))).kind).toBe("attested");
  expect((await attest(await mint({ exp: seconds() + 24 * 3600 }))).kind).toBe("attested");
  const token = await mint({ exp: seconds() + 1 });
  house.clock.at += 999;
  expect((await attest(token)).kind).toBe("attested");
  house.clock.at += 1;
  expect((await attest(token)).kind).toBe("refused");
  house.clock.at -= 60_000;
  expect(await attest(token)).toMatchObject({ kind: "refused" });
});

test.each<[string, (aud: string) => unknown]>([
  ["none", () => undefined],
  ["another", () => "https://other.example"],
  ["us among others", (aud) => [aud, "https://other.example"]],
  ["us twice", (aud) => [aud, aud]],
  ["an empty list", () => []],
  ["a list in a list", (aud) => [[aud]]],
  ["a prefix of us", (aud) => aud.slice(0, -1)],
  ["more than us", (aud) => `${aud}.evil.example`],
  ["another case", (aud) => aud.toUpperCase()],
  ["a slash at the end", (aud) => `${aud}/`],
  ["with the port", (aud) => `${aud}:443`],
])("audience: %s is refused", async (_, change) => {
  expect((await attest(await mint({ aud: change(AUDIENCE) as never }))).kind).toBe("refused");
});

test("issuer: a token of one issuer under the name of another is refused, though both have a key of the same name", async () => {
  expect((await attest(await mint({ iss: second.origin }, {}, other))).kind).toBe("attested");
  expect(await attest(await mint({ iss: second.origin }))).toEqual({ kind: "refused", why: "oidc_signature_wrong" });
  expect(await attest(await mint({}, {}, other))).toEqual({ kind: "refused", why: "oidc_signature_wrong" });
});

test("issuer: a name that is not quite the configured one is unknown", async () => {
  for (const iss of [`${issuer.origin}/`, issuer.origin.toUpperCase(), "http://127.0.0.1", "", undefined]) {
    expect(await attest(await mint({ iss: iss as string }))).toMatchObject({ kind: "refused" });
  }
});

test("issuer: discovery that speaks for another issuer is not believed", async () => {
  said.answer = (path) =>
    path.includes("well-known")
      ? { status: 200, body: JSON.stringify({ issuer: second.origin, jwks_uri: `${issuer.origin}/keys` }) }
      : null;
  await expect(attest(await mint())).rejects.toMatchObject({ code: "keys_unreachable", status: 503 });
});

test("keys: a name that stands twice is nobody's, whichever key it is", async () => {
  const twin = await pair("k1");
  said.keys = [key?.jwk, rsa?.jwk, twin.jwk];
  expect(await attest(await mint())).toEqual({ kind: "refused", why: "oidc_key_unknown" });
  expect(await attest(await mint({}, {}, twin))).toEqual({ kind: "refused", why: "oidc_key_unknown" });
  expect((await attest(await mint({}, {}, rsa))).kind).toBe("attested");
});

test("keys: one for encryption, a private one, a symmetric one, an algorithm that is not configured: none is used", async () => {
  const bad: object[] = [
    { ...key?.jwk, use: "enc" },
    { ...key?.jwk, key_ops: ["encrypt"] },
    { ...need(key).privateJwk },
    { kty: "oct", k: "AAAA", kid: "k1", alg: "HS256" },
    { ...key?.jwk, alg: "ES512" },
    { ...key?.jwk, x: key?.jwk.y },
    { ...key?.jwk, x: `${key?.jwk.x}=` },
    {},
    { kid: "k1" },
  ];
  for (const jwk of bad) {
    said.keys = [jwk];
    house.clock.at += STALE_MS;
    expect(await attest(await mint()), JSON.stringify(jwk)).toEqual({ kind: "refused", why: "oidc_key_unknown" });
  }
  said.keys = [p384?.jwk];
  house.clock.at += STALE_MS;
  expect(await attest(await mint({}, {}, p384))).toEqual({ kind: "refused", why: "oidc_key_unknown" });
});

test("keys: RSA below 2048 bits is not used", async () => {
  const { generateKeyPairSync } = await import("node:crypto");
  const weak = generateKeyPairSync("rsa", { modulusLength: 1024 });
  said.keys = [{ ...weak.publicKey.export({ format: "jwk" }), kid: "w", alg: "RS256" }];
  const signed = `${part({ alg: "RS256", kid: "w" })}.${part(claims())}`;
  const token = `${signed}.${signBytes("sha256", Buffer.from(signed), weak.privateKey).toString("base64url")}`;
  expect(await attest(token)).toEqual({ kind: "refused", why: "oidc_key_unknown" });
});

test.each<[string, NonNullable<typeof said.answer>]>([
  ["an error", () => ({ status: 500, body: "{}" })],
  ["a redirect", () => ({ status: 302, headers: { location: `${second.origin}/keys` } })],
  ["HTML", () => ({ status: 200, headers: { "content-type": "text/html" }, body: "<html></html>" })],
  ["HTML that says it is JSON", () => ({ status: 200, body: "<html></html>" })],
  ["a list", () => ({ status: 200, body: "[]" })],
  ["no keys", () => ({ status: 200, body: "{}" })],
  [
    "ten thousand keys",
    () => ({ status: 200, body: JSON.stringify({ keys: Array.from({ length: 10_000 }, () => 0) }) }),
  ],
  ["more than 256 KiB", () => ({ status: 200, body: JSON.stringify({ keys: [], pad: "x".repeat(300_000) }) })],
  ["members given twice", () => ({ status: 200, body: '{"keys":[],"keys":[]}' })],
])("keys: an issuer that answers %s has none", async (_, answer) => {
  said.answer = (path) => (path === "/keys" ? answer(path) : null);
  await expect(attest(await mint())).rejects.toMatchObject({ code: "keys_unreachable" });
});

test("keys: an issuer that never finishes its answer is given up on", { timeout: 20_000 }, async () => {
  const slow = await serve(() => (_, response) => {
    response.writeHead(200, { "content-type": "application/json" });
    response.write('{"keys":[');
  });
  try {
    said.answer = (path) =>
      path === "/keys"
        ? null
        : { status: 200, body: JSON.stringify({ issuer: issuer.origin, jwks_uri: `${slow.origin}/` }) };
    await expect(attest(await mint())).rejects.toMatchObject({ code: "keys_unreachable" });
  } finally {
    await slow.close();
  }
});

test("keys: names that nobody has heard of make no traffic, and a new key is found after a while", async () => {
  await attest(await mint());
  const before = need(said.asked);
  const fresh = await pair("k2");
  said.keys = [key?.jwk, fresh.jwk];
  for (let i = 0; i < 20; i++) await attest(forge({ ...HEADER, kid: `x${i}` }, claims()));
  expect(said.asked).toBe(before);
  house.clock.at += REFETCH_MS;
  const answers = await Promise.all([attest(await mint({}, {}, fresh)), attest(await mint({}, {}, fresh))]);
  expect(answers.map(({ kind }) => kind)).toEqual(["attested", "attested"]);
  expect(said.asked).toBe(before + 2);
});

test("keys: while an issuer is away its keys hold for an hour, and then no longer", async () => {
  await attest(await mint());
  said.answer = () => ({ status: 500 });
  house.clock.at += STALE_MS - 1;
  expect((await attest(await mint())).kind).toBe("attested");
  house.clock.at += 1;
  await expect(attest(await mint())).rejects.toMatchObject({ code: "keys_unreachable" });
});

test("keys: a key that its issuer took back is not believed once they were read again", async () => {
  await attest(await mint());
  said.keys = [rsa?.jwk];
  house.clock.at += 10 * 60_000;
  expect(await attest(await mint())).toEqual({ kind: "refused", why: "oidc_key_unknown" });
});
