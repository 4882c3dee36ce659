import { afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { REFETCH_MS } from "../../src/authority/enrolment/key-source.ts";
import { registrationOf, type Attested } from "../../src/domain/attestation.ts";
import { readSpiffeId } from "../../src/domain/spiffe-id.ts";
import { parseConfiguration } from "../../src/system/config.ts";
import { createHouse, type House } from "./house.ts";
import { attestorsOf, type Pair, pair, type Served, serve, sign } from "./issuers.ts";

test.each([
  ["spiffe://example.org/clerk", "example.org", "/clerk"],
  ["spiffe://example.org", "example.org", ""],
  ["spiffe://a-b.c_d.9/ns/Prod/sa/Clerk_1.2-3", "a-b.c_d.9", "/ns/Prod/sa/Clerk_1.2-3"],
  [`spiffe://${"a".repeat(255)}/x`, "a".repeat(255), "/x"],
  ["spiffe://example.org/.../x", "example.org", "/.../x"],
  ["spiffe://1.2.3.4/x", "1.2.3.4", "/x"],
])("%s is a SPIFFE ID", (text, trustDomain, path) => {
  expect(readSpiffeId(text)).toEqual({ trustDomain, path });
});

test.each([
  "",
  "spiffe:/example.org/x",
  "spiffe:example.org/x",
  "SPIFFE://example.org/x",
  "Spiffe://example.org/x",
  "https://example.org/x",
  "spiffe://",
  "spiffe:///x",
  "spiffe://Example.org/x",
  "spiffe://exämple.org/x",
  "spiffe://example.org:443/x",
  "spiffe://user@example.org/x",
  "spiffe://example.org/x?y",
  "spiffe://example.org/x#y",
  "spiffe://example.org?x",
  "spiffe://example.org/",
  "spiffe://example.org/x/",
  "spiffe://example.org//x",
  "spiffe://example.org/x//y",
  "spiffe://example.org/./x",
  "spiffe://example.org/x/..",
  "spiffe://example.org/../x",
  "spiffe://example.org/%2e%2e/x",
  "spiffe://example.org/cl%65rk",
  "spiffe://ex%61mple.org/x",
  "spiffe://example.org/x y",
  "spiffe://example.org/x\n",
  " spiffe://example.org/x",
  "spiffe://example.org\\x",
  "spiffe://example.org/clérk",
  "spiffe://example.org/\u0441lerk",
  "spiffe://example.org/x\0",
  `spiffe://${"a".repeat(256)}/x`,
  `spiffe://example.org/${"x".repeat(2048)}`,
])("%j is no SPIFFE ID", (text) => {
  expect(readSpiffeId(text)).toBeNull();
});

const AUDIENCE = "https://writ.example";
let [key, foreign]: Pair[] = [];
let bundle: Record<string, unknown>;
let server: Served;
let house: House;
let attest: (token: string) => Promise<Attested>;

beforeAll(async () => {
  [key, foreign] = await Promise.all([
    pair("s1", "ES256", { use: "jwt-svid" }),
    pair("s1", "ES256", { use: "jwt-svid" }),
  ]);
});
beforeEach(async () => {
  bundle = { keys: [key?.jwk], spiffe_sequence: 7, spiffe_refresh_hint: 60 };
  server = await serve(() => (request, response) => {
    const other = request.url === "/partner";
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify(other ? { keys: [foreign?.jwk] } : bundle));
  });
  house = createHouse(`
owner: ada
federation:
  example.org: { bundle: "${server.origin}/bundle" }
  partner.example: { bundle: "${server.origin}/partner" }
agents:
  clerk: { enrol: [{ kind: spiffe, id: spiffe://example.org/clerk }] }
  guest: { enrol: [{ kind: spiffe, id: spiffe://partner.example/clerk }] }`);
  const { spiffe } = attestorsOf(house);
  attest = (token) => spiffe.attest({ token });
});
afterEach(() => server.close());

function svid(changes: Record<string, unknown> = {}, header: object = {}, by = key): Promise<string> {
  if (by === undefined) throw new Error("not made");
  const exp = Math.floor(house.clock.now() / 1000) + 300;
  return sign(by, { sub: "spiffe://example.org/clerk", aud: [AUDIENCE], exp, ...changes }, header);
}

test("a JWT-SVID of a federated trust domain makes the agent that its ID is registered for", async () => {
  const found = await attest(await svid());
  if (found.kind !== "attested") throw new Error(found.why);
  expect(found.attestation).toMatchObject({
    by: "spiffe",
    strength: 3,
    selectors: { "spiffe:id": "spiffe://example.org/clerk" },
  });
  expect(registrationOf(house.configuration.agents, found.attestation)).toMatchObject({ agent: { name: "clerk" } });
});

test.each(["JWT", "JOSE", undefined])("an SVID may be of type %s, and may say when it was issued", async (typ) => {
  const iat = Math.floor(house.clock.now() / 1000);
  const header = typ === undefined ? {} : { typ };
  expect((await attest(await svid({ iat }, header))).kind).toBe("attested");
});

