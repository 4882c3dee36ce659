import { expect, test } from "vitest";
import { loadPolicies } from "../../src/policy/load.ts";
import { input, load, PERMIT, problems } from "./kit.ts";

const CASES: readonly { name: string; text: string; code: string; hint?: string; at?: [number, number] }[] = [
  {
    name: "a misspelt annotation",
    text: `@id("a")\n@aks("approver")\nforbid (principal, action, resource);`,
    code: "annotation_unknown",
    hint: "did you mean `ask`?",
    at: [2, 1],
  },
  {
    name: "an annotation that does not exist",
    text: `@id("a") @severity("high") forbid (principal, action, resource);`,
    code: "annotation_unknown",
    hint: "the annotations are @id, @reason, @hint, @ask, @obligation",
  },
  { name: "a policy without an id", text: `permit (principal, action, resource);`, code: "policy_id_missing" },
  {
    name: "a misspelt id",
    text: `@ids("a") permit (principal, action, resource);`,
    code: "annotation_unknown",
    hint: "did you mean `id`?",
  },
  { name: "an empty id", text: `@id permit (principal, action, resource);`, code: "annotation_empty" },
  {
    name: "an id with a line break",
    text: `@id("a\\nb") permit (principal, action, resource);`,
    code: "policy_id_invalid",
  },
  { name: "the same id twice", text: `${PERMIT}\n${PERMIT}`, code: "policy_id_duplicate", at: [2, 1] },
  {
    name: "an ask on a permit",
    text: `@id("a") @ask("approver") permit (principal, action, resource);`,
    code: "annotation_misplaced",
  },
  { name: "an ask of nobody", text: `@id("a") @ask forbid (principal, action, resource);`, code: "annotation_empty" },
  {
    name: "an ask of a role that no person can hold",
    text: `@id("a") @ask("aprover") forbid (principal, action, resource);`,
    code: "role_unknown",
    hint: "did you mean `approver`?",
  },
  {
    name: "an obligation on a forbid",
    text: `@id("a") @obligation("redact-result") forbid (principal, action, resource);`,
    code: "annotation_misplaced",
  },
  {
    name: "an obligation that nobody would carry out",
    text: `@id("a") @obligation("redact-secrets, redact-reslt") permit (principal, action, resource);`,
    code: "obligation_unknown",
    hint: "did you mean `redact-result`?",
  },
  {
    name: "a tool that does not exist",
    text: `@id("a") permit (principal, action == Writ::Action::"shop__bye", resource);`,
    code: "tool_unknown",
    hint: "did you mean `shop__buy`?",
    at: [1, 39],
  },
  {
    name: "a tool in a condition that does not exist",
    text: `@id("a") permit (principal, action, resource) when { action in [Writ::Action::"call", Writ::Action::"shop__bye"] };`,
    code: "tool_unknown",
    hint: "did you mean `shop__buy`?",
  },
  {
    name: "a tool of a server that has not been seen",
    text: `@id("a") permit (principal, action == Writ::Action::"docs__read_file", resource);`,
    code: "tool_unknown",
    hint: "the tools of `docs` have not been seen: start it, or check the name",
  },
  {
    name: "a tool of a server that does not exist",
    text: `@id("a") permit (principal, action == Writ::Action::"mailbox__read", resource);`,
    code: "tool_unknown",
    hint: "there is no server `mailbox` in writ.yaml",
  },
  {
    name: "a tool without its server",
    text: `@id("a") permit (principal, action == Writ::Action::"buy", resource);`,
    code: "tool_unknown",
  },
  {
    name: "an agent that does not exist",
    text: `@id("a") permit (principal == Writ::Agent::"clark", action, resource);`,
    code: "agent_unknown",
    hint: "did you mean `clerk`?",
  },
  {
    name: "a role that no agent has",
    text: `@id("a") permit (principal in Writ::Role::"buyers", action, resource);`,
    code: "role_unknown",
    hint: "did you mean `buyer`?",
  },
  {
    name: "a server that does not exist",
    text: `@id("a") permit (principal, action, resource == Writ::Server::"shopp");`,
    code: "server_unknown",
    hint: "did you mean `shop`?",
  },
  {
    name: "a tool of one server on another",
    text: `@id("a") forbid (principal, action == Writ::Action::"shop__buy", resource == Writ::Server::"docs");`,
    code: "policy_never_matches",
  },
  {
    name: "a scope that fits no tool",
    text: `@id("a") forbid (principal, action in Writ::Action::"call", resource is Writ::Agent);`,
    code: "policy_never_applies",
  },
  {
    name: "a type outside the namespace",
    text: `@id("a") permit (principal == Agent::"clerk", action, resource);`,
    code: "type_unknown",
    hint: "did you mean `Writ::Agent`?",
  },
  {
    name: "a type that does not exist",
    text: `@id("a") permit (principal is Writ::Agnt, action, resource);`,
    code: "type_unknown",
    hint: "did you mean `Writ::Agent`?",
  },
  {
    name: "an attribute that does not exist",
    text: `@id("a") permit (principal, action, resource) when { context.task.cals < 3 };`,
    code: "attribute_unknown",
    hint: "did you mean `calls`?",
    at: [1, 54],
  },
  {
    name: "an argument that does not exist",
    text: `@id("a") permit (principal, action == Writ::Action::"shop__buy", resource) when { context.input.prise == decimal("1.0") };`,
    code: "attribute_unknown",
    hint: "did you mean `price`?",
  },
  {
    name: "an optional argument read without `has`",
    text: `@id("a") forbid (principal, action == Writ::Action::"shop__buy", resource) when { context.input.note == "x" };`,
    code: "attribute_optional",
  },
  {
    name: "values of two types compared",
    text: `@id("a") permit (principal, action == Writ::Action::"shop__buy", resource) when { context.input.quantity > "2" };`,
    code: "type_mismatch",
  },
  {
    name: "an effect that does not exist",
    text: `@id("a") forbid (principal, action in Writ::Action::"call", resource) when { context.effects.kinds.contains("wirte") };`,
    code: "value_unknown",
    hint: "did you mean `write`?",
  },
  {
    name: "a tier that does not exist",
    text: `@id("a") forbid (principal, action in Writ::Action::"call", resource) when { "advance" == context.tier };`,
    code: "value_unknown",
    hint: "did you mean `advanced`?",
  },
  {
    name: "a number beyond what JavaScript holds exactly",
    text: `@id("a") forbid (principal, action == Writ::Action::"shop__buy", resource) when { context.input.quantity > 9007199254740993 };`,
    code: "literal_too_large",
  },
  { name: "a template", text: `@id("a") permit (principal == ?principal, action, resource);`, code: "policy_template" },
  { name: "a string that is not closed", text: `@id("a permit (principal, action, resource);`, code: "policy_syntax" },
  { name: "a policy that is not finished", text: `@id("a") permit (principal, action`, code: "policy_syntax" },
  { name: "text that is no policy", text: `${PERMIT} hello`, code: "policy_syntax" },
  {
    name: "nesting without end",
    text: `@id("a") permit (principal, action, resource) when { ${"(".repeat(5000)}true${")".repeat(5000)} };`,
    code: "policy_too_deep",
  },
  {
    name: "negation without end",
    text: `@id("a") permit (principal, action, resource) when { ${"!".repeat(50_000)}true };`,
    code: "policy_too_deep",
  },
];

