import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import type { ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo } from "node:net";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { toNodeHandler } from "@modelcontextprotocol/node";
import { Server } from "@modelcontextprotocol/sdk/server/index.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import {
  CallToolRequestSchema,
  CreateMessageResultSchema,
  ElicitResultSchema,
  ListToolsRequestSchema,
} from "@modelcontextprotocol/sdk/types.js";
import { createMcpHandler, inputRequired, McpServer } from "@modelcontextprotocol/server";
import { expect, test } from "vitest";
import { z } from "zod";
import type { JsonObject } from "../../src/domain/json.ts";
import { checkedLookup } from "../../src/upstream/address.ts";
import { mayConnect } from "../../src/wire/http/address.ts";
import { withId, withSubscription } from "../../src/wire/mcp/splice.ts";
import {
  atUrl,
  call,
  json,
  later,
  LEGACY,
  listener,
  MODERN,
  modernParams,
  never,
  open,
  polite,
  serve,
  textOf,
  until,
} from "./support.ts";

/** A stateful server on the official SDK, version 1. */
async function legacyServer() {
  const transports = new Map<string, StreamableHTTPServerTransport>();
  const servers: Server[] = [];
  const cancelled: unknown[] = [];
  const place = await serve(async (request, response, body) => {
    const session = request.headers["mcp-session-id"];
    let transport = typeof session === "string" ? transports.get(session) : undefined;
    if (transport === undefined && session !== undefined)
      return json(response, 404, { jsonrpc: "2.0", id: null, error: { code: -32001, message: "Session not found" } });
    if (transport === undefined) {
      const fresh = new StreamableHTTPServerTransport({
        sessionIdGenerator: () => randomUUID(),
        onsessioninitialized: (id) => void transports.set(id, fresh),
        onsessionclosed: (id) => void transports.delete(id),
      });
      transport = fresh;
      const server = new Server({ name: "legacy", version: "1" }, { capabilities: { tools: { listChanged: true } } });
      server.setRequestHandler(ListToolsRequestSchema, () => ({
        tools: [{ name: "work", inputSchema: { type: "object" as const } }],
      }));
      server.setRequestHandler(CallToolRequestSchema, async ({ params }, extra) => {
        if (params.name === "hang")
          await new Promise<void>((resolve) =>
            extra.signal.addEventListener("abort", () => resolve(void cancelled.push(extra.signal.reason))),
          );
        const progressToken = extra._meta?.progressToken;
        if (progressToken !== undefined) {
          for (let progress = 1; progress <= 3; progress++)
            await extra.sendNotification({ method: "notifications/progress", params: { progressToken, progress } });
        }
        if (params.name === "sample") {
          const sampled = await extra.sendRequest(
            { method: "sampling/createMessage", params: { messages: [], maxTokens: 5 } },
            CreateMessageResultSchema,
          );
          const elicited = await extra.sendRequest(
            {
              method: "elicitation/create",
              params: { message: "sure?", requestedSchema: { type: "object", properties: {} } },
            },
            ElicitResultSchema,
          );
          return { content: [{ type: "text" as const, text: `${sampled.model} ${elicited.action}` }] };
        }
        return { content: [{ type: "text" as const, text: JSON.stringify(params.arguments) }] };
      });
      servers.push(server);
      await server.connect(fresh);
    }
    await transport.handleRequest(request, response, body === "" ? undefined : JSON.parse(body));
  });
  return { ...place, transports, servers, cancelled };
}

