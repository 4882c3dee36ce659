import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { type CryptoKey, exportSPKI, generateKeyPair, SignJWT } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Shop, startShop } from "../../examples/shop-server/shop.ts";
import { canonical } from "../../examples/shop-server/verify-credential.ts";
import { detail, type Issuer, now, type Params, post, startIssuer, toolCall } from "./issuer.ts";

const PARAMS = { name: "get_order", arguments: { order: "A-1001" } };
const ANOTHER = { name: "get_order", arguments: { order: "A-1002" } };

const stranger = await generateKeyPair("ES256");
let issuer: Issuer;
let shop: Shop;

beforeAll(async () => {
  issuer = await startIssuer();
  shop = await startShop({ writOrigin: issuer.origin });
});

afterAll(async () => {
  await shop.stop();
  await issuer.stop();
});

describe("the shop's check of an operation credential", () => {
  test("a call with the credential made for it runs once, and a replay of it does not", async () => {
    const token = await mint(PARAMS);
    expect((await call(PARAMS, token)).text).toContain("walnut desk");
    expect(await call(PARAMS, token)).toMatchObject({ status: 401, error: "credential_spent" });
  });

  test("of many copies sent at once exactly one runs", async () => {
    const token = await mint(PARAMS);
    const answers = await Promise.all(Array.from({ length: 12 }, () => call(PARAMS, token)));
    expect(answers.filter((answer) => answer.status === 200)).toHaveLength(1);
    expect(answers.filter((answer) => answer.error === "credential_spent")).toHaveLength(11);
  });

  test("what a client adds under `_meta` is not part of what the credential is bound to", async () => {
    const token = await mint(PARAMS);
    expect((await call({ ...PARAMS, _meta: { progressToken: 1 } }, token)).status).toBe(200);
  });

  const cases: readonly [string, () => Promise<string | undefined>, number, string][] = [
    ["no credential", async () => undefined, 401, "credential_missing"],
    ["a credential under another scheme", async () => "Basic Y2xlcms6c2VjcmV0", 401, "credential_missing"],
    ["something that is no token", async () => "Bearer nonsense", 401, "credential_invalid"],
    ["a credential for other arguments", () => bearer(mint(ANOTHER)), 403, "credential_for_another_call"],
    [
      "a credential for another tool",
      () => bearer(mint({ ...PARAMS, name: "refund_order" })),
      403,
      "credential_for_another_call",
    ],
    [
      "a credential for two calls",
      () => bearer(mint(PARAMS, { authorization_details: [detail(PARAMS), detail(PARAMS)] })),
      403,
      "credential_for_another_call",
    ],
    [
      "a credential for no call",
      () => bearer(mint(PARAMS, { authorization_details: [] })),
      403,
      "credential_for_another_call",
    ],
    [
      "a credential of another type of authorization",
      () => bearer(mint(PARAMS, { authorization_details: [{ ...detail(PARAMS), type: "payment" }] })),
      403,
      "credential_for_another_call",
    ],
    [
      "a credential for another server",
      () => bearer(mint(PARAMS, { aud: "https://elsewhere.example/mcp" })),
      401,
      "credential_invalid",
    ],
    [
      "a credential for this server and another",
      () => bearer(mint(PARAMS, { aud: [shop.url, "https://elsewhere.example/mcp"] })),
      401,
      "credential_invalid",
    ],
    [
      "a credential of another issuer",
      () => bearer(mint(PARAMS, { iss: "https://elsewhere.example" })),
      401,
      "credential_invalid",
    ],
    [
      "an expired credential",
      () => bearer(mint(PARAMS, { iat: now() - 40, exp: now() - 10 })),
      401,
      "credential_invalid",
    ],
    ["a credential that never expires", () => bearer(mint(PARAMS, { exp: undefined })), 401, "credential_invalid"],
    [
      "a credential that expires late but was made long ago",
      () => bearer(mint(PARAMS, { iat: now() - 3600, exp: now() + 3600 })),
      401,
      "credential_invalid",
    ],
    ["a credential without an id", () => bearer(mint(PARAMS, { jti: undefined })), 401, "credential_invalid"],
    [
      "a credential of another kind",
      () => bearer(mint(PARAMS, {}, { typ: "writ-task+jwt" })),
      401,
      "credential_invalid",
    ],
    [
      "a credential signed by a stranger",
      () => bearer(mint(PARAMS, {}, { key: stranger.privateKey })),
      401,
      "credential_invalid",
    ],
    ["a credential signed with the public key as an HMAC secret", () => bearer(confused()), 401, "credential_invalid"],
    ["a credential without a signature", () => bearer(unsigned()), 401, "credential_invalid"],
  ];
  test.each(cases)("%s is refused", async (_name, authorization, status, error) => {
    expect(await post(shop.url, toolCall(PARAMS), await authorization())).toMatchObject({ status, error });
  });

  test("a refused credential is not spent by the attempt", async () => {
    const token = await mint(PARAMS);
    expect((await call(ANOTHER, token)).error).toBe("credential_for_another_call");
    expect((await call(PARAMS, token)).status).toBe(200);
  });

  test("calls in a batch are refused, with a credential or without", async () => {
    const token = await mint(PARAMS);
    expect(await post(shop.url, [toolCall(PARAMS), toolCall(PARAMS)], `Bearer ${token}`)).toMatchObject({
      status: 400,
      error: "batch_refused",
    });
  });

  test("when the keys of Writ cannot be fetched, nothing runs", async () => {
    const alone = await startShop({ writOrigin: "http://127.0.0.1:1" });
    expect(await post(alone.url, toolCall(PARAMS), `Bearer ${await mint(PARAMS)}`)).toMatchObject({
      status: 401,
      error: "credential_invalid",
    });
    await alone.stop();
  });

  test.each(["legacy", { pin: "2026-07-28" }] as const)(
    "anyone may list the tools, and nobody may call one so (%o)",
    async (mode) => {
      const client = new Client({ name: "anyone", version: "1.0.0" }, { versionNegotiation: { mode } });
      await client.connect(new StreamableHTTPClientTransport(new URL(shop.url)));
      const { tools } = await client.listTools();
      expect(tools.map((tool) => tool.name)).toEqual(["list_orders", "get_order", "refund_order", "quote"]);
      await expect(client.callTool({ name: "list_orders", arguments: {} })).rejects.toThrow();
      await client.close();
    },
  );
});