test.each<[string, Record<string, unknown>, object, string]>([
  ["no subject", { sub: "" }, {}, "svid_subject"],
  ["a subject that is no SPIFFE ID", { sub: "clerk" }, {}, "svid_subject"],
  ["the trust domain itself", { sub: "spiffe://example.org" }, {}, "svid_subject"],
  ["an ID in another case", { sub: "spiffe://EXAMPLE.org/clerk" }, {}, "svid_subject"],
  ["an ID with a dot segment", { sub: "spiffe://example.org/x/../clerk" }, {}, "svid_subject"],
  ["an ID that is percent-encoded", { sub: "spiffe://example.org/cl%65rk" }, {}, "svid_subject"],
  ["a trust domain that is not federated", { sub: "spiffe://other.example/clerk" }, {}, "svid_trust_domain_unknown"],
  ["Writ's own trust domain", { sub: "spiffe://writ.local/agent/clerk/i_1" }, {}, "svid_trust_domain_unknown"],
  [
    "another federated domain's name, under this one's key",
    { sub: "spiffe://partner.example/clerk" },
    {},
    "svid_signature_wrong",
  ],
  ["no audience", { aud: undefined }, {}, "svid_audience"],
  ["another audience", { aud: ["https://other.example"] }, {}, "svid_audience"],
  ["another audience beside us", { aud: [AUDIENCE, "https://other.example"] }, {}, "svid_audience"],
  ["no expiry", { exp: undefined }, {}, "svid_time"],
  ["an expiry that has passed", { exp: 1_799_999_999 }, {}, "svid_expired"],
  ["a life of more than a day", { exp: 1_800_086_401 }, {}, "svid_lifetime"],
  ["another type", {}, { typ: "at+jwt" }, "svid_header_type"],
  ["a WIT", {}, { typ: "wit+jwt" }, "svid_header_type"],
  ["a key nobody published", {}, { kid: "s2" }, "svid_key_unknown"],
])("an SVID with %s is refused", async (_, changes, header, why) => {
  expect(await attest(await svid(changes, header))).toEqual({ kind: "refused", why });
});

test("each trust domain is verified by its own bundle, though both have a key of the same name", async () => {
  expect((await attest(await svid({ sub: "spiffe://partner.example/clerk" }, {}, foreign))).kind).toBe("attested");
  expect(await attest(await svid({}, {}, foreign))).toEqual({ kind: "refused", why: "svid_signature_wrong" });
});

test("only keys that the bundle has for JWT-SVIDs verify one", async () => {
  for (const use of ["x509-svid", "sig", "wit-svid", undefined]) {
    bundle["keys"] = [{ ...key?.jwk, use }];
    house.clock.at += 60_000;
    expect(await attest(await svid())).toEqual({ kind: "refused", why: "svid_key_unknown" });
  }
});

test("a key without an algorithm, as SPIRE publishes it, has the one of its curve", async () => {
  const { alg: _, ...bare } = key?.jwk ?? {};
  bundle["keys"] = [bare];
  expect((await attest(await svid())).kind).toBe("attested");
});

test("a bundle with a lower sequence than the last is an old one, and brings no key back", async () => {
  expect((await attest(await svid())).kind).toBe("attested");
  bundle = { keys: [], spiffe_sequence: 8 };
  house.clock.at += 60_000;
  expect((await attest(await svid())).kind).toBe("refused");
  bundle = { keys: [key?.jwk], spiffe_sequence: 7 };
  house.clock.at += 10 * 60_000;
  expect(await attest(await svid())).toEqual({ kind: "refused", why: "svid_key_unknown" });
  bundle = { keys: [key?.jwk], spiffe_sequence: 9 };
  house.clock.at += REFETCH_MS;
  expect((await attest(await svid())).kind).toBe("attested");
});

test("a bundle without keys takes its trust domain's word away", async () => {
  bundle = { spiffe_sequence: 7 };
  expect(await attest(await svid())).toEqual({ kind: "refused", why: "svid_key_unknown" });
});

test.each([
  ["federation: { writ.local: { bundle: b.json } }", "trust_domain_own"],
  ["federation: { example.org: { bundle: 'http://example.org/b' } }", "issuer_unsafe"],
  ["agents: { a: { enrol: [{ kind: spiffe, id: spiffe://example.org/x }] } }", "trust_domain_unknown"],
  ["agents: { a: { enrol: [{ kind: spiffe, id: spiffe://example.org/../x }] } }", "spiffe_id_invalid"],
  ["agents: { a: { enrol: [{ kind: spiffe }] } }", "spiffe_id_invalid"],
])("%s is a problem of the file (%s)", (yaml, code) => {
  expect(parseConfiguration(yaml, "/srv/desk/writ.yaml")).toMatchObject({ kind: "refused", problems: [{ code }] });
});
