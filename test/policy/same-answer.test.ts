import fc from "fast-check";
import { expect, test } from "vitest";
import { judgeWhole } from "../../src/policy/cedar.ts";
import { contextOf } from "../../src/policy/context.ts";
import { readInputSchema } from "../../src/policy/input-type.ts";
import { loadPolicies } from "../../src/policy/load.ts";
import { buy, input, request } from "./kit.ts";

const CONDITIONS = [
  "context.task.calls > 3",
  "context has task && context.task has calls && context.task.calls > 1",
  "[context.task].contains(context.task)",
  "context == context",
  '(if context.tier == "foundation" then context else context).session.risk > 1',
  "{a: context.session}.a.readPrivate",
  "context.input.quantity * 2000 > 10",
  'context.input has note && context.input.note like "a*"',
  'context has input.note && context.input.note != ""',
  'context.input.price.greaterThan(decimal("2.0"))',
  'principal.hasTag("sql.write") && principal.getTag("sql.write") >= 2',
  'principal in Writ::Role::"buyer"',
  'action in Writ::Action::"reverse"',
  '[Writ::Action::"shop__buy"].contains(action)',
  'context["effects"]["reversible"]',
  'context.effects.kinds.contains("write") || context.session.denials > 2',
  'resource == Writ::Server::"shop"',
  "context.approval.granted && !context.provenance.tainted.isEmpty()",
];

const rule = fc.record({
  effect: fc.constantFrom("permit", "forbid"),
  scope: fc.constantFrom(
    "principal",
    'principal in Writ::Role::"buyer"',
    'principal is Writ::Agent in Writ::Role::"buyer"',
    'principal == Writ::Agent::"clerk"',
  ),
  when: fc.constantFrom(...CONDITIONS),
  unless: fc.option(fc.constantFrom(...CONDITIONS)),
});

const sample = fc.record({
  agent: fc.constantFrom("clerk", "guest"),
  input: fc.record(
    {
      item: fc.constant("pen"),
      quantity: fc.constantFrom(1, Number.MAX_SAFE_INTEGER),
      price: fc.constantFrom(1, 5, 0.12345),
      note: fc.constantFrom("abc", "x"),
    },
    { requiredKeys: ["item", "quantity", "price"] },
  ),
  session: fc.record({ readPrivate: fc.boolean(), denials: fc.nat(4), risk: fc.nat(3) }),
  task: fc.record({ calls: fc.nat(5) }),
  effects: fc.record({ reversible: fc.boolean(), kinds: fc.subarray(["read", "write"] as const) }),
});

test("the policies in force give the answer of the engine, whatever they ask about", () => {
  const type = readInputSchema(buy.body["inputSchema"]).type;
  fc.assert(
    fc.property(fc.array(rule, { minLength: 1, maxLength: 5 }), sample, (rules, given) => {
      const text = rules.map(
        ({ effect, scope, when, unless }, i) =>
          `@id("p${i}") ${effect} (${scope}, action == Writ::Action::"shop__buy", resource) when { ${when} } ${unless === null ? "" : `unless { ${unless} }`};`,
      );
      const loaded = loadPolicies(input(text.join("\n")));
      if (loaded.kind === "refused") throw new Error(JSON.stringify(loaded.problems));
      const asked = request(given);
      const { verdict, determining } = loaded.set.weigh(asked);
      const clerk = given.agent === "clerk";
      const whole = judgeWhole(Object.fromEntries(text.map((one, i) => [`p${i}`, one])), {
        principal: { type: "Writ::Agent", id: given.agent },
        action: { type: "Writ::Action", id: "shop__buy" },
        resource: { type: "Writ::Server", id: "shop" },
        context: contextOf(asked, type),
        entities: [
          {
            uid: { type: "Writ::Agent", id: given.agent },
            attrs: {},
            parents: clerk ? [{ type: "Writ::Role", id: "buyer" }] : [],
            tags: clerk ? { "sql.write": 2 } : {},
          },
          {
            uid: { type: "Writ::Action", id: "shop__buy" },
            attrs: {},
            parents: [{ type: "Writ::Action", id: "call" }],
          },
        ],
        schema: null,
      });
      if (whole.kind === "failed") throw new Error(whole.errors[0]?.message);
      const { allowed, errors } = whole.value;
      expect(verdict.kind === "error" ? verdict.policies.map((one) => one.id).toSorted() : []).toEqual(
        errors.map((one) => one.policy).toSorted(),
      );
      if (errors.length > 0) return;
      expect(verdict.kind).toBe(allowed ? "permit" : "deny");
      expect([...determining].toSorted()).toEqual([...whole.value.determining].toSorted());
    }),
    { numRuns: 200 },
  );
}, 120_000);