test("a refund is paid once, and never more than the order was worth", async () => {
  const refund = async (amount: number) => {
    const params = { name: "refund_order", arguments: { order: "A-1002", amount } };
    return (await call(params, await mint(params))).text;
  };
  expect(await refund(60)).toContain('"refunded":60');
  expect(await refund(10)).toContain("cannot be paid back");
  expect(await refund(-5)).toContain("cannot be paid back");
  expect(await refund(5)).toContain('"refunded":65');
});

test("canonical JSON is the one of RFC 8785", () => {
  const value = { "\u20ac": 1e21, "\r": "\u000f", "1": -0, "\u{1f600}": 1e-7, "\ufb33": [null, true], a: '\u2028"\\' };
  expect(canonical(value)).toBe('{"\\r":"\\u000f","1":0,"a":"\u2028\\"\\\\","€":1e+21,"😀":1e-7,"\ufb33":[null,true]}');
});

async function mint(
  params: Params,
  changed: Record<string, unknown> = {},
  how: { typ?: string; key?: CryptoKey } = {},
): Promise<string> {
  return await issuer.mint({ ...issuer.claims(params, shop.url), ...changed }, how);
}

/** The old trick: the verifier's public key, used as the secret of a symmetric algorithm. */
async function confused(): Promise<string> {
  const secret = new TextEncoder().encode(await exportSPKI(issuer.publicKey));
  return await new SignJWT(issuer.claims(PARAMS, shop.url))
    .setProtectedHeader({ alg: "HS256", typ: "at+jwt", kid: "one" })
    .sign(secret);
}

async function unsigned(): Promise<string> {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part({ alg: "none", typ: "at+jwt", kid: "one" })}.${part(issuer.claims(PARAMS, shop.url))}.`;
}

async function bearer(token: Promise<string>): Promise<string> {
  return `Bearer ${await token}`;
}

function call(params: Params, token: string) {
  return post(shop.url, toolCall(params), `Bearer ${token}`);
}
