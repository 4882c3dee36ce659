import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { JsonObject } from "../../../src/domain/json.ts";
import { signJwt } from "../../../src/wire/jose/sign.ts";
import { aKey, hostile, twin } from "../../wire/jose/forge.ts";
import { type ClientDesk, openClientDesk } from "../tokens/client.ts";

let office: ClientDesk;
beforeAll(async () => {
  office = await openClientDesk();
});
afterAll(() => office.desk.close());

/** What an assertion gets: `inactive` is an answer, so the client is believed. */
async function outcome(assertion: string): Promise<unknown> {
  const { json } = await office.introspect("nothing", assertion);
  return json["active"] === false ? "believed" : json["error"];
}
const now = (): number => office.desk.house.clock.at / 1000;

test("a good assertion is believed once, and its twin (r, n−s) is the same one", async () => {
  const good = office.assertion();
  expect(await outcome(good)).toBe("believed");
  expect(await outcome(good)).toBe("invalid_client");
  const other = office.assertion();
  expect(await outcome(twin(other))).toBe("believed");
  expect(await outcome(other)).toBe("invalid_client");
});

test("of twenty that show one assertion at the same time one is believed", async () => {
  const good = office.assertion();
  const told = await Promise.all(Array.from({ length: 20 }, () => outcome(good)));
  expect(told.filter((one) => one === "believed")).toHaveLength(1);
});

describe("the audience of an assertion", () => {
  test.each<[string, (issuer: string) => JsonObject[string]]>([
    ["the token endpoint", (issuer) => `${issuer}/oauth/token`],
    ["the introspection endpoint", (issuer) => `${issuer}/oauth/introspect`],
    ["a list of the issuer alone", (issuer) => [issuer]],
    ["a list with somebody else in it", (issuer) => [issuer, "https://evil.example"]],
    ["a slash more", (issuer) => `${issuer}/`],
    ["another case", (issuer) => issuer.toUpperCase()],
    ["another port", (issuer) => `${issuer}1`],
    ["another issuer", () => "https://evil.example"],
    ["the resource", (issuer) => `${issuer}/mcp`],
  ])("that is %s is refused", async (_, audience) => {
    expect(await outcome(office.assertion({ aud: audience(office.desk.origin) }))).toBe("invalid_client");
  });
  test("that is not there is refused", async () => {
    expect(await outcome(office.assertion({}, ["aud"]))).toBe("invalid_client");
  });
});

describe("an assertion", () => {
  test.each<[string, () => string]>([
    ["without an id", () => office.assertion({}, ["jti"])],
    ["without an end", () => office.assertion({}, ["exp"])],
    ["without a beginning", () => office.assertion({}, ["iat"])],
    ["that is over", () => office.assertion({ iat: now() - 120, exp: now() - 60 })],
    ["from the future", () => office.assertion({ iat: now() + 60, exp: now() + 120 })],
    ["that lives longer than five minutes", () => office.assertion({ exp: now() + 301 })],
    ["whose end is text", () => office.assertion({ exp: String(now() + 60) })],
    ["whose end is a fraction", () => office.assertion({ exp: now() + 60.5 })],
    ["about another subject", () => office.assertion({ sub: "mute" })],
    ["of another client under this key", () => office.assertion({ iss: "mute", sub: "mute" })],
    ["of a client that there is not", () => office.assertion({ iss: "nobody", sub: "nobody" })],
    ["named as a member of every object", () => office.assertion({ iss: "__proto__", sub: "__proto__" })],
    ["by another key", () => office.assertion({}, [], aKey())],
    ["by another key that names this one", () => office.assertion({}, [], { ...aKey(), kid: office.shop.kid })],
    ["that is a proof of possession", () => office.assertion({}, [], office.shop, "dpop+jwt")],
    ["that is an access token", () => office.assertion({}, [], office.shop, "at+jwt")],
    ["that is a task token", () => office.assertion({}, [], office.shop, "writ-task+jwt")],
    ["that is an instance credential", () => office.assertion({}, [], office.shop, "agent-instance+jwt")],
    ["that is an identity assertion", () => office.assertion({}, [], office.shop, "oauth-id-jag+jwt")],
    ["signed by our own key", () => signJwt(office.desk.signingKeys.signing(), "JWT", { iss: "shop-api" })],
  ])("%s is refused", async (_, make) => {
    expect(await outcome(make())).toBe("invalid_client");
  });

  test("in any other spelling is refused", async () => {
    for (const [what, spelt] of hostile(office.assertion(), office.shop))
      expect([what, await outcome(spelt)]).toEqual([what, "invalid_client"]);
  });
});