/** A server on the official SDK, version 2: modern, and legacy without sessions. */
async function dualServer(legacy: "stateless" | "reject" = "stateless") {
  const handler = createMcpHandler(
    () => {
      const server = new McpServer({ name: "dual", version: "1" }, { capabilities: { tools: { listChanged: true } } });
      server.registerTool("double", { inputSchema: z.object({ n: z.number() }) }, ({ n }) => ({
        content: [{ type: "text" as const, text: String(n * 2) }],
      }));
      server.registerTool("confirm", {}, (context) => {
        const given = context.mcpReq.inputResponses as { sure?: { action?: string } } | undefined;
        return given?.sure === undefined
          ? inputRequired({
              inputRequests: {
                sure: inputRequired.elicit({ message: "sure?", requestedSchema: { type: "object", properties: {} } }),
              },
              requestState: "opaque",
            })
          : { content: [{ type: "text" as const, text: String(given.sure.action) }] };
      });
      server.registerTool("steps", {}, async (context) => {
        await context.mcpReq.notify({
          method: "notifications/progress",
          params: { progressToken: context.mcpReq._meta?.progressToken ?? "", progress: 1 },
        });
        return { content: [{ type: "text" as const, text: "done" }] };
      });
      return server;
    },
    { legacy, keepAliveMs: 0 },
  );
  later(() => handler.close());
  const node = toNodeHandler(handler) as (request: unknown, response: unknown, body: unknown) => unknown;
  const place = await serve((request, response, body) =>
    node(request, response, body === "" ? undefined : (JSON.parse(body) as unknown)),
  );
  return { ...place, handler };
}

test("a legacy conversation keeps its session, its revision and the client's own introduction, and ends with DELETE", async () => {
  const server = await legacyServer();
  const channel = await open(atUrl(server.url));
  await channel.notify("notifications/initialized", undefined);
  expect(textOf(await channel.request(call("work", { a: 1 }), listener(), never()))).toBe('{"a":1}');
  expect(JSON.parse(server.received[0]?.body ?? "")).toMatchObject({ method: "initialize", params: LEGACY.initialize });
  const last = server.received.at(-1)?.headers;
  expect(last).toMatchObject({
    "mcp-protocol-version": "2025-11-25",
    "mcp-session-id": [...server.transports.keys()][0],
  });
  await channel.close();
  expect(server.transports.size).toBe(0);
});

test("progress streams while the call runs, and questions of the upstream come back answered", async () => {
  const server = await legacyServer();
  const channel = await open(atUrl(server.url));
  const sink = listener(({ value }) =>
    value["method"] === "sampling/createMessage"
      ? { result: { model: "m-1", role: "assistant", content: { type: "text", text: "hi" } } }
      : { result: { action: "accept", content: {} } },
  );
  expect(textOf(await channel.request(call("sample", {}, { meta: { progressToken: "t" } }), sink, never()))).toBe(
    "m-1 accept",
  );
  expect(sink.notifications.map(({ value }) => value["params"])).toEqual(
    [1, 2, 3].map((progress) => ({ progressToken: "t", progress })),
  );
  expect(sink.questions).toHaveLength(2);
});

test("what a legacy server says on its own stream is heard there, a change of tools by the catalogue too", async () => {
  const server = await legacyServer();
  const upstream = atUrl(server.url);
  let told = 0;
  upstream.onToolsChanged(() => told++);
  const channel = await open(upstream);
  const sink = listener();
  const stop = new AbortController();
  const listening = channel.listen(sink, stop.signal, null);
  await until(() => server.received.some(({ verb }) => verb === "GET"));
  await server.servers[0]?.sendToolListChanged();
  await until(() => sink.notifications.length === 1);
  expect(told).toBe(1);
  stop.abort();
  expect(await listening).toBe("ended");
});

test("a cancelled call is cancelled upstream, and so is one whose time is over", async () => {
  const server = await legacyServer();
  const channel = await open(atUrl(server.url));
  const stop = new AbortController();
  const running = channel.request(call("hang"), listener(), stop.signal);
  await until(() => server.received.some(({ body }) => body.includes('"hang"')));
  stop.abort();
  expect(await running).toEqual({ kind: "lost", why: "cancelled" });
  expect(await channel.request(call("hang", {}, { timeoutMs: 50 }), listener(), never())).toEqual({
    kind: "lost",
    why: "timeout",
  });
  await until(() => server.cancelled.length === 2);
});

