import fc from "fast-check";
import { expect, test } from "vitest";
import { judgeWhole, parsePolicy, type TypeAndId } from "../../src/policy/cedar.ts";
import { wasmEvaluator } from "../../src/policy/evaluator.ts";
import { entityKey, type Rule, SliceIndex } from "../../src/policy/slice.ts";

// A small world: users in teams in one company, files in folders, actions in two groups.
const PARENTS: Readonly<Record<string, readonly string[]>> = {
  'User::"ann"': ['Team::"red"', 'Team::"blue"'],
  'User::"bob"': ['Team::"blue"'],
  'User::"eve"': [],
  'Team::"red"': ['Company::"c"'],
  'Team::"blue"': ['Company::"c"'],
  'File::"a"': ['Folder::"x"'],
  'File::"b"': ['Folder::"y"'],
  'Folder::"y"': ['Folder::"x"'],
  'Action::"read"': ['Action::"any"'],
  'Action::"write"': ['Action::"change"', 'Action::"any"'],
  'Action::"drop"': ['Action::"change"'],
  'Action::"change"': ['Action::"any"'],
};
const USERS = ['User::"ann"', 'User::"bob"', 'User::"eve"', 'User::"ANN"'];
const ACTIONS = ['Action::"read"', 'Action::"write"', 'Action::"drop"'];
const FILES = ['File::"a"', 'File::"b"', 'File::"gone"'];

function uid(text: string): TypeAndId {
  const [type = "", id = ""] = text.split("::");
  return { type, id: JSON.parse(id) as string };
}

function above(text: string): readonly string[] {
  const found = new Set([text]);
  for (const one of found) for (const parent of PARENTS[one] ?? []) found.add(parent);
  return [...found].map((one) => entityKey(uid(one)));
}

const entities = Object.entries(PARENTS).map(([child, parents]) => ({
  uid: uid(child),
  attrs: {},
  parents: parents.map(uid),
}));

const principal = fc.oneof(
  fc.constantFrom("principal", "principal is User", "principal is Team"),
  fc.constantFrom(...USERS).map((one) => `principal == ${one}`),
  fc.constantFrom(...USERS, 'Team::"red"', 'Team::"blue"', 'Company::"c"').map((one) => `principal in ${one}`),
  fc.constantFrom('Team::"red"', 'Company::"c"').map((one) => `principal is User in ${one}`),
);
const action = fc.oneof(
  fc.constant("action"),
  fc.constantFrom(...ACTIONS).map((one) => `action == ${one}`),
  fc.constantFrom(...ACTIONS, 'Action::"any"', 'Action::"change"').map((one) => `action in ${one}`),
  fc.subarray([...ACTIONS, 'Action::"any"', 'Action::"change"']).map((some) => `action in [${some.join(", ")}]`),
);
const resource = fc.oneof(
  fc.constantFrom("resource", "resource is File", "resource is Folder"),
  fc.constantFrom(...FILES).map((one) => `resource == ${one}`),
  fc.constantFrom(...FILES, 'Folder::"x"', 'Folder::"y"').map((one) => `resource in ${one}`),
  fc.constantFrom('Folder::"x"', 'Folder::"y"').map((one) => `resource is File in ${one}`),
);
const condition = fc.constantFrom(
  "",
  "when { context.n > 5 }",
  "when { context.missing }",
  "when { context.n * 9223372036854775807 > 0 }",
  'unless { context has s && context.s like "a*" }',
  'when { principal in Team::"red" }',
  "unless { 1 + true == 2 }",
);
const policy = fc
  .tuple(fc.constantFrom("permit", "permit", "forbid"), principal, action, resource, condition)
  .map(([effect, p, a, r, c]) => `${effect} (${p}, ${a}, ${r}) ${c};`);

function rules(texts: readonly string[]): readonly Rule[] {
  return texts.map((text, i) => {
    const parsed = parsePolicy(text);
    if (parsed.kind === "failed") throw new Error(`${text}: ${parsed.errors[0]?.message}`);
    return { id: `p${i}`, text, json: parsed.value };
  });
}

