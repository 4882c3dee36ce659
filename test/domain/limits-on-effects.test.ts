import fc from "fast-check";
import { expect, test } from "vitest";
import { type Constraint, violates } from "../../src/domain/constraint.ts";
import { narrows } from "../../src/domain/delegation.ts";
import { type Effects, EFFECT_KINDS, join, NO_EFFECTS, TRAITS } from "../../src/domain/effect.ts";
import { readOnlyLimit, readTablesLimit } from "../../src/domain/limit.ts";
import type { TableAccess, TableLimit } from "../../src/domain/table-access.ts";

const reading = (access: readonly TableAccess[], more: Partial<Effects> = {}): Effects => ({
  ...NO_EFFECTS,
  kinds: ["read"],
  access,
  ...more,
});
const tables = (limits: Record<string, TableLimit>): Constraint => ({ kind: "tables", argument: "", tables: limits });
const why = (limit: Constraint, effects: Effects | null): unknown =>
  violates(limit, {}, effects)?.facts["limit"] ?? null;

const ORDERS = tables({ orders: { read: ["id", "status"], update: ["status"], rows: 1 } });

test("a limit on tables lets through the columns it names, for the verb it names", () => {
  expect(why(ORDERS, reading([{ table: "orders", verb: "read", columns: ["status"] }]))).toBeNull();
  const both: TableAccess[] = [
    { table: "orders", verb: "read", columns: ["id"] },
    { table: "orders", verb: "update", columns: ["status"] },
  ];
  expect(why(ORDERS, reading(both, { kinds: ["read", "write"], counted: true }))).toBeNull();
});

test.each<readonly [string, Effects | null, RegExp]>([
  ["another table", reading([{ table: "salaries", verb: "read", columns: ["id"] }]), /salaries/],
  ["the same name in another schema", reading([{ table: "hr.orders", verb: "read", columns: ["id"] }]), /hr\.orders/],
  ["another column", reading([{ table: "orders", verb: "read", columns: ["id", "card"] }]), /orders\.card/],
  ["every column", reading([{ table: "orders", verb: "read", columns: "*" }]), /orders\.\*/],
  [
    "a delete",
    reading([{ table: "orders", verb: "delete", columns: [] }], { kinds: ["delete"], counted: true }),
    /delete/,
  ],
  [
    "an insert",
    reading([{ table: "orders", verb: "insert", columns: ["id"] }], { kinds: ["write"], counted: true }),
    /insert/,
  ],
  [
    "a change of what the table is",
    reading([{ table: "orders", verb: "define", columns: "*" }]),
    /what the table orders is/,
  ],
  [
    "what nobody counts",
    reading([{ table: "orders", verb: "update", columns: ["status"] }], { kinds: ["write"] }),
    /counted/,
  ],
  ["another kind of effect", reading([], { kinds: ["read", "execute"] }), /execute/],
  ["what nobody knows", reading([], { kinds: ["unknown"] }), /nobody knows/],
  ["what has no effects", reading([], { kinds: [] }), /not known/],
  ["a call that was never analysed", null, /not known/],
  ["a function that does more than compute", reading([], { traits: ["volatile"] }), /volatile/],
  ["a file beside the tables", reading([], { paths: ["/etc/passwd"] }), /passwd/],
  ["a host beside the tables", reading([], { hosts: ["evil.example"] }), /evil\.example/],
  ["an argument that cannot be seen", reading([], { unrepresented: ["sql"] }), /`sql`/],
])("a limit on tables is outside for %s", (_, effects, said) => {
  expect(why(ORDERS, effects)).toMatch(said);
});

test("a member every object has is no table that was named", () => {
  expect(
    why(tables({ orders: { read: "*" } }), reading([{ table: "constructor", verb: "read", columns: [] }])),
  ).toMatch(/constructor/);
});

const ONLY: Constraint = {
  kind: "only",
  argument: "",
  effects: ["read", "send"],
  hosts: ["api.example.com"],
  paths: "/srv/src/**",
};

test.each<readonly [string, Effects | null, RegExp | null]>([
  ["a read inside", reading([], { paths: ["/srv/src/a.ts"] }), null],
  ["a read outside", reading([], { paths: ["/srv/src/a.ts", "/etc/passwd"] }), /\/etc\/passwd/],
  ["a host it names", reading([], { kinds: ["send"], hosts: ["api.example.com"] }), null],
  ["a host it does not name", reading([], { kinds: ["send"], hosts: ["api.example.com.evil.example"] }), /evil/],
  ["a write", reading([], { kinds: ["read", "write"] }), /write/],
  ["a call that was never analysed", null, /not known/],
])("a limit on what a call does decides about %s", (_, effects, said) => {
  if (said === null) expect(why(ONLY, effects)).toBeNull();
  else expect(why(ONLY, effects)).toMatch(said);
});