test("a session that is gone is a 404, not an answer", async () => {
  const server = await legacyServer();
  const channel = await open(atUrl(server.url));
  server.transports.clear();
  expect(await channel.request(call("work"), listener(), never())).toMatchObject({
    kind: "rejected",
    status: 404,
    why: "the session is gone",
  });
});

test("a dual-era server is listed in every era it speaks and opened in the client's", async () => {
  const server = await dualServer();
  const upstream = atUrl(server.url);
  const tools = await upstream.catalogue();
  expect(tools.map((tool) => (tool as JsonObject)["name"])).toEqual(["double", "confirm", "steps"]);
  const modern = await open(upstream, MODERN);
  expect(
    textOf(
      await modern.request(
        { ...call("double"), params: modernParams({ name: "double", arguments: { n: 21 } }) },
        listener(),
        never(),
      ),
    ),
  ).toBe("42");
  expect(await modern.listen(listener(), never(), null)).toBe("unsupported");
  const legacy = await open(upstream);
  expect(textOf(await legacy.request(call("double", { n: 4 }), listener(), never()))).toBe("8");
});

test("eras that do not meet are named, in both directions", async () => {
  expect(await atUrl((await dualServer("reject")).url).open(LEGACY)).toMatchObject({
    kind: "era_mismatch",
    speaks: "2026-07-28",
  });
  expect(await atUrl((await legacyServer()).url).open(MODERN)).toMatchObject({
    kind: "era_mismatch",
    speaks: "2025-11-25 or earlier",
  });
});

test("a modern server's question to the client passes as the result it is, and the retry with its answer too", async () => {
  const channel = await open(atUrl((await dualServer()).url), MODERN);
  const first = await channel.request(
    { ...call("confirm"), params: modernParams({ name: "confirm", arguments: {} }, { elicitation: { form: {} } }) },
    listener(),
    never(),
  );
  if (first.kind !== "answered") throw new Error(JSON.stringify(first));
  expect(first.message.value["result"]).toMatchObject({ resultType: "input_required", requestState: "opaque" });
  const params = modernParams(
    {
      name: "confirm",
      arguments: {},
      requestState: "opaque",
      inputResponses: { sure: { action: "accept", content: {} } },
    },
    { elicitation: { form: {} } },
  );
  expect(textOf(await channel.request({ ...call("confirm"), params }, listener(), never()))).toBe("accept");
});

test("progress of a modern call streams", async () => {
  const channel = await open(atUrl((await dualServer()).url), MODERN);
  const sink = listener();
  await channel.request(
    { ...call("steps"), params: modernParams({ name: "steps", arguments: {} }, {}, { progressToken: "p" }) },
    sink,
    never(),
  );
  expect(sink.notifications[0]?.value).toMatchObject({
    method: "notifications/progress",
    params: { progressToken: "p", progress: 1 },
  });
});

test("a subscription stays open past any time limit, and its tag can be exchanged for the caller's", async () => {
  const server = await dualServer();
  const channel = await open(atUrl(server.url), MODERN);
  const sink = listener();
  const stop = new AbortController();
  const params = modernParams({ notifications: { toolsListChanged: true } });
  const listening = channel.request(
    { method: "subscriptions/listen", params, headers: {}, credentials: {}, timeoutMs: 1 },
    sink,
    stop.signal,
  );
  await until(() => sink.notifications.length > 0);
  server.handler.notify.toolsChanged();
  await until(() => sink.notifications.length > 1);
  const tagged = sink.notifications[1];
  expect(tagged === undefined ? "" : withSubscription(tagged, "mine").text).toContain(
    '"io.modelcontextprotocol/subscriptionId":"mine"',
  );
  stop.abort();
  expect(await listening).toMatchObject({ kind: "lost" });
});

