import { expect, test } from "vitest";
import type { Evaluator } from "../../src/policy/evaluator.ts";
import { explain, explanationLines } from "../../src/policy/explain.ts";
import { loadPolicies } from "../../src/policy/load.ts";
import { buy, input, load, PERMIT, request, tool, verdict } from "./kit.ts";

const ASK =
  '@id("big") @ask("approver") @reason("a large order") forbid (principal, action == Writ::Action::"shop__buy", resource) when { context.input.quantity > 10 };';
const NEVER =
  '@id("never") @reason("not at night") @hint("try by day") forbid (principal, action == Writ::Action::"shop__buy", resource) when { context.input.quantity > 100 };';
const of = (quantity: number) => ({ input: { item: "pen", quantity, price: 1 } });

test("without a policy nothing is permitted", () => {
  expect(verdict("")).toEqual({ kind: "deny", policies: [], why: null, hint: null });
});

test("a permit names the policy, its file and its line", () => {
  expect(verdict(`\n${PERMIT}`)).toEqual({
    kind: "permit",
    policies: [{ id: "all", file: "test.cedar", line: 2 }],
    obligations: [],
  });
});

test("only ask forbids stand in the way: a person is asked, with the reason", () => {
  expect(verdict(PERMIT + ASK, of(11))).toMatchObject({
    kind: "ask",
    asks: [{ policy: "big", role: "approver", why: "a large order" }],
    policies: [{ id: "big" }],
  });
});

test("a forbid beside an ask denies, and nobody is asked", () => {
  expect(verdict(PERMIT + ASK + NEVER, of(101))).toMatchObject({
    kind: "deny",
    policies: [{ id: "never" }],
    why: "not at night",
    hint: "try by day",
  });
});

test("an ask asks nobody for what nothing permits", () => {
  expect(verdict(ASK, of(11))).toEqual({ kind: "deny", policies: [], why: null, hint: null });
});

test("a permit that cannot reach the call is no permit behind an ask", () => {
  const other = '@id("other") permit (principal == Writ::Agent::"guest", action, resource);';
  expect(verdict(other + ASK, of(11)).kind).toBe("deny");
});

test("obligations of the deciding permits come along, once each", () => {
  const text =
    '@id("a") @obligation("redact-result, rows=3") permit (principal, action, resource); @id("b") @obligation("redact-result") permit (principal, action, resource); @id("c") @obligation("block-secrets") permit (principal, action, resource) when { context.tier == "advanced" };';
  const obligations = [{ kind: "redact-result" }, { kind: "rows", most: 3 }];
  expect(verdict(text)).toMatchObject({ kind: "permit", obligations });
});

test("what a person's answer lifts keeps the obligations of what it lets through", () => {
  const text = '@id("all") @obligation("redact-secrets") permit (principal, action, resource);';
  expect(verdict(text + ASK, of(11))).toMatchObject({ kind: "ask", obligations: [{ kind: "redact-secrets" }] });
});

test("a forbid whose condition overflows denies", () => {
  const text =
    '@id("limit") forbid (principal, action == Writ::Action::"shop__buy", resource) when { context.input.quantity * 2000 > 100000 };';
  expect(verdict(PERMIT + text, of(2)).kind).toBe("permit");
  expect(verdict(PERMIT + text, of(Number.MAX_SAFE_INTEGER))).toMatchObject({
    kind: "error",
    policies: [{ id: "limit" }],
    why: expect.stringContaining("overflow"),
  });
});

test("a permit that fails denies as well, though another one permits", () => {
  const text =
    '@id("p") permit (principal, action == Writ::Action::"shop__buy", resource) when { context.input.quantity * 2000 > 100000 };';
  expect(verdict(PERMIT + text, of(Number.MAX_SAFE_INTEGER)).kind).toBe("error");
});

test("a required argument that Cedar cannot hold fails the rule that reads it", () => {
  const text =
    '@id("cheap") forbid (principal, action == Writ::Action::"shop__buy", resource) when { context.input.price.greaterThan(decimal("10.0")) };';
  expect(verdict(PERMIT + text, { input: { item: "pen", quantity: 1, price: 10.5 } }).kind).toBe("deny");
  expect(verdict(PERMIT + text, { input: { item: "pen", quantity: 1, price: 1.23456 } }).kind).toBe("error");
});

