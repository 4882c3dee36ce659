import fc from "fast-check";
import { expect, test } from "vitest";
import { judgeWhole, parsePolicy } from "../../src/policy/cedar.ts";
import { compiledEvaluator, judge } from "../../src/policy/compiled/evaluator.ts";
import type { Query } from "../../src/policy/evaluator.ts";
import type { Rule } from "../../src/policy/slice.ts";

// Expressions of every kind, well-typed and not, over values that lie where mistakes would: the ends of 64 bits, the ends
// of what a number holds exactly, repeated members, names that differ by normalisation, escapes inside records.

const longs = [
  "0",
  "3",
  "-1",
  "9007199254740991",
  "9007199254740993",
  "9223372036854775807",
  "context.n",
  "context.big",
];
const texts = ['""', '"read"', '"é"', '"e\\u{301}"', '"a*b"', "context.word", "context.deep.word"];
const sets = [
  "[]",
  '["read"]',
  '["write", "read", "write"]',
  "[1, true]",
  "context.kinds",
  "context.pairs",
  "[[1], [1]]",
];
const entities = ["principal", "action", "resource", 'P::"x"', 'P::"y"', 'G::"top"', "context.who", 'P::"unknown"'];
const records = ["{}", "{a: 1}", "{a: 1, b: {c: [2]}}", "context", "context.deep", "context.records"];
const decimals = [
  'decimal("1.0")',
  'decimal("1.0000")',
  'decimal("-0.5")',
  'decimal("922337203685477.5807")',
  "context.amount",
];
const booleans = ["true", "false", "context.flag", "context.other", "context.missing", "context.deep.flag"];

const any = fc.constantFrom(...longs, ...texts, ...sets, ...entities, ...records, ...decimals, ...booleans);
const one = (kind: readonly string[]) =>
  fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...kind) }, { weight: 1, arbitrary: any });
const infix = (operators: readonly string[], left: fc.Arbitrary<string>, right: fc.Arbitrary<string>) =>
  fc.tuple(left, fc.constantFrom(...operators), right).map(([a, operator, b]) => `(${a} ${operator} ${b})`);
const method = (names: readonly string[], left: fc.Arbitrary<string>, right: fc.Arbitrary<string>) =>
  fc.tuple(left, fc.constantFrom(...names), right).map(([a, name, b]) => `${a}.${name}(${b})`);

const { long } = fc.letrec<{ long: string }>((tie) => ({
  long: fc.oneof(
    { maxDepth: 2 },
    { weight: 2, arbitrary: one(longs) },
    infix(["+", "-", "*"], tie("long"), tie("long")),
    tie("long").map((a) => `(-(${a}))`),
  ),
}));

/** One operation, over operands of the kind it is for most of the time. */
const operation = fc.oneof(
  infix(["==", "!="], any, any),
  ...[longs, sets, entities, records, decimals].map((kind) => infix(["==", "!="], one(kind), one(kind))),
  infix(["<", "<=", ">", ">=", "=="], long, long),
  infix(["<", "<=", ">", ">="], one(["3", "-1", "context.n"]), one(["3", "-1", "context.n"])),
  method(["contains"], one(sets), any),
  method(["containsAll", "containsAny"], one(sets), one(sets)),
  one(sets).map((a) => `${a}.isEmpty()`),
  infix(
    ["in"],
    one(entities),
    fc.oneof(
      one(entities),
      fc.subarray(entities).map((some) => `[${some.join(", ")}]`),
    ),
  ),
  fc
    .tuple(one(entities), fc.constantFrom("P", "G", "P in principal", 'P in G::"top"', 'G in G::"top"'))
    .map(([a, type]) => `(${a} is ${type})`),
  infix(
    ["has"],
    fc.oneof(one(records), one(entities)),
    fc.constantFrom("a", "flag", '"__proto__"', "deep", "deep.flag", "a.b", "age"),
  ),
  infix(
    ["like"],
    one(texts),
    fc.constantFrom(
      '"*"',
      '""',
      '"*a*"',
      '"a\\*b"',
      '"r*d"',
      '"*é"',
      '"re*ead"',
      '"***"',
      '"*ea*ad"',
      '"*e*d"',
      '"rea"',
    ),
  ),
  method(["hasTag"], one(entities), one(['"level"', '"none"', "context.word"])),
  fc.tuple(one(entities), fc.constantFrom('"level"', '"none"')).map(([a, key]) => `(${a}.getTag(${key}) == 2)`),
  fc.tuple(one(entities), fc.constantFrom("age", "none")).map(([a, name]) => `(${a}.${name} == 7)`),
  method(["lessThan", "lessThanOrEqual", "greaterThan", "greaterThanOrEqual"], one(decimals), one(decimals)),
);

const { expression } = fc.letrec<{ expression: string }>((tie) => ({
  expression: fc.oneof(
    { maxDepth: 4 },
    one(booleans),
    operation,
    infix(["&&", "||"], tie("expression"), tie("expression")),
    tie("expression").map((a) => `!(${a})`),
    fc
      .tuple(tie("expression"), tie("expression"), tie("expression"))
      .map(([a, b, c]) => `(if ${a} then ${b} else ${c})`),
  ),
}));