test.each(CASES)("$name is refused when policies are loaded", ({ text, code, hint, at }) => {
  const found = problems(text);
  expect(found.map((one) => one.code)).toEqual([code]);
  if (hint !== undefined) expect(found[0]?.hint).toBe(hint);
  if (at !== undefined) expect([found[0]?.line, found[0]?.column]).toEqual(at);
  expect(found[0]?.file).toBe("test.cedar");
});

test("every problem of every file is told at once, in order", () => {
  const files = [
    {
      name: "a.cedar",
      text: `// ünïcode; "\n@id("ü")\npermit (principal, action, resource);\n@id("b") permit (principal, action, resource) when { context.tsk == "ü" && context.tier == "x" };`,
    },
    { name: "b.cedar", text: `permit (principal, action, resource);` },
  ];
  expect(problems("", { files }).map((one) => `${one.file}:${one.line}:${one.column} ${one.code}`)).toEqual([
    "a.cedar:2:1 policy_id_invalid",
    "a.cedar:4:54 attribute_unknown",
    "a.cedar:4:92 value_unknown",
    "b.cedar:1:1 policy_id_missing",
  ]);
});

test("nothing is in force when one policy of many is wrong", () => {
  expect(
    loadPolicies(input(`${PERMIT} @id("b") forbid (principal, action, resource) when { context.nope };`)).kind,
  ).toBe("refused");
});

test("a `;`, a comment sign or a quote inside a string ends nothing", () => {
  const { set } = load(
    `@id("a") @reason("one; // two \\" three") forbid (principal, action, resource) when { context.tier == "foundation" }; // "; \n${PERMIT}`,
  );
  expect(set.rules.map((rule) => [rule.id, rule.ref.line])).toEqual([
    ["a", 1],
    ["all", 2],
  ]);
});

test("an empty set loads, and says loudly that nothing is permitted", () => {
  expect(load("").warnings.map((one) => one.code)).toEqual(["policies_empty"]);
  expect(load('@id("f") forbid (principal, action, resource);').warnings.map((one) => one.code)).toEqual([
    "policies_permit_nothing",
  ]);
});

test("a condition that can never hold is a warning", () => {
  expect(
    load(`${PERMIT} @id("n") forbid (principal, action, resource) when { 1 == 2 };`).warnings.map((one) => one.code),
  ).toEqual(["policy_impossible"]);
});

test("the version moves with the text, the tools and the agents, and with nothing else", () => {
  const version = (over = {}): string => load(PERMIT, over).set.version;
  expect(version()).toBe(version());
  expect(version({ definitions: [] })).not.toBe(version());
  expect(version({ agents: [] })).not.toBe(version());
  expect(version({ files: [{ name: "test.cedar", text: `${PERMIT} ` }] })).not.toBe(version());
  expect(version()).toMatch(/^sha-256:[A-Za-z0-9_-]{43}$/);
});