test("the headers of a modern request are made from its body, and no authorization but the broker's goes along", async () => {
  const server = await serve((_, response, body) => {
    const { id, method } = JSON.parse(body) as { id: number; method: string };
    json(response, 200, {
      jsonrpc: "2.0",
      id,
      result: method === "server/discover" ? { supportedVersions: ["2026-07-28"] } : {},
    });
  });
  const channel = await open(atUrl(server.url), MODERN);
  const headers = {
    authorization: "Bearer agent",
    cookie: "a=b",
    "mcp-name": "files__übung",
    "mcp-method": "tools/list",
    "mcp-param-tenant": "t1",
  };
  const credentials = {
    Authorization: "Bearer operation",
    Host: "elsewhere",
    "mcp-name": "forged",
    "Content-Length": "1",
  };
  await channel.request(
    { ...call("übung"), params: modernParams({ name: "übung", arguments: {} }), headers, credentials },
    listener(),
    never(),
  );
  const sent = server.received.at(-1)?.headers;
  expect(sent).toMatchObject({
    authorization: "Bearer operation",
    host: `127.0.0.1:${server.port}`,
    "mcp-method": "tools/call",
    "mcp-name": "=?base64?w7xidW5n?=",
    "mcp-param-tenant": "t1",
    "mcp-protocol-version": "2026-07-28",
  });
  expect(sent).not.toHaveProperty("cookie");
});

test("what is sent is the canonical form of what was judged", async () => {
  const server = await polite((response, { id }) => json(response, 200, { jsonrpc: "2.0", id, result: {} }));
  const channel = await open(atUrl(server.url));
  await channel.request(call("t", { z: 1, a: [2, { y: "ü", b: 0 }] }), listener(), never());
  expect(server.received.at(-1)?.body).toContain('"params":{"arguments":{"a":[2,{"b":0,"y":"ü"}],"z":1},"name":"t"}');
});

test("a result passes byte for byte, as JSON and as an event", async () => {
  const text = (id: number | string) =>
    `{"result":{"big":9007199254740993,"x":1.0,"d":{"k":1,"k":2},"odd field":"\\u00e9"} ,"jsonrpc":"2.0", "id": ${id} }`;
  let streamed = false;
  const server = await polite((response, { id }) => {
    if (!streamed) return json(response, 200, text(id));
    response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8" });
    response.end(`id: e7\ndata: ${text(id)}\n\n`);
  });
  const channel = await open(atUrl(server.url));
  for (streamed of [false, true]) {
    const incoming = await channel.request(call("t"), listener(), never());
    if (incoming.kind !== "answered") throw new Error(JSON.stringify(incoming));
    expect(withId(incoming.message, "mine").text).toBe(text('"mine"'));
    expect(incoming.mark).toEqual(streamed ? { id: "e7" } : {});
  }
});

const sse = { "content-type": "text/event-stream" };
const answer = (id: number) =>
  `data: {"jsonrpc":"2.0","id":${id},"result":{"content":[{"type":"text","text":"whole"}]}}\n\n`;

