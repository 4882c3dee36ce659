import { readdirSync, readFileSync } from "node:fs";
import { beforeAll, expect, test } from "vitest";
import { analyseSql, loadSql } from "../../../src/analysis/sql/sql.ts";
import { load, request } from "../../policy/kit.ts";
import { ANALYTICS } from "./analytics.ts";

beforeAll(loadSql);

const MOST_STOPPED = 0.02;

test("of ordinary questions to a database hardly any is stopped by the starter policies", () => {
  const folder = new URL("../../../policies/", import.meta.url);
  const files = readdirSync(folder)
    .filter((name) => name.endsWith(".cedar"))
    .map((name) => ({ name, text: readFileSync(new URL(name, folder), "utf8") }));
  const policies = load("", { files }).set;
  const stopped = ANALYTICS.filter((text) => {
    const analysis = analyseSql(text, { dialect: "postgres", catalogue: null });
    if (analysis.kind === "refused") return true;
    return policies.evaluate(request({ effects: analysis.effects })).kind !== "permit";
  });
  console.log(`${stopped.length} of ${ANALYTICS.length} stopped`, stopped);
  expect(ANALYTICS.length).toBeGreaterThanOrEqual(200);
  expect(stopped.length / ANALYTICS.length).toBeLessThanOrEqual(MOST_STOPPED);
});

test("ordinary questions only read, and nothing speaks against them", () => {
  const odd = ANALYTICS.filter((text) => {
    const analysis = analyseSql(text, { dialect: "postgres", catalogue: null });
    return (
      analysis.kind === "understood" &&
      (analysis.effects.kinds.join() !== "read" || analysis.effects.traits.length > 0 || analysis.forward === null)
    );
  });
  expect(odd.length / ANALYTICS.length).toBeLessThanOrEqual(MOST_STOPPED);
});
