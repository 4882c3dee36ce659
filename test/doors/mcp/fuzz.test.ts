import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { META, MODERN, post, session } from "./callers.ts";
import { type OddHouse, openOddHouse } from "./odd-house.ts";

let house: OddHouse;
let token: string;
let mcp: string;
beforeAll(async () => {
  house = await openOddHouse();
  token = (await house.task("clerk")).token;
  mcp = await session(house.url("far"), token);
});
afterAll(() => house.close());

const METHODS = [
  "initialize",
  "ping",
  "tools/list",
  "tools/call",
  "resources/list",
  "resources/read",
  "resources/templates/list",
  "prompts/list",
  "prompts/get",
  "completion/complete",
  "logging/setLevel",
  "server/discover",
  "sampling/createMessage",
  "elicitation/create",
  "roots/list",
  "notifications/cancelled",
  "notifications/initialized",
  "notifications/x",
  "__proto__",
  "",
];
const loose = fc.jsonValue({ maxDepth: 3 });
const params = fc.dictionary(
  fc.oneof(
    fc.constantFrom(
      "name",
      "arguments",
      "uri",
      "ref",
      "argument",
      "cursor",
      "level",
      "requestState",
      "inputResponses",
      "_meta",
      "__proto__",
    ),
    fc.string(),
  ),
  fc.oneof(loose, fc.constant(META), fc.constantFrom("look", "exact", "odd://one")),
  { maxKeys: 5 },
);
const message = fc.record(
  {
    jsonrpc: fc.oneof({ weight: 9, arbitrary: fc.constant("2.0") }, loose),
    id: fc.oneof(fc.string(), fc.integer(), loose),
    method: fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...METHODS) }, loose),
    params: fc.oneof({ weight: 5, arbitrary: params }, loose),
    result: loose,
    error: loose,
  },
  { requiredKeys: ["jsonrpc"] },
);

test("no message at all, in either era and at any endpoint, makes the door fail", async () => {
  await fc.assert(
    fc.asyncProperty(
      message,
      fc.constantFrom("far", "writ", undefined),
      fc.constantFrom("modern", "legacy", "neither"),
      async (body, server, era) => {
        const modern = {
          "mcp-protocol-version": MODERN,
          "mcp-method": typeof body.method === "string" ? clean(body.method) : "x",
          "mcp-name": "look",
        };
        const headers = era === "modern" ? modern : era === "legacy" ? { "mcp-session-id": mcp } : {};
        const { status, text } = await post(house.url(server), token, JSON.stringify(body), headers);
        expect(status).toBeLessThan(500);
        expect(text).not.toContain("internal_fault");
      },
    ),
    { numRuns: 300 },
  );
}, 120_000);

test("no bytes at all make the door fail", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        fc.uint8Array({ maxLength: 200 }),
        fc.string().map((text) => Buffer.from(text)),
      ),
      async (bytes) => {
        const { status } = await post(house.url("far"), token, Uint8Array.from(bytes), { "mcp-session-id": mcp });
        expect([400, 415]).toContain(status);
      },
    ),
    { numRuns: 100 },
  );
});

const clean = (text: string): string => text.replace(/[^\x21-\x7e]/g, "") || "x";
