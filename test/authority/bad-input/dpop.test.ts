import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createDpopGuard } from "../../../src/authority/tokens/dpop.ts";
import type { JsonObject } from "../../../src/domain/json.ts";
import { proofMaker } from "../../../src/wire/jose/dpop-proof.ts";
import { signJwt } from "../../../src/wire/jose/sign.ts";
import { type Desk, openDesk } from "../../doors/http/desk.ts";
import { aKey, hostile, signRaw } from "../../wire/jose/forge.ts";
import { type KeyedInstance, keyedInstance } from "../tokens/agent.ts";

let desk: Desk;
let instance: KeyedInstance;
let url: string;
const WRONG = "invalid_dpop_proof";
const NONCE = "use_dpop_nonce";

beforeAll(async () => {
  desk = await openDesk();
  desk.house.clock.at -= desk.house.clock.at % 1000;
  instance = await keyedInstance(desk);
  url = `${desk.origin}/oauth/token`;
});
afterAll(() => desk.close());

async function outcome(dpop: string): Promise<unknown> {
  const { status, json } = await instance.exchange({}, { dpop });
  return status === 200 ? "accepted" : json["error"];
}
/** A good proof with these members put over its header and claims. */
function forged(claims: JsonObject, header: JsonObject = {}, without: readonly string[] = []): string {
  const good = instance.proof({ url });
  const [head, body] = good.split(".").map((part) => Buffer.from(part, "base64url").toString());
  const all = Object.entries({ ...(JSON.parse(body ?? "") as JsonObject), ...claims });
  return signRaw(
    instance.key,
    JSON.stringify({ ...(JSON.parse(head ?? "") as JsonObject), ...header }),
    JSON.stringify(Object.fromEntries(all.filter(([name]) => !without.includes(name)))),
  );
}

test("a good proof is accepted", async () => expect(await outcome(instance.proof({ url }))).toBe("accepted"));

describe("a proof with a wrong address", () => {
  test.each<[string, () => string]>([
    ["with a query", () => `${url}?a=b`],
    ["with a fragment", () => `${url}#a`],
    ["in another case", () => url.replace("/oauth", "/OAuth")],
    ["with a slash more", () => `${url}/`],
    ["on another port", () => url.replace(/:\d+/, ":1")],
    ["on another host", () => url.replace("127.0.0.1", "evil.example")],
    ["by another scheme", () => url.replace("http:", "https:")],
    ["of another endpoint", () => `${desk.origin}/mcp`],
    ["that says nothing", () => ""],
  ])("%s is refused", async (_, wrong) => expect(await outcome(instance.proof({ url: wrong() }))).toBe(WRONG));
});

describe("a proof", () => {
  const now = (): number => desk.house.clock.at / 1000;
  test.each<[string, () => string]>([
    ["for another method", () => instance.proof({ url, method: "GET" })],
    ["for the method in small letters", () => instance.proof({ url, method: "post" })],
    ["more than a minute old", () => instance.proof({ url, now: desk.house.clock.at - 61_000 })],
    ["more than a minute ahead", () => instance.proof({ url, now: desk.house.clock.at + 61_000 })],
    ["without a time", () => forged({}, {}, ["iat"])],
    ["with a time as text", () => forged({ iat: String(now()) })],
    ["with a fraction of a time", () => forged({ iat: now() + 0.5 })],
    ["without an id", () => forged({}, {}, ["jti"])],
    ["with an empty id", () => forged({ jti: "" })],
    ["with an id too long to keep", () => forged({ jti: "x".repeat(129) })],
    ["without a key", () => forged({}, { jwk: null })],
    ["with a private key", () => forged({}, { jwk: instance.key.jwk })],
    ["with a shared secret for a key", () => forged({}, { jwk: { kty: "oct", k: "c2VjcmV0" } })],
    ["with a key of another curve", () => forged({}, { jwk: { ...instance.key.verification.jwk, crv: "P-384" } })],
    ["with a key off the curve", () => forged({}, { jwk: { kty: "EC", crv: "P-256", x: "AA", y: "AA" } })],
    ["with the key of somebody else", () => forged({}, { jwk: aKey().verification.jwk })],
    ["without an algorithm", () => forged({}, { alg: "none" })],
    ["by HMAC", () => forged({}, { alg: "HS256" })],
    ["of another type", () => forged({}, { typ: "JWT" })],
    ["that is an access token", () => forged({}, { typ: "at+jwt" })],
    ["with critical members", () => forged({}, { crit: ["b64"], b64: false })],
    ["with a key to fetch", () => forged({}, { jku: "https://evil.example/jwks" })],
    ["that is the credential itself", () => instance.credential],
    ["that we signed", () => signJwt(desk.signingKeys.signing(), "dpop+jwt", { htm: "POST", htu: url })],
  ])("%s is refused", async (_, make) => expect(await outcome(make())).toBe(WRONG));

  test("in any other spelling is refused", async () => {
    const good = instance.proof({ url });
    // Space around a header's value is no part of it.
    for (const [what, spelt] of hostile(good, instance.key).filter(([, text]) => /^[\x21-\x7e]+$/.test(text)))
      expect([what, await outcome(spelt)]).toEqual([what, WRONG]);
    expect(await outcome(good)).toBe("accepted");
  });

  test("beside another is refused, and so are both", async () => {
    const two = `${instance.proof({ url })}, ${instance.proof({ url })}`;
    expect(await outcome(two)).toBe(WRONG);
  });

  test("of another key than the credential's is refused", async () => {
    const other = await keyedInstance(desk);
    expect(await outcome(other.proof({ url }))).toBe(WRONG);
  });
});

