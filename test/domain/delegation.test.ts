import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Constraint, violates } from "../../src/domain/constraint.ts";
import { handDown, narrows } from "../../src/domain/delegation.ts";
import { cover, type Grant } from "../../src/domain/grant.ts";
import type { GrantId, ServerName, TaskId, ToolName } from "../../src/domain/ids.ts";
import type { Json } from "../../src/domain/json.ts";
import { globMatches, globWithin } from "../../src/domain/path.ts";

const RUNS = { numRuns: 4_000 };
const NOW = 1_000;

// Few letters, so that what is generated meets.
const segment = fc.constantFrom("a", "b", "ab", "*", "a*", "*b", "**", "a*b");
const pattern = fc.array(segment, { minLength: 1, maxLength: 4 }).map((parts) => `/${parts.join("/")}`);
const path = fc
  .array(fc.constantFrom("a", "b", "ab", "aab", "*", "**", "axb"), { maxLength: 5 })
  .map((parts) => `/${parts.join("/")}`);
const value: fc.Arbitrary<Json> = fc.oneof(
  fc.integer({ min: -3, max: 6 }),
  fc.constantFrom<Json>(
    "",
    "a",
    "ab",
    "abc",
    "/a",
    "/a/b",
    "/a/../b",
    "a/../../b",
    true,
    null,
    ["/a", "/a/b"],
    ["a", 1],
  ),
  path,
  fc.record({ x: fc.integer({ min: 0, max: 1 }) }) as fc.Arbitrary<Json>,
);
const bound = fc.option(fc.integer({ min: -3, max: 6 }), { nil: undefined });
const limit: fc.Arbitrary<Constraint> = fc.oneof(
  fc.record({ kind: fc.constant("exact" as const), argument: fc.constant("x"), value }),
  fc.record({
    kind: fc.constant("one_of" as const),
    argument: fc.constant("x"),
    values: fc.array(value, { maxLength: 3 }),
  }),
  fc.record({
    kind: fc.constant("prefix" as const),
    argument: fc.constant("x"),
    prefix: fc.constantFrom("a", "ab", "/a", "/a/", "abc"),
  }),
  fc.tuple(bound, bound).map(([min, max]): Constraint => ({
    kind: "range",
    argument: "x",
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max }),
  })),
  fc.record({
    kind: fc.constant("glob" as const),
    argument: fc.constant("x"),
    pattern,
    base: fc.constantFrom("/", "/a", "/b"),
  }),
);

const grant = (changes: Partial<Grant>): Grant => ({
  id: "g_1" as GrantId,
  task: "t_1" as TaskId,
  tools: ["docs__read"],
  constraints: [],
  uses: null,
  used: 0,
  expiresAt: NOW + 60,
  origin: "plan",
  issuedBy: "writ.yaml",
  revoked: false,
  version: 0,
  ...changes,
});
const wanted = { tools: ["docs__read"], constraints: [] as readonly Constraint[], uses: null };
const glob = (text: string, base = "/srv"): Constraint => ({ kind: "glob", argument: "path", pattern: text, base });

describe("a delegated grant never reaches further than the grant it came from", () => {
  test("limit by limit: whatever the narrower admits, the wider admits", () => {
    let narrower = 0;
    fc.assert(
      fc.property(limit, limit, value, (own, wide, one) => {
        if (!narrows(own, wide)) return;
        narrower++;
        if (violates(own, { x: one }) === null) expect(violates(wide, { x: one })).toBeNull();
      }),
      { numRuns: 30_000 },
    );
    // A property that never applies proves nothing.
    expect(narrower).toBeGreaterThan(200);
  });

  test("as a whole: every call that the child's covers, the parent's covers, for whatever tools, limits and uses", () => {
    const tools = fc.subarray(["docs__read", "docs__write", "docs__*", "shop__*", "shop__pay"], { minLength: 1 });
    const uses = fc.option(fc.integer({ min: 1, max: 4 }), { nil: null });
    let split = 0;
    fc.assert(
      fc.property(
        fc.record({
          tools,
          constraints: fc.array(limit, { maxLength: 2 }),
          uses,
          used: fc.integer({ min: 0, max: 3 }),
        }),
        fc.record({ tools, constraints: fc.array(limit, { maxLength: 3 }), uses }),
        fc.constantFrom(["docs", "read"], ["docs", "write"], ["docs", "$list"], ["shop", "pay"], ["shop", "other"]),
        value,
        (has, wants, [server, tool], one) => {
          const parent = grant(has);
          const handed = handDown(parent, wants, NOW);
          if (handed.kind === "wider") return;
          split++;
          const child = grant(handed.given);
          const ask = (held: Grant) =>
            cover([held], server as ServerName, tool as ToolName, { x: one }, null, NOW).kind;
          if (ask(child) === "covered") expect(ask(parent)).toBe("covered");
          if (parent.uses !== null) {
            expect((child.uses ?? Infinity) + parent.used).toBeLessThanOrEqual(parent.uses);
            expect(handed.from.used).toBe(parent.used + (child.uses ?? 0));
          }
        },
      ),
      { numRuns: 30_000 },
    );
    expect(split).toBeGreaterThan(200);
  });

  test("path by path: what the inner pattern matches, the outer one matches", () => {
    let within = 0;
    fc.assert(
      fc.property(pattern, pattern, path, (inner, outer, one) => {
        if (!globWithin(inner, outer)) return;
        within++;
        if (globMatches(inner, one)) expect(globMatches(outer, one)).toBe(true);
      }),
      { numRuns: 30_000 },
    );
    expect(within).toBeGreaterThan(500);
  });

  test("and every grant can be handed down as it is", () => {
    fc.assert(
      fc.property(fc.array(limit, { maxLength: 2 }), (constraints) => {
        // A list of nothing admits nothing, and is within nothing either.
        fc.pre(constraints.every((one) => one.kind !== "one_of" || one.values.length > 0));
        const selfContained = constraints.every((one) => narrows(one, one));
        expect(selfContained).toBe(true);
      }),
      RUNS,
    );
  });
});

