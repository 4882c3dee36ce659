import { createServer, request, type IncomingMessage, type Server } from "node:http";
import { connect, type AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { type Body, readBody } from "../../../src/wire/http/body.ts";
import { checkOrigin, LOOPBACK } from "../../../src/wire/http/origin.ts";

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function reading(limits: {
  maxBytes: number;
  timeoutMs: number;
}): Promise<{ port: number; body: Promise<Body> }> {
  const { promise, resolve } = Promise.withResolvers<Body>();
  const server = createServer((incoming: IncomingMessage, response) => {
    void readBody(incoming, limits).then((body) => {
      resolve(body);
      response.end();
    });
  });
  servers.push(server);
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  return { port: (server.address() as AddressInfo).port, body: promise };
}

test("a page that re-points its own name at this machine is refused by its Host", () => {
  expect(checkOrigin({ host: "evil.example:7420" }, LOOPBACK)).toBe("host");
  expect(checkOrigin({}, LOOPBACK)).toBe("host");
  expect(checkOrigin({ host: "127.0.0.1.evil.example" }, LOOPBACK)).toBe("host");
  expect(checkOrigin({ host: "localhost:80@evil.example" }, LOOPBACK)).toBe("host");
});

test("a page from elsewhere is refused by its Origin, a program without one is not", () => {
  const host = "127.0.0.1:7420";
  expect(checkOrigin({ host }, LOOPBACK)).toBe("ok");
  expect(checkOrigin({ host: "[::1]:7420", origin: "http://localhost:3000" }, LOOPBACK)).toBe("ok");
  for (const origin of [
    "http://evil.example",
    "null",
    "",
    "http://localhost.evil.example",
    "http://localhost:1:2",
    "http://127.0.0.1@evil.example",
    "file://",
  ]) {
    expect(checkOrigin({ host, origin }, LOOPBACK), origin).toBe("origin");
  }
});

test("a body within its limits is read byte for byte", async () => {
  const { port, body } = await reading({ maxBytes: 100, timeoutMs: 5_000 });
  const sent = request({ port, method: "POST" });
  sent.write("abc");
  sent.end("dé");
  expect(await body).toEqual({ kind: "read", bytes: Buffer.from("abcdé") });
});

test("a body longer than the limit is refused, whether it says so or not", async () => {
  for (const declared of [true, false]) {
    const { port, body } = await reading({ maxBytes: 10, timeoutMs: 5_000 });
    const sent = request({ port, method: "POST", headers: declared ? { "content-length": "11" } : {} }).on(
      "error",
      () => {},
    );
    sent.end("12345678901");
    expect(await body).toMatchObject({ kind: "refused", status: 413 });
  }
});

test("a body that trickles in is cut off", async () => {
  const { port, body } = await reading({ maxBytes: 10, timeoutMs: 30 });
  const sent = request({ port, method: "POST" }).on("error", () => {});
  sent.write("a");
  expect(await body).toMatchObject({ kind: "refused", status: 408 });
  sent.destroy();
});

test("a compressed body is refused unread", async () => {
  const { port, body } = await reading({ maxBytes: 10, timeoutMs: 5_000 });
  request({ port, method: "POST", headers: { "content-encoding": "gzip" } })
    .on("error", () => {})
    .end("x");
  expect(await body).toMatchObject({ kind: "refused", status: 415 });
});

test("a caller that goes away in the middle of its body is gone", async () => {
  const { port, body } = await reading({ maxBytes: 10, timeoutMs: 5_000 });
  const socket = connect(port, "127.0.0.1");
  socket.write("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab", () => socket.destroy());
  expect(await body).toEqual({ kind: "gone" });
});
