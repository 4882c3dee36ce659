import { beforeAll, expect, test } from "vitest";
import { analyseSql, loadSql } from "../../../src/analysis/sql/sql.ts";
import { ESCAPES } from "./escapes.ts";

beforeAll(loadSql);

test.each(ESCAPES.map((one) => [one.text.length > 120 ? `${one.text.slice(0, 120)}…` : one.text, one] as const))(
  "is taken for what it does: %s",
  (_, { text, refused, ...expected }) => {
    const analysis = analyseSql(text, { dialect: "postgres", catalogue: null });
    if (refused !== undefined) {
      expect(analysis).toMatchObject({ kind: "refused", reason: { code: refused } });
      return;
    }
    if (analysis.kind === "refused") throw new Error(JSON.stringify(analysis.reason));
    const { kinds, traits, paths, hosts, access } = analysis.effects;
    const said = {
      kinds,
      traits,
      paths,
      hosts,
      access: access.map(
        ({ table, verb, columns }) => `${verb} ${table}(${columns === "*" ? "*" : columns.join(",")})`,
      ),
    };
    for (const key of ["kinds", "traits", "paths", "hosts", "access"] as const)
      expect(said[key]).toEqual(expect.arrayContaining([...(expected[key] ?? [])]));
  },
);

test("there are as many ways out tried as are promised", () => {
  expect(new Set(ESCAPES.map((one) => one.text)).size).toBeGreaterThanOrEqual(200);
});

test("no way out reads like an ordinary read that nothing asks about", () => {
  const silent = ESCAPES.filter(({ text, refused, traits, kinds }) => {
    if (refused !== undefined) return false;
    if (traits === undefined && (kinds ?? ["read"]).join() === "read") return false;
    const analysis = analyseSql(text, { dialect: "postgres", catalogue: null });
    return (
      analysis.kind === "understood" && analysis.effects.kinds.join() === "read" && analysis.effects.traits.length === 0
    );
  });
  expect(silent.map((one) => one.text)).toEqual([]);
});