test.each<[string, Constraint, Constraint, boolean]>([
  ["a folder below", glob("/srv/docs/may/**"), glob("/srv/docs/**"), true],
  ["the folder itself", glob("/srv/docs"), glob("/srv/docs/**"), true],
  ["the folder beside", glob("/srv/docsecret/**"), glob("/srv/docs/**"), false],
  ["the folder above", glob("/srv/**"), glob("/srv/docs/**"), false],
  ["a folder's tree in its files", glob("/srv/docs/**"), glob("/srv/docs/*"), false],
  ["files of one kind", glob("/srv/docs/*.md"), glob("/srv/docs/*"), true],
  ["files of another kind", glob("/srv/docs/*.md"), glob("/srv/docs/*.txt"), false],
  ["the same pattern read from another folder", glob("/srv/docs/**", "/tmp"), glob("/srv/docs/**"), false],
])("a glob for %s is judged by what it can match", (_, own, wide, fits) => expect(narrows(own, wide)).toBe(fits));

test("a grant without the limit that its parent has is wider", () => {
  const parent = grant({ constraints: [glob("/srv/docs/**")] });
  expect(handDown(parent, wanted, NOW)).toMatchObject({ kind: "wider", why: expect.stringContaining("/srv/docs/**") });
});

test("a limit on another argument is not the limit that was asked for", () => {
  const own = { kind: "exact", argument: "amount", value: 1 } as const;
  expect(narrows(own, { ...own, argument: "recipient" })).toBe(false);
});

test("a kind of limit that this version does not know is within nothing, itself included", () => {
  const odd = { kind: "regex", argument: "path", pattern: ".*" } as unknown as Constraint;
  expect(narrows(odd, odd)).toBe(false);
  expect(narrows({ kind: "exact", argument: "path", value: "a" }, odd)).toBe(false);
});

test("uses are split: what one hand has, the other has not", () => {
  const parent = grant({ uses: 3, used: 1 });
  expect(handDown(parent, { ...wanted, uses: 2 }, NOW)).toMatchObject({ kind: "within", from: { used: 3 } });
  expect(handDown(parent, { ...wanted, uses: 3 }, NOW).kind).toBe("wider");
  expect(handDown(parent, wanted, NOW).kind).toBe("wider");
  for (const uses of [0, -2, 0.5, Number.NaN]) expect(handDown(parent, { ...wanted, uses }, NOW).kind).toBe("wider");
});

test("a grant that is revoked or over hands nothing down", () => {
  expect(handDown(grant({ revoked: true }), wanted, NOW).kind).toBe("wider");
  expect(handDown(grant({ expiresAt: NOW }), wanted, NOW).kind).toBe("wider");
});

test("one tool of a server is within all of them, and all of them are not within one", () => {
  const all = grant({ tools: ["docs__*"] });
  expect(handDown(all, wanted, NOW).kind).toBe("within");
  expect(handDown(grant({}), { ...wanted, tools: ["docs__*"] }, NOW).kind).toBe("wider");
  expect(handDown(all, { ...wanted, tools: ["docsx__read"] }, NOW).kind).toBe("wider");
  expect(handDown(all, { ...wanted, tools: [] }, NOW).kind).toBe("wider");
});
