import { afterAll, beforeAll, expect, test } from "vitest";
import { META, MODERN, post, session, tool } from "./callers.ts";
import { type OddHouse, openOddHouse } from "./odd-house.ts";
import { exactAnswer } from "./odd-server.ts";

let house: OddHouse;
let token: string;
beforeAll(async () => {
  house = await openOddHouse();
  token = (await house.task("clerk")).token;
});
afterAll(() => house.close());

const PLACES = [
  ["far", "over HTTP", "/far", "exact"],
  ["near", "over stdio", "/near", "exact"],
  ["far", "over HTTP, where all servers are shown", "", "far__exact"],
  ["near", "over stdio, where all servers are shown", "", "near__exact"],
] as const;

test.each(PLACES)(
  "a modern answer of %s %s arrives byte for byte, under the client's own id",
  async (_, __, path, name) => {
    for (const id of ["an id", 7, '\u2028é"\\', -1, 0]) {
      const answer = await tool(house.url() + path, token, name, {}, { id });
      expect(answer.text).toBe(exactAnswer(id, "modern"));
    }
  },
);

test.each(PLACES)(
  "a legacy answer of %s %s arrives byte for byte, under the client's own id",
  async (_, __, path, name) => {
    const url = house.url() + path;
    const mcp = await session(url, token);
    for (const id of ["an id", 7, '\u2028é"\\', -1, 0]) {
      const call = { jsonrpc: "2.0", id, method: "tools/call", params: { name, arguments: {} } };
      const answer = await post(url, token, call, { "mcp-session-id": mcp });
      expect(answer.text).toBe(exactAnswer(id, "legacy"));
    }
  },
);

test.each(["far", "near"])(
  "what %s says before its answer arrives byte for byte too, in order, in both eras",
  async (server) => {
    const step = (token: string | number, progress: number): string =>
      `{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":${JSON.stringify(token)},"progress":${progress},"exact":90071992547409931}}`;
    const mcp = await session(house.url(server), token);
    for (const progressToken of ["mine", 5]) {
      const params = { name: "steps", arguments: {}, _meta: { progressToken } };
      const bodies = [
        await rawStream(
          house.url(server),
          { ...params, _meta: { ...META, progressToken } },
          { "mcp-protocol-version": MODERN, "mcp-method": "tools/call", "mcp-name": "steps" },
        ),
        await rawStream(house.url(server), params, { "mcp-session-id": mcp }),
      ];
      for (const body of bodies) {
        const lines = [...body.matchAll(/^data: (.+)$/gm)].map((match) => match[1]);
        expect(lines.slice(0, 3)).toEqual([1, 2, 3].map((progress) => step(progressToken, progress)));
        expect(lines[3]).toContain("stepped");
      }
    }
  },
);

let next = 1_000;
async function rawStream(url: string, params: object, headers: Record<string, string>): Promise<string> {
  const response = await fetch(url, {
    method: "POST",
    headers: {
      authorization: `Bearer ${token}`,
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      ...headers,
    },
    body: JSON.stringify({ jsonrpc: "2.0", id: ++next, method: "tools/call", params }),
  });
  expect(response.headers.get("content-type")).toBe("text/event-stream");
  return response.text();
}

test("what is forwarded is the canonical form of what was judged, to the byte", async () => {
  const spelt =
    '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"anything","arguments":{"b":1.0,"a":"\\u00e9\\/","z":[1e2,-0]},"_meta":' +
    JSON.stringify(META) +
    "}}";
  await post(house.url("far"), token, spelt, {
    "mcp-protocol-version": MODERN,
    "mcp-method": "tools/call",
    "mcp-name": "anything",
  });
  expect(JSON.stringify(house.far.seen.at(-1)?.message.params?.["arguments"])).toBe('{"a":"é/","b":1,"z":[100,0]}');
});