test("a slice decides as the whole set does: the same decision, the same reasons, the same errors", () => {
  fc.assert(
    fc.property(
      fc.array(policy, { minLength: 2, maxLength: 9 }),
      fc.constantFrom(...USERS),
      fc.constantFrom(...ACTIONS),
      fc.constantFrom(...FILES),
      fc.record({ n: fc.constantFrom(0, 1, 9), s: fc.constantFrom("abc", "xyz") }, { requiredKeys: ["n"] }),
      (texts, who, what, which, context) => {
        const set = rules(texts);
        const query = { principal: uid(who), action: uid(what), resource: uid(which), context, entities, schema: null };
        const slice = new SliceIndex(set).find({ principal: above(who), action: above(what), resource: above(which) });
        const sliced = wasmEvaluator.evaluate(slice, query);
        const whole = judgeWhole(Object.fromEntries(set.map((rule) => [rule.id, rule.text])), query);
        if (sliced.kind === "failed" || whole.kind === "failed") return false;
        expect({
          allowed: sliced.decision === "allow",
          determining: [...sliced.determining].toSorted(),
          errors: sliced.errors.map((one) => one.policy).toSorted(),
        }).toEqual({
          allowed: whole.value.allowed,
          determining: [...whole.value.determining].toSorted(),
          errors: whole.value.errors.map((one) => one.policy).toSorted(),
        });
        return true;
      },
    ),
    { numRuns: 500 },
  );
}, 120_000);

test("names that differ only by case are different entities", () => {
  const index = new SliceIndex(rules(['permit (principal == User::"ann", action, resource);']));
  expect(index.find({ principal: above('User::"ANN"'), action: [], resource: [] }).rules).toEqual([]);
  expect(index.find({ principal: above('User::"ann"'), action: [], resource: [] }).rules).toHaveLength(1);
});

test("the same rules are the same slice, whichever request they were found for", () => {
  const index = new SliceIndex(rules(["permit (principal, action, resource);"]));
  expect(index.find({ principal: ["a"], action: [], resource: [] })).toBe(
    index.find({ principal: ["b"], action: [], resource: [] }),
  );
});

test("more slices than the pool holds are still judged by their own rules", () => {
  const set = rules(
    Array.from(
      { length: 2_300 },
      (_, i) => `permit (principal == User::"u${i}", action, resource) when { context.n == ${i} };`,
    ),
  );
  const index = new SliceIndex(set);
  const judge = (i: number, n: number): string => {
    const who = { type: "User", id: `u${i}` };
    const slice = index.find({ principal: [entityKey(who)], action: [], resource: [] });
    const got = wasmEvaluator.evaluate(slice, {
      principal: who,
      action: uid('Action::"read"'),
      resource: uid('File::"a"'),
      context: { n },
      entities: [],
      schema: null,
    });
    return got.kind === "evaluated" ? `${got.decision} ${got.determining.join()}` : got.why;
  };
  for (let i = 0; i < 2_300; i++) expect(judge(i, i)).toBe(`allow p${i}`);
  for (const i of [0, 1, 2_299]) expect([judge(i, i), judge(i, i + 1)]).toEqual([`allow p${i}`, "deny "]);
}, 60_000);

test("a request that the engine cannot take in is a failure, not a throw", () => {
  const index = new SliceIndex(rules(["permit (principal, action, resource);"]));
  const slice = index.find({ principal: [], action: [], resource: [] });
  const base = {
    principal: uid('User::"ann"'),
    action: uid('Action::"read"'),
    resource: uid('File::"a"'),
    entities: [],
    schema: null,
  };
  for (const context of [{ n: 1n }, { n: null }, { n: 1.5 }, { n: "\ud800" }])
    expect(wasmEvaluator.evaluate(slice, { ...base, context }).kind).toBe("failed");
  expect(wasmEvaluator.evaluate(slice, { ...base, context: {} }).kind).toBe("evaluated");
});
