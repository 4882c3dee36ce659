import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { isPublic } from "../../../src/wire/http/address.ts";
import { fetchWithin, type Guard, guardedFetch, type Resolve } from "../../../src/wire/http/guarded-fetch.ts";

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function serve(listener: RequestListener): Promise<{ readonly port: number; readonly asked: () => number }> {
  let asked = 0;
  const server = createServer((request, response) => {
    asked++;
    listener(request, response);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { port: (server.address() as AddressInfo).port, asked: () => asked };
}

function answers(...each: readonly (readonly string[])[]): Resolve & { readonly asked: () => number } {
  let asked = 0;
  const resolve: Resolve = (_, done) => {
    const addresses = each[Math.min(asked++, each.length - 1)] ?? [];
    done(
      null,
      addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 })),
    );
  };
  return Object.assign(resolve, { asked: () => asked });
}

const PUBLIC: Guard = { reach: "public", timeoutMs: 1_000 };
const CONFIGURED: Guard = { reach: "configured", timeoutMs: 1_000 };

test.each([
  ["loopback", "127.0.0.1"],
  ["loopback, another of its many", "127.9.9.9"],
  ["this host", "0.0.0.0"],
  ["link-local", "169.254.1.1"],
  ["cloud metadata", "169.254.169.254"],
  ["another cloud's metadata", "100.100.100.200"],
  ["a private network", "10.1.2.3"],
  ["a private network of the middle size", "172.31.255.255"],
  ["a home's network", "192.168.1.1"],
  ["a carrier's network", "100.64.0.1"],
  ["protocol assignments", "192.0.0.170"],
  ["documentation", "203.0.113.7"],
  ["a benchmark's network", "198.19.0.1"],
  ["multicast", "224.0.0.1"],
  ["broadcast", "255.255.255.255"],
  ["IPv6 loopback", "::1"],
  ["IPv6 unspecified", "::"],
  ["IPv6 link-local", "fe80::1"],
  ["IPv6 link-local with a zone", "fe80::1%lo"],
  ["IPv6 unique local", "fd12:3456::1"],
  ["IPv6 metadata", "fd00:ec2::254"],
  ["IPv6 multicast", "ff02::1"],
  ["loopback, mapped into IPv6", "::ffff:127.0.0.1"],
  ["loopback, mapped and in hexadecimal", "::ffff:7f00:1"],
  ["metadata, mapped into IPv6", "::ffff:169.254.169.254"],
  ["a private network, mapped into IPv6", "::ffff:10.0.0.1"],
  ["loopback, compatible with IPv4", "::127.0.0.1"],
  ["loopback behind a translator", "64:ff9b::7f00:1"],
  ["loopback behind a local translator", "64:ff9b:1::7f00:1"],
  ["loopback behind 6to4", "2002:7f00:1::"],
  ["loopback behind Teredo", "2001:0:7f00:1::"],
  ["IPv6 documentation", "2001:db8::1"],
  ["no address at all", "nowhere"],
])("an address that a stranger names never leads to %s (%s)", async (_, address) => {
  expect(isPublic(address)).toBe(false);
  const resolve = answers([address]);
  const fetched = await guardedFetch({ url: "https://client.example/id" }, { ...PUBLIC, resolve });
  expect(fetched).toEqual({
    kind: "failed",
    sent: false,
    why: `client.example resolves to ${address}, which is out of reach`,
  });
});

test.each(["93.184.215.14", "1.1.1.1", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "2a00:1450::1"])(
  "%s is of the public internet",
  (address) => expect(isPublic(address)).toBe(true),
);

test.each([
  ["a loopback number", "https://127.0.0.1/"],
  ["a loopback number in hexadecimal", "https://0x7f.1/"],
  ["a loopback number without dots", "https://2130706433/"],
  ["a loopback number in full-width digits", "https://１２７.0.0.1/"],
  ["IPv6 loopback", "https://[::1]/"],
  ["mapped loopback", "https://[::ffff:127.0.0.1]/"],
  ["metadata", "https://169.254.169.254/latest/meta-data/"],
])("an address that is %s is refused before anything is asked", async (_, url) => {
  const fetched = await guardedFetch({ url }, PUBLIC);
  expect(fetched).toMatchObject({ kind: "failed", sent: false, why: expect.stringContaining("is out of reach") });
});

test.each([
  ["http://client.example/", "it is not https"],
  ["http://localhost:1/", "it is not https"],
  ["file:///etc/passwd", "it is not https"],
  ["data:application/json,{}", "it is not https"],
  ["https://user:secret@client.example/", "the address holds credentials"],
  ["nonsense", "it is no address"],
  [`https://client.example/${"a".repeat(3_000)}`, "it is no address"],
])("%s is not asked: %s", async (url, why) => {
  const resolve = answers(["1.1.1.1"]);
  expect(await guardedFetch({ url }, { ...PUBLIC, resolve })).toEqual({ kind: "failed", sent: false, why });
  expect(resolve.asked()).toBe(0);
});

