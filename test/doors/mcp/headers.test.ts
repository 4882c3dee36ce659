import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { headerText, inSession, LEGACY, META, MODERN, modern, post, raw, session, tool } from "./callers.ts";
import { forget, type OddHouse, openOddHouse } from "./odd-house.ts";

let house: OddHouse;
let token: string;
beforeAll(async () => {
  house = await openOddHouse();
});
beforeEach(async () => {
  token = (await house.task("clerk")).token;
  forget(house);
});
afterAll(() => house.close());

const called = (): number => house.far.seen.filter((one) => one.message.method === "tools/call").length;

test.each([
  ["MCP-Protocol-Version is missing", { "mcp-protocol-version": null }],
  ["MCP-Protocol-Version names another revision", { "mcp-protocol-version": LEGACY }],
  ["MCP-Protocol-Version names one that nobody knows", { "mcp-protocol-version": "2031-01-01" }],
  ["Mcp-Method is missing", { "mcp-method": null }],
  ["Mcp-Method names another method", { "mcp-method": "tools/list" }],
  ["Mcp-Method differs by case", { "mcp-method": "Tools/Call" }],
  ["Mcp-Name is missing", { "mcp-name": null }],
  ["Mcp-Name names another tool", { "mcp-name": "change" }],
  ["Mcp-Name is not well encoded", { "mcp-name": "=?base64?***?=" }],
  ["Mcp-Name is another tool in base64", { "mcp-name": "=?base64?Y2hhbmdl?=" }],
])("a modern call is refused where %s", async (_, headers) => {
  for (const [url, name] of [
    [house.url("far"), "look"],
    [house.url(), "far__look"],
  ] as const) {
    const answer = await tool(url, token, name, { at: "x" }, { headers });
    expect([answer.status, answer.json.error?.code]).toEqual([400, -32020]);
  }
  expect(called()).toBe(0);
});

test("the same call with headers that agree is answered, base64 where a header needs it or not", async () => {
  for (const name of ["look", `=?base64?${Buffer.from("look").toString("base64")}?=`])
    expect((await tool(house.url("far"), token, "look", { at: "x" }, { headers: { "mcp-name": name } })).status).toBe(
      200,
    );
});

test.each([
  ["is missing", { "mcp-param-region": null }],
  ["has another value", { "mcp-param-region": "us" }],
  ["differs by case", { "mcp-param-region": "EU" }],
  ["is not well encoded", { "mcp-param-region": "=?base64?!?=" }],
])("a call whose Mcp-Param header %s is refused at both endpoints", async (_, headers) => {
  for (const [url, name] of [
    [house.url("far"), "region"],
    [house.url(), "far__region"],
  ] as const) {
    const answer = await tool(url, token, name, { region: "eu" }, { headers });
    expect([answer.status, answer.json.error?.code]).toEqual([400, -32020]);
  }
  expect(called()).toBe(0);
});

test("the headers that go on are made from the body as it is now, whatever endpoint it came to", async () => {
  for (const region of ["eu", "é ☕"]) {
    forget(house);
    const headers = { "mcp-param-region": headerText(region) };
    expect((await tool(house.url(), token, "far__region", { region }, { headers })).status).toBe(200);
    expect(house.far.seen.at(-1)?.headers).toMatchObject({
      "mcp-protocol-version": MODERN,
      "mcp-method": "tools/call",
      "mcp-name": "region",
      "mcp-param-region": headerText(region),
    });
  }
});

test("what a client brings for itself does not go on: no authority, no cookie, no unknown header", async () => {
  const headers = {
    cookie: "a=b",
    "x-forwarded-for": "1.2.3.4",
    "proxy-authorization": "Basic x",
    "mcp-param-other": "y",
  };
  await tool(house.url("far"), token, "look", { at: "x" }, { headers });
  const went = house.far.seen.at(-1)?.headers ?? {};
  expect(
    Object.keys(went).filter((name) =>
      ["authorization", "cookie", "x-forwarded-for", "proxy-authorization"].includes(name),
    ),
  ).toEqual([]);
  // One that no accepted schema declares repeats no argument that was judged.
  expect(went["mcp-param-other"]).toBeUndefined();
});

test("of `_meta` only what MCP gives a meaning goes on", async () => {
  await tool(
    house.url("far"),
    token,
    "look",
    { at: "x" },
    {
      meta: {
        progressToken: "p",
        traceparent: "00-1-2-01",
        "io.writ/call": "c1",
        "evil.example/x": { a: 1 },
        psst: "the plans",
      },
    },
  );
  const meta = house.far.seen.at(-1)?.message.params?._meta ?? {};
  expect(Object.keys(meta).toSorted()).toEqual([...Object.keys(META), "progressToken", "traceparent"].toSorted());
});

test("a modern request without its `_meta` is refused, and so is one that lacks a part of it", async () => {
  const headers = { "mcp-protocol-version": MODERN, "mcp-method": "tools/list" };
  for (const meta of [
    undefined,
    {},
    { ...META, "io.modelcontextprotocol/clientCapabilities": undefined },
    { ...META, "io.modelcontextprotocol/clientCapabilities": [] },
    "x",
  ]) {
    const answer = await post(
      house.url("far"),
      token,
      { jsonrpc: "2.0", id: 1, method: "tools/list", params: { _meta: meta } },
      headers,
    );
    expect([answer.status, answer.json.error?.code]).toEqual([400, -32602]);
  }
});

test("a revision that nobody knows is refused with those that are spoken", async () => {
  const answer = await modern(
    house.url("far"),
    token,
    "tools/list",
    {},
    {
      meta: { "io.modelcontextprotocol/protocolVersion": "2031-01-01" },
      headers: { "mcp-protocol-version": "2031-01-01" },
    },
  );
  expect([answer.status, answer.json.error]).toMatchObject([
    400,
    { code: -32022, data: { supported: [MODERN], requested: "2031-01-01" } },
  ]);
});

test("inside a legacy session neither header nor `_meta` can speak of another era", async () => {
  const id = await session(house.url("far"), token);
  const call = { name: "look", arguments: { at: "x" } };
  for (const version of [MODERN, "2031-01-01", ""])
    expect(
      (await inSession(house.url("far"), token, id, "tools/call", call, { "mcp-protocol-version": version })).status,
    ).toBe(400);
  expect((await inSession(house.url("far"), token, id, "tools/call", { ...call, _meta: META })).status).toBe(400);
  expect(called()).toBe(0);
  expect(
    (await inSession(house.url("far"), token, id, "tools/call", call, { "mcp-protocol-version": null })).status,
  ).toBe(200);
});

test("a header given twice is not the one or the other", async () => {
  const { status } = await raw(
    house.url("far"),
    "POST",
    {
      authorization: `Bearer ${token}`,
      "content-type": "application/json",
      "mcp-protocol-version": MODERN,
      "mcp-method": "tools/call",
      "mcp-name": ["look", "change"] as unknown as string,
    },
    JSON.stringify({
      jsonrpc: "2.0",
      id: 1,
      method: "tools/call",
      params: { name: "look", arguments: { at: "x" }, _meta: META },
    }),
  );
  expect(status).toBe(400);
  expect(called()).toBe(0);
});
