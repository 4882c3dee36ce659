import { expect, test } from "vitest";
import { argumentFault } from "../../src/analysis/arguments.ts";
import { paramsFault } from "../../src/analysis/params.ts";
import { violates } from "../../src/domain/constraint.ts";
import { readLimit } from "../../src/domain/limit.ts";

const prefix = (text: string) => ({ kind: "prefix", argument: "at", prefix: text }) as const;
const glob = (pattern: string) => ({ kind: "glob", argument: "at", pattern, base: "/srv/docs" }) as const;

test.each([
  "/srv/docs/../../etc/passwd",
  "/srv/docs/..",
  "/srv/docs/%2e%2e/%2E%2e/etc/passwd",
  "/srv/docs/%252e%252e/etc/passwd",
  "/srv/docs/..%2f..%2fetc/passwd",
  "/srv/docs/..\\..\\secret",
  "/srv/docs/..;/admin",
  "/srv/docs/.\t./.\n./etc/passwd",
  "/srv/docs/..?x=1",
])("a text that starts inside a prefix and then climbs out of it is outside: %j", (at) => {
  expect(violates(prefix("/srv/docs/"), { at })).not.toBeNull();
});

test.each(["/srv/docs/a..b", "/srv/docs/...", "/srv/docs/.hidden", "/srv/docs/wait... what"])(
  "dots that climb nowhere stay inside a prefix: %j",
  (at) => {
    expect(violates(prefix("/srv/docs/"), { at })).toBeNull();
  },
);

test.each(["https://api.example.com", "https://api.example.com:44", "https://"])(
  "a prefix that ends inside a host's name is refused when it is written, for other hosts begin like it: %j",
  (text) => {
    expect(readLimit("url", { prefix: text }, "/", "/")).toMatchObject({ kind: "refused" });
  },
);

test("a prefix that ends after the host holds for that host alone", () => {
  const read = readLimit("at", { prefix: "https://api.example.com/" }, "/", "/");
  if (read.kind !== "limit") throw new Error(read.why);
  expect(violates(read.constraint, { at: "https://api.example.com/v1" })).toBeNull();
  for (const at of ["https://api.example.com.evil.example/", "https://api.example.com@evil.example/", "https:/x"])
    expect(violates(read.constraint, { at })).not.toBeNull();
});

test.each([
  "../../etc/passwd",
  "/srv/docs/../secret",
  "/srv/docs\u0000/../secret",
  "~/secret",
  "/SRV/docs/a",
  "/srv/docs2/a",
  "",
])("a path glob is held against what a path names, not how it is spelt: %j", (at) => {
  expect(violates(glob("/srv/docs/**"), { at })).not.toBeNull();
});

test("a member that only a prototype has satisfies no limit", () => {
  for (const argument of ["constructor", "__proto__", "toString", "constructor.name"])
    expect(violates({ kind: "prefix", argument, prefix: "f" }, {})).not.toBeNull();
});

test.each([[["/etc/passwd"]], ["/etc/passwd"], [7], [null]])(
  "arguments that are no object are refused, not judged as none: %j",
  (given) => {
    expect(paramsFault("tools/call", { name: "look", arguments: given })).toMatchObject({ code: "call_unparsed" });
  },
);

test("a member hidden beside the arguments, which no policy or grant sees, is refused", () => {
  expect(paramsFault("tools/call", { name: "look", arguments: {}, path: "/etc/passwd" })).not.toBeNull();
  expect(paramsFault("tools/call", { name: "look", arguments: {}, inputResponses: {}, requestState: "s" })).toBeNull();
});

test("an undeclared argument that is empty is let by where the call only reads, one that says something is not", () => {
  const schema = { type: "object", properties: {} };
  expect(argumentFault("box__look", schema, { properties: {} }, true)).toBeNull();
  expect(argumentFault("box__look", schema, { properties: {} })).toMatchObject({ code: "argument_undeclared" });
  expect(argumentFault("box__look", schema, { room: "*" }, true)).toMatchObject({ code: "argument_undeclared" });
});

test("an argument named like a member of every object is undeclared all the same", () => {
  const schema = { type: "object", properties: { at: { type: "string" } } };
  const input = JSON.parse('{"at":"x","__proto__":{"admin":true}}') as never;
  expect(argumentFault("box__look", schema, input)).toMatchObject({ code: "argument_undeclared" });
  expect(argumentFault("box__look", schema, { constructor: 1 } as never)).toMatchObject({
    code: "argument_undeclared",
  });
});
