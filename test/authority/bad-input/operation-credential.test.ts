import { createSecretKey, randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Shop, startShop } from "../../../examples/shop-server/shop.ts";
import { createCredentials } from "../../../src/authority/tokens/credentials.ts";
import { ringOf } from "../../../src/authority/tokens/key-ring.ts";
import type { Sequence } from "../../../src/domain/ids.ts";
import type { JsonObject } from "../../../src/domain/json.ts";
import { sampleRequest } from "../../../src/policy/sample-request.ts";
import { createDigests } from "../../../src/system/digests.ts";
import { systemIds } from "../../../src/system/ids.ts";
import { canonicalize } from "../../../src/wire/json/canonical.ts";
import { parseStrict } from "../../../src/wire/json/parse.ts";
import { publishKeys } from "../../examples/issuer.ts";
import { aKey } from "../../wire/jose/forge.ts";

// The resource server is the shop of `examples/`, which reads JSON and spells it canonically with code of its own.
const digests = createDigests(createSecretKey(randomBytes(32)));
const folder = mkdtempSync(join(tmpdir(), "writ-shop-"));
const OTHER_CALL = { status: 403, error: "credential_for_another_call" };
const SPENT = { status: 401, error: "credential_spent" };
let credentials: ReturnType<typeof createCredentials>;
let keys: Awaited<ReturnType<typeof publishKeys>>;
let shop: Shop;
let elsewhere: Shop;