test.each<[string, (response: ServerResponse, id: number) => unknown, string]>([
  ["another id", (r, id) => json(r, 200, { jsonrpc: "2.0", id: id + 1, result: {} }), "another request"],
  [
    "an id that only looks the same",
    (r, id) => json(r, 200, { jsonrpc: "2.0", id: String(id), result: {} }),
    "another request",
  ],
  [
    "another id in a stream",
    (r, id) => r.writeHead(200, sse).end(`data: {"jsonrpc":"2.0","id":${id + 1},"result":{}}\n\n`),
    "another request",
  ],
  [
    "HTML",
    (r) => r.writeHead(200, { "content-type": "text/html" }).end("<h1>hello</h1>"),
    "neither JSON nor an event stream",
  ],
  ["something that is not JSON", (r) => json(r, 200, "{oops"), "not JSON"],
  ["nothing", (r) => r.writeHead(202).end(), "neither JSON"],
  ["a batch", (r, id) => json(r, 200, [{ jsonrpc: "2.0", id, result: {} }]), "batches"],
  [
    "bytes that are not UTF-8",
    (r, id) =>
      json(
        r,
        200,
        Buffer.concat([
          Buffer.from(`{"jsonrpc":"2.0","id":${id},"result":{"a":"`),
          Buffer.from([0xff]),
          Buffer.from('"}}'),
        ]),
      ),
    "not UTF-8",
  ],
  [
    "nesting without end",
    (r, id) => json(r, 200, `{"jsonrpc":"2.0","id":${id},"result":${"[".repeat(5_000)}${"]".repeat(5_000)}}`),
    "nested too deep",
  ],
  [
    "more than a result may hold",
    (r, id) => json(r, 200, `{"jsonrpc":"2.0","id":${id},"result":"${"x".repeat(1_000_001)}"}`),
    "larger than",
  ],
  [
    "an event larger than a result may be",
    (r) => r.writeHead(200, sse).end(`data: ${"x".repeat(1_000_001)}\n\n`),
    "larger than",
  ],
  [
    "an answer cut off",
    (r) =>
      r
        .writeHead(200, { "content-type": "application/json", "content-length": "500" })
        .write('{"jsonrpc"', () => r.destroy()),
    "before the answer was whole",
  ],
  ["a stream cut off", (r, id) => r.writeHead(200, sse).end(answer(id).trimEnd()), "ended before the answer"],
  ["a stream that is not UTF-8", (r) => r.writeHead(200, sse).end(Buffer.from([0x64, 0xff, 0x0a])), "not UTF-8"],
  ["a dropped connection", (r) => r.destroy(), "ECONNRESET"],
  ["headers without end", (r) => r.writeHead(200, { "x-long": "x".repeat(40_000) }).end(), "HPE_HEADER_OVERFLOW"],
])("an upstream that answers with %s is not believed: the call is lost", async (_, handle, why) => {
  const server = await polite((response, { id }) => handle(response, id));
  const channel = await open(atUrl(server.url));
  const incoming = await channel.request(call("t"), listener(), never());
  expect(incoming).toMatchObject({ kind: "lost", why: expect.stringContaining(why) as string });
});

test("ten thousand events pass in order, and one more is a flood", async () => {
  let count = 10_000;
  const server = await polite((response, { id }) => {
    response.writeHead(200, sse);
    for (let i = 0; i < count; i++)
      response.write(
        `data: {"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"t","progress":${i}}}\n\n`,
      );
    response.end(answer(id));
  });
  const channel = await open(atUrl(server.url));
  const sink = listener();
  expect(textOf(await channel.request(call("t"), sink, never()))).toBe("whole");
  expect(sink.notifications.map(({ value }) => (value["params"] as JsonObject)["progress"])).toEqual(
    Array.from({ length: count }, (_, i) => i),
  );
  count++;
  expect(await channel.request(call("t"), listener(), never())).toMatchObject({
    kind: "lost",
    why: "more came beside the answer than may",
  });
}, 20_000);

test("an upstream that lets go of its stream is asked for the rest, and answers the same call", async () => {
  const server = await polite((response, { method }, request) => {
    response.writeHead(200, sse);
    if (method !== "GET") return response.end("id: e1\nretry: 20\ndata:\n\n");
    return request.headers["last-event-id"] === "e1"
      ? response.end("id: e2\nretry: 10\ndata:\n\n")
      : response.end(answer(1));
  });
  const channel = await open(atUrl(server.url));
  const sink = listener();
  expect(textOf(await channel.request(call("t"), sink, never()))).toBe("whole");
  expect(sink.marks).toEqual([
    { id: "e1", retry: 20 },
    { id: "e2", retry: 10 },
  ]);
  expect(server.received.filter(({ verb }) => verb === "GET").map(({ headers }) => headers["last-event-id"])).toEqual([
    "e1",
    "e2",
  ]);
});