const scopes = {
  principal: [
    "principal",
    'principal == P::"x"',
    'principal in G::"top"',
    "principal is P",
    'principal is P in G::"mid"',
    "principal is G",
  ],
  action: ["action", 'action == Action::"a"', 'action in Action::"all"', 'action in [Action::"b", Action::"all"]'],
  resource: ["resource", 'resource == R::"r"', "resource is R", 'resource in G::"top"'],
} as const;
const policy = fc
  .record({
    effect: fc.constantFrom("permit", "forbid"),
    principal: fc.constantFrom(...scopes.principal),
    action: fc.constantFrom(...scopes.action),
    resource: fc.constantFrom(...scopes.resource),
    clauses: fc.array(fc.tuple(fc.constantFrom("when", "unless"), expression), { maxLength: 3 }),
  })
  .map(
    ({ effect, principal, action, resource, clauses }) =>
      `${effect} (${principal}, ${action}, ${resource}) ${clauses.map(([kind, body]) => `${kind} { ${body} }`).join(" ")};`,
  );

const value = fc.record({
  flag: fc.boolean(),
  other: fc.boolean(),
  n: fc.constantFrom(3, -1, 0, 9007199254740991),
  big: fc.constantFrom(9007199254740991, -9007199254740991),
  word: fc.constantFrom("read", "é", "", "a*b", "level"),
  kinds: fc.subarray(["read", "write", "é"]),
  pairs: fc.constantFrom([], [1, true], [[1], [1, 1]], [{ a: 1 }]),
  deep: fc.record({ flag: fc.boolean(), word: fc.constantFrom("x", "read") }),
  records: fc.constantFrom({}, { a: 1 }, { b: { c: [2, 2] }, a: 1 }),
  who: fc.constantFrom({ __entity: { type: "P", id: "y" } }, { __entity: { type: "P", id: "gone" } }),
  amount: fc.constantFrom("1.0", "-0.5", "0.0001").map((arg) => ({ __extn: { fn: "decimal", arg } })),
});

const uid = (type: string, id: string) => ({ type, id });
const world = [
  { uid: uid("P", "x"), attrs: { age: 7 }, parents: [uid("G", "mid")], tags: { level: 2 } },
  { uid: uid("P", "y"), attrs: {}, parents: [], tags: {} },
  { uid: uid("G", "mid"), attrs: {}, parents: [uid("G", "top")] },
  { uid: uid("Action", "a"), attrs: {}, parents: [uid("Action", "all")] },
];

function query(context: object): Query {
  return {
    principal: uid("P", "x"),
    action: uid("Action", "a"),
    resource: uid("R", "r"),
    context,
    entities: world,
    schema: null,
  };
}

function ruleOf(text: string, i: number): Rule {
  const parsed = parsePolicy(text);
  if (parsed.kind === "failed") throw new Error(`${text}: ${parsed.errors[0]?.message}`);
  return { id: `p${i}`, text, json: parsed.value };
}

/** Holds the compiled answer against the engine's; returns how often there was one. */
function compare(policies: fc.Arbitrary<readonly string[]>, numRuns: number): number {
  let answered = 0;
  fc.assert(
    fc.property(policies, value, (written, context) => {
      const rules = written.map(ruleOf);
      const quick = judge({ rules }, query(context));
      if (quick === null) return;
      answered++;
      const whole = judgeWhole(Object.fromEntries(rules.map((rule) => [rule.id, rule.text])), query(context));
      if (whole.kind === "failed") throw new Error(whole.errors[0]?.message);
      if (quick.kind === "failed") throw new Error(quick.why);
      const { decision, determining } = quick;
      expect({ allowed: decision === "allow", determining: determining.toSorted(), errors: [] }).toEqual({
        allowed: whole.value.allowed,
        determining: whole.value.determining.toSorted(),
        errors: whole.value.errors,
      });
    }),
    { numRuns },
  );
  return answered;
}

// A judge that always doubts would agree with everything.
test("an expression, compiled, gives the engine's answer or none", () => {
  const alone = operation.map((body) => [`permit (principal, action, resource) when { ${body} };`]);
  expect(compare(alone, 6_000)).toBeGreaterThan(2_000);
});

test("policies together, compiled, give the engine's answer or none", () => {
  expect(compare(fc.array(policy, { minLength: 1, maxLength: 3 }), 2_000)).toBeGreaterThan(500);
});

test.each([
  ["an error of evaluation", "context.missing"],
  ["an overflow", "context.n + 9223372036854775807 > 0"],
  ["a whole number that JavaScript rounds", "context.n == 9007199254740993"],
  ["an address", 'ip("10.0.0.1").isLoopback()'],
  ["a value that is no boolean on the right of &&", "true && context.n"],
  ["a set of thousands of records compared with another", "context.many.containsAll(context.many)"],
])("%s is left to the engine", (_, body) => {
  const rule = ruleOf(`permit (principal, action, resource) when { ${body} };`, 0);
  const many = Array.from({ length: 2_000 }, (_unused, i) => ({ i }));
  expect(judge({ rules: [rule] }, query({ n: 3, many }))).toBeNull();
});

test("a policy that fails to evaluate is named with the engine's own words", () => {
  const rule = ruleOf('permit (principal, action, resource) when { context.missing == "x" };', 0);
  const answer = compiledEvaluator.evaluate({ rules: [rule] }, query({ n: 3 }));
  expect(answer).toMatchObject({ kind: "evaluated", decision: "deny", errors: [{ policy: "p0" }] });
  expect(answer.kind === "evaluated" && answer.errors[0]?.message).toContain("missing");
});

test("thousands of plain members are compared without comparing each with each", () => {
  const rule = ruleOf("permit (principal, action, resource) when { context.many.containsAll(context.many) };", 0);
  const many = Array.from({ length: 100_000 }, (_, i) => `x${i}`);
  expect(judge({ rules: [rule] }, query({ many }))).toMatchObject({ decision: "allow" });
});