const columns = fc.oneof(fc.constant("*" as const), fc.subarray(["a", "b", "c"], { minLength: 1 }));
const name = fc.constantFrom("t", "u");
const limitOfTable: fc.Arbitrary<TableLimit> = fc.record(
  { read: columns, insert: columns, update: columns, delete: fc.boolean(), rows: fc.integer({ min: 0, max: 3 }) },
  { requiredKeys: [] },
);
const kinds = fc.oneof(
  { weight: 4, arbitrary: fc.subarray(["read", "write", "delete"] as const, { minLength: 1 }) },
  { weight: 1, arbitrary: fc.subarray([...EFFECT_KINDS], { minLength: 1, maxLength: 3 }) },
);
const hosts = fc.subarray(["a.example", "b.example"]);
const limit: fc.Arbitrary<Constraint> = fc.oneof(
  fc.dictionary(name, limitOfTable, { minKeys: 1 }).map((all) => tables(all)),
  fc.record({
    kind: fc.constant("only" as const),
    argument: fc.constant("" as const),
    effects: kinds,
    hosts: fc.option(hosts),
    paths: fc.option(fc.constantFrom("/s/**", "/s/a/**", "/s/a/*", "/**")),
  }),
);
const access: fc.Arbitrary<TableAccess> = fc.record({
  table: name,
  verb: fc.constantFrom("read", "insert", "update", "delete"),
  columns: fc.oneof(columns, fc.constant([] as readonly string[])),
});
const effects: fc.Arbitrary<Effects> = fc
  .record({
    kinds,
    hosts: fc.oneof(fc.constant([]), hosts),
    paths: fc.oneof(fc.constant([]), fc.subarray(["/s/a/x", "/s/b", "/e"])),
    traits: fc.oneof(fc.constant([]), fc.subarray([...TRAITS], { maxLength: 1 })),
    access: fc.array(access, { maxLength: 2 }),
    counted: fc.boolean(),
  })
  .map((some) => ({ ...NO_EFFECTS, ...some }));

test("a limit that is shown to be narrower admits nothing that the wider one does not", () => {
  let met = 0;
  fc.assert(
    fc.property(limit, limit, effects, (own, wide, one) => {
      if (!narrows(own, wide) || violates(own, {}, one) !== null) return;
      met++;
      expect(violates(wide, {}, one)).toBeNull();
    }),
    { numRuns: 60_000 },
  );
  expect(met).toBeGreaterThan(100);
});

test("more effects never bring a call inside a limit", () => {
  let outside = 0;
  fc.assert(
    fc.property(limit, effects, effects, (own, one, other) => {
      if (violates(own, {}, one) === null) return;
      outside++;
      // Counting is done for the call as a whole, so it is not something the other half could add.
      expect(violates(own, {}, join(one, { ...other, counted: one.counted }))).not.toBeNull();
    }),
    { numRuns: 20_000 },
  );
  expect(outside).toBeGreaterThan(1_000);
});

test.each([
  [{}, /names no table/],
  [{ orders: "*" }, /says nothing/],
  [{ orders: { select: "*" } }, /`select`/],
  [{ orders: { read: [] } }, /columns/],
  [{ orders: { read: "id" } }, /columns/],
  [{ orders: { rows: -1 } }, /rows/],
  [{ orders: { delete: "yes" } }, /delete/],
])("a limit on tables that says nothing sure is refused: %j", (written, said) => {
  const read = readTablesLimit(written);
  expect(read.kind === "refused" ? read.why : "read").toMatch(said);
});

test.each([
  [{}, /effects/],
  [{ effects: [] }, /effects/],
  [{ effects: ["reads"] }, /effects/],
  [{ effects: ["read"], host: ["a"] }, /holds effects/],
  [{ effects: ["read"], hosts: "a" }, /hosts/],
  [{ effects: ["read"], paths: "" }, /paths/],
  [{ effects: ["read"], paths: ["/a"] }, /paths/],
])("a limit on what a call does that says nothing sure is refused: %j", (written, said) => {
  const read = readOnlyLimit(written, "/srv");
  expect(read.kind === "refused" ? read.why : "read").toMatch(said);
});
