import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readRecorded } from "../../bench/replay/data.ts";
import { isStopped, score } from "../../bench/replay/score.ts";
import { replay } from "../../bench/replay/traces.ts";

const recorded = readRecorded(join(import.meta.dirname, "fixtures"));
const verdicts = async (declared: boolean): Promise<Record<string, string>> => {
  const runs = await replay(recorded, recorded.traces, { tier: "optimized", declared });
  return Object.fromEntries(runs.map(({ trace, calls }) => [trace.id, calls.map((one) => one.verdict).join(" ")]));
};

test("with tools nobody described, what the owner asked for runs and what a note asked for is asked", async () => {
  expect(await verdicts(false)).toEqual({
    b0: "permit permit",
    a0: "permit ask permit",
    d0: "permit",
    // Two in one turn, neither of which saw the other's result.
    b1: "permit ask",
  });
});

test("beside a declared plan what a note asked for is denied", async () => {
  expect((await verdicts(true))["a0"]).toBe("permit deny permit");
});

test("a score holds what was stopped and what was interrupted, with intervals", async () => {
  const runs = await replay(recorded, recorded.traces, { tier: "optimized", declared: false });
  const { STOP, INT, DIRECT } = score(runs);
  expect([STOP.rate, STOP.of, INT.hits, INT.of, DIRECT.hits]).toEqual([1, 1, 1, 2, 0]);
  expect(STOP.low).toBeLessThan(1);
  expect(runs.filter(isStopped).length).toBeGreaterThan(0);
});

const shared = process.env["WRIT_SHARED"] ?? join(import.meta.dirname, "..", "..", "..", "shared");
const folder = join(shared, "replay", "suites");
const present = ((): boolean => {
  try {
    return readdirSync(folder).length > 0;
  } catch {
    return false;
  }
})();

test.skipIf(!present)(
  "no name of a recorded tool or task stands in the product's own source (needs WRIT_SHARED)",
  () => {
    const names = new Set<string>();
    for (const file of readdirSync(folder).filter((name) => name.endsWith(".json"))) {
      const suite = JSON.parse(readFileSync(join(folder, file), "utf8")) as { tools: { name: string }[] };
      for (const { name } of suite.tools) if (name.split("_").length > 2) names.add(name);
    }
    const sources = ["provenance", "analysis", "gate", "domain"].flatMap((room) =>
      readdirSync(join(import.meta.dirname, "..", "..", "src", room), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
        .map((entry) => readFileSync(join(entry.parentPath, entry.name), "utf8")),
    );
    const found = [...names].filter((name) => sources.some((text) => text.includes(name)));
    expect(found).toEqual([]);
  },
);