test("one address out of reach among several refuses them all", async () => {
  const resolve = answers(["1.1.1.1", "::ffff:127.0.0.1"]);
  const fetched = await guardedFetch({ url: "https://client.example/" }, { ...PUBLIC, resolve });
  expect(fetched).toMatchObject({ kind: "failed", sent: false });
});

test("a name that resolves elsewhere the second time is resolved once, and connected to what was checked", async () => {
  const { port, asked } = await serve((_, response) => response.end("{}"));
  // Nothing listens on the second one: a second look would fail.
  const resolve = answers(["127.0.0.1"], ["127.0.0.2"]);
  const fetched = await guardedFetch({ url: `http://idp.localhost:${port}/` }, { ...CONFIGURED, resolve });
  expect(fetched).toMatchObject({ kind: "answered", status: 200 });
  expect([resolve.asked(), asked()]).toEqual([1, 1]);
});

test("a configured name that is not this machine's does not lead to it", async () => {
  const { port, asked } = await serve((_, response) => response.end("{}"));
  const resolve = answers(["127.0.0.1"]);
  const fetched = await guardedFetch({ url: `https://idp.example:${port}/` }, { ...CONFIGURED, resolve });
  expect(fetched).toMatchObject({ kind: "failed", sent: false });
  expect(asked()).toBe(0);
});

test.each(["http://169.254.169.254/", "http://192.168.1.1/", "http://idp.example/", "https://169.254.169.254/"])(
  "%s is out of reach even where the operator wrote it",
  async (url) => {
    const resolve = answers(["1.1.1.1"]);
    expect(await guardedFetch({ url }, { ...CONFIGURED, resolve })).toMatchObject({ kind: "failed", sent: false });
  },
);

test("a redirect is not followed", async () => {
  const { port, asked } = await serve((_, response) => response.writeHead(302, { location: "/elsewhere" }).end());
  const fetched = await guardedFetch({ url: `http://127.0.0.1:${port}/` }, CONFIGURED);
  expect(fetched).toEqual({ kind: "failed", sent: true, why: "a redirect is not followed" });
  expect(asked()).toBe(1);
});

test.each([
  [
    "too large",
    (): RequestListener => (_, response) => response.end("x".repeat(2_000)),
    "the answer is larger than 1000 bytes",
  ],
  ["too slow", (): RequestListener => (_, response) => void response.writeHead(200).write("{"), "it took too long"],
  [
    "compressed",
    (): RequestListener => (_, response) => response.writeHead(200, { "content-encoding": "gzip" }).end("x"),
    "the answer is compressed",
  ],
  [
    "cut short",
    (): RequestListener => (_, response) => {
      response.writeHead(200, { "content-length": "100" });
      response.write("{", () => response.destroy());
    },
    "the connection closed before the answer was whole",
  ],
])("an answer that is %s is no answer", async (_, listener, why) => {
  const { port } = await serve(listener());
  const guard = { ...CONFIGURED, maxBytes: 1_000, timeoutMs: 300 };
  expect(await guardedFetch({ url: `http://127.0.0.1:${port}/` }, guard)).toEqual({ kind: "failed", sent: true, why });
});

test("where nobody listens, nothing was sent", async () => {
  const { port } = await serve(() => {});
  servers.splice(0).forEach((server) => server.close());
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(await guardedFetch({ url: `http://127.0.0.1:${port}/` }, CONFIGURED)).toMatchObject({
    kind: "failed",
    sent: false,
  });
});

test("a library that takes a fetch gets one within the same guard", async () => {
  const { port } = await serve((request, response) => {
    request.setEncoding("utf8");
    let body = "";
    request.on("data", (chunk: string) => (body += chunk));
    request.on("end", () =>
      response
        .writeHead(201, { "content-type": "application/json" })
        .end(JSON.stringify({ body, type: request.headers["content-type"] })),
    );
  });
  const get = fetchWithin(CONFIGURED);
  const answer = await get(`http://127.0.0.1:${port}/`, {
    method: "POST",
    body: new URLSearchParams({ a: "1" }),
    headers: new Headers({ "content-type": "application/x-www-form-urlencoded" }),
  });
  expect(answer.status).toBe(201);
  expect(await answer.json()).toEqual({ body: "a=1", type: "application/x-www-form-urlencoded" });
  await expect(fetchWithin(PUBLIC)(`http://127.0.0.1:${port}/`)).rejects.toThrow("fetch failed");
});
