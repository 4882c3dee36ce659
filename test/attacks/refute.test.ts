import fc from "fast-check";
import { expect, test } from "vitest";
import { judgeWhole, parsePolicy } from "../../src/policy/cedar.ts";
import { refuter } from "../../src/policy/refute.ts";

// A forbid that is passed over is a forbid that does not forbid: whatever is passed over must neither hold nor fail.

const words = ["read", "write", "", "é", "a\\u{0}"];
const leaf = fc.oneof(
  ...[
    "context.flag",
    "context.other",
    "true",
    "false",
    "context.n == 3",
    "context.n < 3",
    "context.n >= 3",
    "3 <= context.n",
    "context.n != 3",
    "context.n + 9223372036854775807 > 0",
    "context.missing == 3",
    "context.missing",
    "context has missing",
    "context has flag && context.flag",
    "context.deep.flag",
    "context.deep.missing",
    'context["flag"]',
    "context.kinds.isEmpty()",
    'context.kinds == ["read"]',
    'context.kinds == ["write", "read", "write"]',
    "context.kinds == []",
    "context.kinds != context.kinds",
    "context.kinds == 3",
    'context.n == "3"',
    'context.amount == decimal("1.0")',
    "context.amount == context.amount",
    "context.kinds.contains(context.word)",
    "context.word == context.word",
    'context.word like "*e*"',
    'principal == P::"x"',
    'principal in P::"y"',
  ].map((text) => fc.constant(text)),
  fc.constantFrom(...words).map((word) => `context.kinds.contains("${word}")`),
  fc.constantFrom(...words).map((word) => `context.word == "${word}"`),
);
const expression = fc.letrec<{ node: string }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 4 },
    leaf,
    fc.tuple(tie("node"), tie("node")).map(([a, b]) => `(${a}) && (${b})`),
    fc.tuple(tie("node"), tie("node")).map(([a, b]) => `(${a}) || (${b})`),
    tie("node").map((a) => `!(${a})`),
    fc.tuple(tie("node"), tie("node"), tie("node")).map(([a, b, c]) => `if ${a} then ${b} else ${c}`),
  ),
})).node;
const context = fc.record({
  flag: fc.boolean(),
  other: fc.boolean(),
  n: fc.integer({ min: 2, max: 4 }),
  deep: fc.record({ flag: fc.boolean() }),
  kinds: fc.subarray(["read", "write", "é"]),
  word: fc.constantFrom("read", "é", ""),
  amount: fc.constant({ __extn: { fn: "decimal", arg: "1.0" } }),
});

test("a policy that is passed over before the engine sees it neither holds nor fails there", () => {
  let passedOver = 0;
  const clauses = fc.array(fc.tuple(fc.constantFrom("when", "unless"), expression), { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(clauses, context, (written, given) => {
      const text = `permit (principal, action, resource) ${written.map(([kind, body]) => `${kind} { ${body} }`).join(" ")};`;
      const parsed = parsePolicy(text);
      if (parsed.kind === "failed") throw new Error(`${text}: ${parsed.errors[0]?.message}`);
      if (!refuter(parsed.value)(given as never)) return;
      passedOver++;
      const answer = judgeWhole(
        { p: text },
        {
          principal: { type: "P", id: "x" },
          action: { type: "Action", id: "a" },
          resource: { type: "R", id: "r" },
          context: given,
          entities: [],
          schema: null,
        },
      );
      if (answer.kind === "failed") throw new Error(answer.errors[0]?.message);
      expect(answer.value).toMatchObject({ allowed: false, errors: [] });
    }),
    { numRuns: 3_000 },
  );
  expect(passedOver).toBeGreaterThan(300);
});