beforeAll(async () => {
  keys = await publishKeys(() => credentials.jwks());
  const ring = ringOf(aKey());
  credentials = createCredentials({ issuer: keys.origin, trustDomain: "writ.local", keys: ring, ids: systemIds });
  shop = await startShop({ writOrigin: keys.origin });
  elsewhere = await startShop({ writOrigin: keys.origin });
});
afterAll(async () => {
  await shop.stop();
  await elsewhere.stop();
  await keys.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** `{ name, arguments }` of a call as it stands on the wire. */
const paramsOf = (args: string, tool = "get_order"): string => `{"name":"${tool}","arguments":${args}}`;

/** What Writ mints for a call that reached it as `params`. */
function mint(params: string, audience = shop.url): string {
  const read = parseStrict(params, { maxBytes: 10_000 });
  if (read.kind !== "parsed") throw new Error(read.why);
  const { name, arguments: input } = read.value as { name: string; arguments: JsonObject };
  const request = sampleRequest({ agent: "clerk", tool: `shop__${name}`, definition: null, input });
  if (request === null) throw new TypeError("not a tool's name");
  const paramsHash = digests.plain(canonicalize(read.value as JsonObject));
  const call = { ...request, call: { ...request.call, paramsHash } };
  return credentials.mintOperation(call, audience, "policy", 1 as Sequence, Date.now()).token;
}

async function send(params: string, token: string, url = shop.url, headers: Readonly<Record<string, string>> = {}) {
  const response = await fetch(url, {
    method: "POST",
    headers: {
      authorization: `Bearer ${token}`,
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      "mcp-protocol-version": "2025-11-25",
      ...headers,
    },
    body: `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":${params}}`,
  });
  const text = await response.text();
  const error = response.ok ? "" : ((JSON.parse(text) as { error?: string }).error ?? "");
  return { status: response.status, error, text };
}

const GOOD = paramsOf('{"order":"A-1001"}');

test("a credential whose call failed is spent", async () => {
  const params = paramsOf('{"order":"A-1001","amount":-5}', "refund_order");
  const token = mint(params);
  expect((await send(params, token)).text).toContain("cannot be paid back");
  expect(await send(params, token)).toMatchObject(SPENT);
});

test("a credential whose call the tool did not even understand is spent", async () => {
  const params = paramsOf("{}");
  const token = mint(params);
  expect((await send(params, token)).text).toMatch(/invalid/i);
  expect(await send(params, token)).toMatchObject(SPENT);
});

test("a credential that was spent stays spent when the server starts anew", async () => {
  const database = join(folder, "shop.db");
  const before = await startShop({ writOrigin: keys.origin, database });
  const token = mint(GOOD, before.url);
  expect((await send(GOOD, token, before.url)).status).toBe(200);
  await before.stop();
  const after = await startShop({ writOrigin: keys.origin, audience: before.url, database });
  expect(await send(GOOD, token, after.url)).toMatchObject(SPENT);
  await after.stop();
});

test.each([
  ["one byte of an argument is another", '{"order":"A-1001"}', '{"order":"A-1002"}'],
  ["an argument is in another case", '{"order":"A-1001"}', '{"order":"a-1001"}'],
  ["a blank stands behind an argument", '{"order":"A-1001"}', '{"order":"A-1001 "}'],
  ["an argument is added", '{"order":"A-1001"}', '{"note":"","order":"A-1001"}'],
  ["an argument is left out", '{"note":"","order":"A-1001"}', '{"order":"A-1001"}'],
  ["a number became its text", '{"order":1}', '{"order":"1"}'],
  ["null became nothing", '{"order":"A-1001","note":null}', '{"order":"A-1001"}'],
  ["a list is in another order", '{"order":["a","b"]}', '{"order":["b","a"]}'],
  ["a composed letter was taken apart", '{"order":"caf\u00e9"}', '{"order":"cafe\u0301"}'],
  ["a letter taken apart was composed", '{"order":"cafe\u0301"}', '{"order":"caf\u00e9"}'],
  ["a key was taken apart", '{"caf\u00e9":1}', '{"cafe\u0301":1}'],
  ["a number is another by its last digit", '{"order":0.30000000000000004}', '{"order":0.3}'],
])("a credential is refused where %s", async (_, minted, sent) => {
  expect(await send(paramsOf(sent), mint(paramsOf(minted)))).toMatchObject(OTHER_CALL);
});

test.each([
  ["its members are in another order", '{"amount":-1,"order":"A-1001"}', '{"order":"A-1001","amount":-1}'],
  ["it has blanks between its members", '{"order":"A-1001","amount":-1}', '{ "order" : "A-1001", "amount": -1 }'],
  ["a letter is escaped", '{"order":"A-1001","amount":-1}', '{"order":"\\u0041-1001","amount":-1}'],
  ["1 is written 1.0", '{"order":"A-1001","amount":-1}', '{"order":"A-1001","amount":-1.0}'],
  ["1 is written 10e-1", '{"order":"A-1001","amount":-1}', '{"order":"A-1001","amount":-10e-1}'],
])("the same call is the same call where %s", async (_, minted, sent) => {
  const answer = await send(paramsOf(sent, "refund_order"), mint(paramsOf(minted, "refund_order")));
  expect([answer.status, answer.text]).toEqual([200, expect.stringContaining("cannot be paid back")]);
});

test("a number that two readers may read differently gets no credential", () => {
  for (const number of ["9007199254740993", "-9007199254740993", "1e400"])
    expect(() => mint(paramsOf(`{"order":${number}}`))).toThrow("number_inexact");
});

test("a credential is refused for another tool with the same arguments", async () => {
  const args = '{"order":"A-1001"}';
  expect(await send(paramsOf(args, "list_orders"), mint(paramsOf(args)))).toMatchObject(OTHER_CALL);
});

test("a credential is refused by another server, and then still good at its own", async () => {
  const token = mint(GOOD);
  expect(await send(GOOD, token, elsewhere.url)).toMatchObject({ status: 401, error: "credential_invalid" });
  expect((await send(GOOD, token)).status).toBe(200);
});

test("a credential that was used in one conversation is spent in every other", async () => {
  const token = mint(GOOD);
  expect((await send(GOOD, token, shop.url, { "mcp-session-id": "one" })).error).not.toBe("credential_spent");
  expect(await send(GOOD, token, shop.url, { "mcp-session-id": "two" })).toMatchObject(SPENT);
});