test("a failing policy whose scope is elsewhere does not matter", () => {
  const text =
    '@id("elsewhere") forbid (principal == Writ::Agent::"guest", action == Writ::Action::"shop__buy", resource) when { context.input.quantity * 2000 > 1 };';
  expect(verdict(PERMIT + text, of(Number.MAX_SAFE_INTEGER)).kind).toBe("permit");
});

test("roles and groups bring a policy into the slice", () => {
  const text =
    '@id("buyers") permit (principal in Writ::Role::"buyer", action in [Writ::Action::"call"], resource in Writ::Server::"shop");';
  expect(verdict(text).kind).toBe("permit");
  expect(verdict(text, { agent: "guest" }).kind).toBe("deny");
  expect(verdict(text, { tool: "docs__$list", definition: null, input: {} }).kind).toBe("deny");
});

test("a tool cannot name itself into the policies of another", () => {
  const twin = (name: string) => tool("shop", name, { type: "object" });
  const names = ["a", "a\u0001b", "a\u0002b", "a\0b", 'a","b', 'a"],["b'];
  const definitions = names.map(twin);
  const { set } = load('@id("a") permit (principal, action == Writ::Action::"shop__a", resource);', { definitions });
  const kinds = definitions.map(
    (definition) => set.evaluate(request({ tool: `shop__${definition.name}`, definition, input: {} })).kind,
  );
  expect(kinds).toEqual(["permit", "deny", "deny", "deny", "deny", "deny"]);
});

test("a tool that takes the name of a reserved action is not judged as one", () => {
  const text = '@id("r") permit (principal, action == Writ::Action::"shop__$list", resource);';
  expect(verdict(text, { tool: "shop__$list", definition: null, input: {} }).kind).toBe("permit");
  expect(verdict(text, { tool: "shop__$list", definition: tool("shop", "$list", {}), input: {} }).kind).toBe("error");
});

test("a call of a definition that the set was not loaded for is not judged by it", () => {
  const changed = tool("shop", "buy", { type: "object", properties: { item: { type: "string" } } });
  expect(verdict(PERMIT, { definition: changed }).kind).toBe("error");
  expect(verdict(PERMIT, { tool: "shop__sell", definition: tool("shop", "sell", {}) }).kind).toBe("error");
});

test("an evaluator that cannot answer denies", () => {
  const broken: Evaluator = { evaluate: () => ({ kind: "failed", why: "no memory" }) };
  const loaded = loadPolicies(input(PERMIT), broken);
  expect(loaded.kind === "loaded" && loaded.set.evaluate(request())).toMatchObject({ kind: "error", why: "no memory" });
});

test("what moves with every call is known from the policies that can match", () => {
  const reads = (condition: string, sample = {}) =>
    load(
      `@id("x") forbid (principal, action == Writ::Action::"shop__buy", resource) when { ${condition} };`,
    ).set.readsCounters(request(sample));
  expect(reads("context.task.calls > 3")).toBe(true);
  expect(reads("context.task.elapsed > 3")).toBe(true);
  expect(reads('context["session"]["denials"] > 3')).toBe(true);
  expect(reads("[context.task].contains(context.task)")).toBe(true);
  expect(reads("[context.session].isEmpty()")).toBe(true);
  expect(reads("[context].isEmpty()")).toBe(true);
  expect(
    reads(
      'context.task.id == "calls" && context has session && context.session.readPrivate && context.session.risk > 2',
    ),
  ).toBe(false);
  expect(reads("context.task.calls > 3", { tool: "docs__$list", definition: null })).toBe(false);
});

test("explaining shows each policy that could match, whether it holds, and which decided", () => {
  const { set } = load(
    `${PERMIT}\n${ASK}\n@id("guests") permit (principal == Writ::Agent::"guest", action, resource);`,
  );
  const told = explain(set, request(of(11)));
  expect(told.considered.map((one) => [one.id, one.line, one.holds, one.decided])).toEqual([
    ["all", 1, "holds", false],
    ["big", 2, "holds", true],
  ]);
  expect(explanationLines(told)[0]).toBe("shop__buy by clerk: asked of approver");
  expect(told.total).toBe(3);
  expect(buy.name).toBe("buy");
});