test("an answer that comes on the conversation's own stream goes to the call that waits for it, never to the listener", async () => {
  const own: ServerResponse[] = [];
  const server = await polite((response, { id, method }) => {
    if (method === "GET") {
      own.push(response.writeHead(200, sse));
      return response.write(": open\n\n");
    }
    own[0]?.write(`data: {"jsonrpc":"2.0","id":99,"result":{}}\n\n${answer(id)}`);
    return response.writeHead(200, sse).write(": wait\n\n");
  });
  const channel = await open(atUrl(server.url));
  const sink = listener();
  void channel.listen(sink, never(), null);
  await until(() => own.length > 0);
  expect(textOf(await channel.request(call("t"), listener(), never()))).toBe("whole");
  expect([sink.notifications, sink.questions]).toEqual([[], []]);
});

test.each([301, 302, 307, 308])(
  "a redirect (%i) is refused, and the place it points to hears nothing",
  async (status) => {
    const elsewhere = await serve((_, response) => response.end());
    const server = await polite((response) => response.writeHead(status, { location: elsewhere.url }).end());
    const channel = await open(atUrl(server.url));
    expect(
      await channel.request(call("t", {}, { credentials: { authorization: "Bearer x" } }), listener(), never()),
    ).toMatchObject({ kind: "rejected", status });
    expect(elsewhere.received).toEqual([]);
  },
);

test("a challenge comes through with its status, whatever the body says", async () => {
  const challenge = 'Bearer error="insufficient_scope", scope="a b"';
  const server = await polite((response, { id }) =>
    json(response, 403, { jsonrpc: "2.0", id, error: { code: 1, message: "no" } }, { "www-authenticate": challenge }),
  );
  const channel = await open(atUrl(server.url));
  expect(await channel.request(call("t"), listener(), never())).toEqual({
    kind: "rejected",
    status: 403,
    why: "status 403",
    challenge,
  });
});

test("an HTTP error with a JSON-RPC error is an answer, one without is a rejection", async () => {
  let body: unknown = { jsonrpc: "2.0", id: null, error: { code: -32602, message: "odd" } };
  const server = await polite((response) => json(response, 400, body));
  const channel = await open(atUrl(server.url));
  const incoming = await channel.request(call("t"), listener(), never());
  expect(incoming.kind === "answered" && withId(incoming.message, 5).text).toBe(
    '{"jsonrpc":"2.0","id":5,"error":{"code":-32602,"message":"odd"}}',
  );
  expect(incoming).toMatchObject({ status: 400 });
  body = { error: "invalid_request" };
  expect(await channel.request(call("t"), listener(), never())).toEqual({
    kind: "rejected",
    status: 400,
    why: "status 400",
    challenge: null,
  });
});

test("where nobody listens, nothing was sent", async () => {
  const server = await polite((response, { id }) => json(response, 200, { jsonrpc: "2.0", id, result: {} }));
  const upstream = atUrl(server.url);
  const channel = await open(upstream);
  server.server.closeAllConnections();
  await new Promise((closed) => server.server.close(closed));
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(await channel.request(call("t"), listener(), never())).toEqual({ kind: "not_sent", why: "ECONNREFUSED" });
  expect(await upstream.open(LEGACY)).toMatchObject({ kind: "unavailable" });
  await expect(upstream.catalogue()).rejects.toMatchObject({ code: "server_unavailable" });
});

test("a connection that the other side closed while it rested costs no call", async () => {
  const script = `
    const server = require("node:http").createServer((request, response) => {
      request.resume().on("end", () => {
        const result = { protocolVersion: "2025-11-25", capabilities: {}, content: [{ type: "text", text: "here" }] };
        response.setHeader("connection", "keep-alive");
        response.setHeader("content-type", "application/json");
        response.end(JSON.stringify({ jsonrpc: "2.0", id: Number(request.headers["x-id"] ?? 0), result }));
      });
    });
    server.keepAliveTimeout = 30;
    server.keepAliveTimeoutBuffer = 0;
    server.listen(0, "127.0.0.1", () => console.log(server.address().port));`;
  const child = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "inherit"] });
  later(() => void child.kill());
  const port = await new Promise<number>((resolve) =>
    child.stdout.once("data", (text: Buffer) => resolve(Number(text.toString()))),
  );
  const channel = await open(atUrl(`http://127.0.0.1:${port}/`));
  for (let id = 1; id <= 3; id++) {
    // Our own loop stands still, so that it cannot have seen the connection close.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
    expect(
      textOf(await channel.request(call("t", {}, { credentials: { "x-id": String(id) } }), listener(), never())),
    ).toBe("here");
  }
});

