import { expect, test } from "vitest";
import { mayGo, readDestination } from "../../src/broker/vault/destination.ts";
import { describeDestination } from "../../src/domain/secret.ts";
import { createHouse } from "../authority/house.ts";

const { servers } = createHouse().configuration;

function reads(text: string): string {
  const read = readDestination(text, servers);
  return typeof read === "string" ? `refused: ${read}` : describeDestination(read);
}

test("a server's name stands for its address and what an MCP client sends there", () => {
  expect(reads("shop")).toBe("POST,GET,DELETE http://127.0.0.1:9001/mcp");
  expect(reads("docs")).toContain("refused");
});

test.each([
  ["POST https://api.example.com/v1/*", "POST https://api.example.com/v1/*"],
  ["https://API.example.com:443/a/../b", "https://api.example.com/b"],
  ["GET,POST https://api.example.com/repos/**", "GET,POST https://api.example.com/repos/**"],
])("%s is one place", (text, meant) => {
  expect(reads(text)).toBe(meant);
});

test.each([
  "nowhere",
  "http://api.example.com/",
  "https://*.example.com/",
  "https://user:pass@api.example.com/",
  "https://api.example.com/?key=1",
  "https://api.example.com/a/**/b",
  "https://api.example.com/a*",
  "https://api.example.com/a%2Fb",
  "post https://api.example.com/",
  "file:///etc/passwd",
])("%s is no place for a secret", (text) => {
  expect(reads(text)).toContain("refused");
});

const to = (text: string): Parameters<typeof mayGo>[0] => {
  const read = readDestination(text, servers);
  if (typeof read === "string") throw new Error(read);
  return [read];
};

test.each([
  ["GET", "https://api.example.com/v1/items", "another method"],
  ["POST", "https://api.example.com.evil.example/v1/items", "a host that begins like it"],
  ["POST", "https://evil.example/v1/items", "another host"],
  ["POST", "http://api.example.com/v1/items", "the same host in the clear"],
  ["POST", "https://api.example.com:8443/v1/items", "another port"],
  ["POST", "https://api.example.com/v1/../v2/items", "a path that climbs out"],
  ["POST", "https://api.example.com/v1/%2e%2e/v2", "a path that climbs out in disguise"],
  ["POST", "https://api.example.com/v1/..%2fv2", "an encoded slash"],
  ["POST", "https://api.example.com/v1/a/b", "one segment more"],
  ["POST", "https://api.example.com/v1", "one segment less"],
  ["POST", "https://api.example.com//v1/items", "an empty segment"],
  ["POST", "https://api.example.com/v1/a;b", "a path parameter"],
  ["POST", "https://api.example.com@evil.example/v1/items", "a host in disguise"],
])("%s %s is not where the secret may go: %s", (method, url) => {
  expect(mayGo(to("POST https://api.example.com/v1/*"), method, new URL(url))).toBe(false);
});

test("a secret goes to its own place, however the address is written", () => {
  const place = to("POST https://api.example.com/v1/*");
  for (const url of ["https://api.example.com/v1/items", "https://API.EXAMPLE.com:443/x/../v1/items"])
    expect(mayGo(place, "POST", new URL(url))).toBe(true);
  expect(mayGo(to("https://api.example.com/v1/**"), "GET", new URL("https://api.example.com/v1/a/b/c"))).toBe(true);
});
