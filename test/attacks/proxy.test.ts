import { createServer, type IncomingMessage } from "node:http";
import { connect, type AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createProver } from "../../src/doors/launcher/prover.ts";
import { type Proxy, startProxy } from "../../src/doors/launcher/proxy.ts";

interface Arrived {
  readonly method: string;
  readonly url: string;
  readonly authorization: string | undefined;
}

let arrived: Arrived[];
let proxy: Proxy;
let caller: "of_the_tree" | "stranger";
let close: () => Promise<void>;

beforeEach(async () => {
  arrived = [];
  caller = "of_the_tree";
  const gateway = createServer((request: IncomingMessage, response) => {
    arrived.push({
      method: request.method ?? "",
      url: request.url ?? "",
      authorization: request.headers.authorization,
    });
    request.resume().on("end", () => response.end("{}"));
  });
  await new Promise<void>((resolve) => gateway.listen(0, "127.0.0.1", resolve));
  proxy = await startProxy({
    gateway: `http://127.0.0.1:${(gateway.address() as AddressInfo).port}`,
    prover: createProver("http://127.0.0.1:7420"),
    token: () => Promise.resolve("the-task-token"),
    renewed: () => Promise.resolve("another-task-token"),
    callerOf: () => caller,
    onRefused: () => {},
  });
  close = async () => {
    await proxy.close();
    gateway.closeAllConnections();
    await new Promise<void>((resolve) => gateway.close(() => resolve()));
  };
});
afterEach(() => close());

/** Sends bytes as they are, and gives what came back within the time that an answer takes. */
function raw(text: string): Promise<string> {
  const { port, hostname } = new URL(proxy.url);
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname);
    let answer = "";
    socket.setEncoding("utf8").on("data", (chunk: string) => (answer += chunk));
    socket.on("close", () => resolve(answer)).on("error", () => resolve(answer));
    socket.write(text);
    setTimeout(() => socket.destroy(), 300).unref();
  });
}

const path = (): string => new URL(proxy.url).pathname;
const inner = "POST /v1/revocations HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 0\r\n\r\n";

test.each(["GET", "DELETE"])("a second request hidden in the body of a %s reaches nobody", async (method) => {
  const chunk = `${inner.length.toString(16)}\r\n${inner}\r\n0\r\n\r\n`;
  await raw(`${method} ${path()} HTTP/1.1\r\nhost: 127.0.0.1\r\ntransfer-encoding: chunked\r\n\r\n${chunk}`);
  await raw(`${method} ${path()} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: ${inner.length}\r\n\r\n${inner}`);
  expect(arrived.map((one) => `${one.method} ${one.url}`)).toEqual([`${method} /mcp`, `${method} /mcp`]);
});

test("two lengths for one body are refused", async () => {
  const chunk = `0\r\n\r\n${inner}`;
  const answer = await raw(
    `POST ${path()} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n${chunk}`,
  );
  expect(answer).not.toContain("200 OK");
  expect(arrived).toEqual([]);
});

test.each([
  "/../v1/tasks",
  "/%2e%2e/v1/tasks",
  "/docs/../../v1/tasks",
  "//v1/tasks",
  "/docs?x=/v1",
  "/docs#/v1",
  "\\v1",
])("the address leads to MCP and nowhere else: %s", async (rest) => {
  const answer = await raw(`POST ${path()}${rest} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 0\r\n\r\n`);
  expect(answer).toMatch(/^HTTP\/1\.1 40[04]/);
  expect(arrived).toEqual([]);
});

test("what a client says of its own authority stays behind", async () => {
  await fetch(proxy.url, {
    method: "POST",
    body: "{}",
    headers: { authorization: "Bearer mine", "proxy-authorization": "Basic x", cookie: "writ_session=x" },
  });
  expect(arrived).toEqual([{ method: "POST", url: "/mcp", authorization: "DPoP the-task-token" }]);
});

test("a process outside the tree is refused even with the whole address", async () => {
  caller = "stranger";
  expect((await fetch(proxy.url, { method: "POST", body: "{}" })).status).toBe(403);
  expect(arrived).toEqual([]);
});

test("the address answers to its own host name only, so that no web page reaches it through a name of its own", async () => {
  const answer = await raw(`POST ${path()} HTTP/1.1\r\nhost: evil.example\r\ncontent-length: 0\r\n\r\n`);
  expect(answer).toMatch(/^HTTP\/1\.1 403/);
  expect(
    (await fetch(proxy.url, { method: "POST", body: "{}", headers: { origin: "http://evil.example" } })).status,
  ).toBe(403);
  expect(arrived).toEqual([]);
});