test("a certificate that does not verify gets no byte of the request", async () => {
  // Made for this test alone; no store of roots knows it.
  const fixture = (name: string): Buffer => readFileSync(join(import.meta.dirname, "fixtures", name));
  let heard = 0;
  const server = createSecureServer(
    { key: fixture("nobody-trusts.key.pem"), cert: fixture("nobody-trusts.cert.pem") },
    () => heard++,
  );
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  later(() => new Promise((closed) => server.close(() => closed())));
  const upstream = atUrl(`https://localhost:${(server.address() as AddressInfo).port}/mcp`);
  expect(await upstream.open(LEGACY)).toMatchObject({ kind: "unavailable", why: "DEPTH_ZERO_SELF_SIGNED_CERT" });
  expect(heard).toBe(0);
});

test("a closed conversation sends nothing more, and what ran in it is lost", async () => {
  const server = await polite(() => {});
  const channel = await open(atUrl(server.url));
  const running = channel.request(call("t"), listener(), never());
  await until(() => server.received.some(({ body }) => body.includes("tools/call")));
  await channel.close();
  expect(await running).toEqual({ kind: "lost", why: "the conversation was closed" });
  expect(await channel.request(call("t"), listener(), never())).toMatchObject({ kind: "not_sent" });
});

test("a call given up before it left was not sent, and one that cannot be written neither", async () => {
  const server = await polite(() => {});
  const channel = await open(atUrl(server.url));
  expect(await channel.request(call("t"), listener(), AbortSignal.abort())).toEqual({
    kind: "not_sent",
    why: "cancelled",
  });
  expect(await channel.request(call("t", { a: "\ud800" }), listener(), never())).toMatchObject({ kind: "not_sent" });
  expect(
    await channel.request(call("t", {}, { credentials: { authorization: "a\r\nb: c" } }), listener(), never()),
  ).toMatchObject({ kind: "not_sent" });
  expect(server.received.some(({ body }) => body.includes("tools/call"))).toBe(false);
});

test("the same place has the same origin however it is written, and another place another", () => {
  const origin = (url: string): string => atUrl(url).origin;
  expect(origin("http://LOCALHOST:80/mcp")).toBe(origin("http://localhost/mcp"));
  expect(origin("http://localhost/mcp")).not.toBe(origin("http://localhost/mcp2"));
});

test("a name that resolves to metadata, this link or this machine is not connected to", async () => {
  for (const address of [
    "169.254.169.254",
    "0.0.0.0",
    "fe80::1",
    "::",
    "::ffff:169.254.169.254",
    "fd00:ec2::254",
    "224.0.0.1",
    "127.0.0.1",
    "::1",
    "::ffff:127.0.0.1",
    "nonsense",
  ]) {
    expect(mayConnect(address, false), address).toBe(false);
  }
  expect([
    mayConnect("127.0.0.1", true),
    mayConnect("10.1.2.3", false),
    mayConnect("93.184.216.34", false),
    mayConnect("169.254.1.1", true),
  ]).toEqual([true, true, true, false]);
  const answers = [
    { address: "93.184.216.34", family: 4 },
    { address: "169.254.169.254", family: 4 },
  ];
  const error = await new Promise((resolve) =>
    checkedLookup("api.example", (_, done) => done(null, answers))("api.example", { all: true }, resolve),
  );
  expect(error).toMatchObject({ code: "address_refused" });
});