describe("the nonce of a proof", () => {
  test.each<[string, () => string | null]>([
    ["that is not there", () => null],
    ["that is made up", () => "AAAAAAAAAAAAAAAAAAAAAA"],
    ["of another gateway", () => createDpopGuard().nonce(desk.house.clock.at)],
  ])("%s is asked for again", async (_, nonce) => {
    const answer = await instance.exchange({}, { dpop: instance.proof({ url, nonce: nonce() }) });
    expect([answer.status, answer.json["error"]]).toEqual([400, NONCE]);
    expect(answer.headers.get("dpop-nonce")).toBe(instance.nonce());
  });

  test("is accepted for a minute after the next one, and no longer", () => {
    const guard = createDpopGuard();
    const make = proofMaker(instance.key);
    const start = 1_800_000_000_000;
    const nonce = guard.nonce(start);
    const kind = (at: number): string => {
      const header = make({ method: "POST", url, nonce, token: null }, at);
      const checked = guard.check({ header, method: "POST", urls: [url], token: null }, at);
      return checked.kind === "refused" ? checked.why : checked.kind;
    };
    expect([kind(start + 59_000), kind(start + 61_000), kind(start + 118_000)]).toEqual(["proven", "proven", "proven"]);
    expect(kind(start + 125_000)).toBe("proof_stale");
  });
});

describe("a proof that comes again", () => {
  test("one after the other is accepted once", async () => {
    const proof = instance.proof({ url });
    expect([await outcome(proof), await outcome(proof)]).toEqual(["accepted", WRONG]);
  });

  test("fifty times at the same time is accepted once", async () => {
    const proof = instance.proof({ url });
    const told = await Promise.all(Array.from({ length: 50 }, () => outcome(proof)));
    expect(told.filter((one) => one === "accepted")).toHaveLength(1);
  });

  test("at two gateways, fifty times, is accepted once; and never after a restart", () => {
    const [one, two, restarted] = [createDpopGuard(), createDpopGuard(), createDpopGuard()];
    const at = desk.house.clock.at;
    const header = instance.proof({ url, nonce: one.nonce(at) });
    const takes = (guard: typeof one): boolean => {
      const checked = guard.check({ header, method: "POST", urls: [url], token: null }, at);
      return checked.kind === "proven" && checked.proof.spend(at);
    };
    const told = Array.from({ length: 50 }, (_, i) => takes(i % 2 === 0 ? one : two));
    expect(told.filter(Boolean)).toHaveLength(1);
    expect(takes(restarted)).toBe(false);
  });

  test("among many others is still known, and memory stays bounded", () => {
    const guard = createDpopGuard({ most: 100 });
    const make = proofMaker(instance.key);
    const at = desk.house.clock.at;
    const spend = (header: string): boolean => {
      const checked = guard.check({ header, method: "POST", urls: [url], token: null }, at);
      return checked.kind === "proven" && checked.proof.spend(at);
    };
    const proofs = Array.from({ length: 450 }, () => {
      const proof = make({ method: "POST", url, nonce: guard.nonce(at), token: null }, at);
      expect(spend(proof)).toBe(true);
      return proof;
    });
    expect(proofs.filter(spend)).toEqual([]);
  });
});
