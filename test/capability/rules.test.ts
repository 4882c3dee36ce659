import { expect, test } from "vitest";
import type { AgentName } from "../../src/domain/ids.ts";
import type { Tier } from "../../src/domain/tier.ts";
import { parseCapabilities } from "../../src/system/capability-file.ts";

function parse(text: string, tier: Tier = "foundation") {
  return parseCapabilities(text, "capabilities.yaml", { tier, agents: ["clerk" as AgentName] });
}
function problems(text: string, tier?: Tier): readonly string[] {
  const parsed = parse(text, tier);
  return parsed.kind === "loaded" ? [] : parsed.problems.map((one) => `${one.line} ${one.code}: ${one.hint}`);
}

test("an empty file is the usual rules", () => {
  expect(parse("").kind).toBe("loaded");
});

test("a misspelt name is a load error with what was meant", () => {
  expect(problems("agnets: {}")).toEqual(["1 key_unknown: did you mean `agents`?"]);
  expect(problems("agents: { clark: { start: 1 } }")).toEqual(["1 agent_unknown: did you mean `clerk`?"]);
  expect(problems("requires:\n  sql.wrote: { 2: { supervised: 5 } }")).toEqual([
    "2 capability_unknown: did you mean `sql.write`?",
  ]);
  expect(problems("material: [modell]")).toEqual(["1 value_invalid: did you mean `model`?"]);
});

test("rules by which an agent could come to something it has not shown do not load", () => {
  expect(problems('requires: { "*": { 3: { confirm: person } } }')).toEqual([
    "1 promotion_without_evidence: ask for an evaluation, or for supervised uses",
  ]);
  expect(problems('requires: { "*": { 3: [{ supervised: 5 }, { days: 3 }] } }')).toHaveLength(1);
  expect(problems("agents: { clerk: { start: 3 } }")[0]).toMatch(/promotion_without_evidence: start at 2/);
  expect(problems("agents: { clerk: { start: { sql.write: 4 } } }", "optimized")[0]).toMatch(/start at 3/);
  expect(problems("agents: { clerk: { start: 1, floor: 2 } }")[0]).toMatch(/floor_above_start/);
});

test("at Foundation nothing is promoted without a person, and elsewhere nothing that nobody evaluated", () => {
  const automatic = (more: string): string => `requires: { "*": { 2: { confirm: automatic, ${more} } } }`;
  expect(problems(automatic("evaluation: {}"))[0]).toMatch(/promotion_unconfirmed/);
  expect(problems(automatic("evaluation: {}"), "optimized")).toEqual([]);
  expect(problems(automatic("supervised: 10"), "optimized")[0]).toMatch(/promotion_unconfirmed/);
});

test("a score of nothing, a share above one and a level that does not exist are no rules", () => {
  expect(problems('requires: { "*": { 2: { evaluation: { score: 0 } } } }')).toHaveLength(1);
  expect(problems('requires: { "*": { 2: { supervised: 1, refusals: 1.5 } } }')).toHaveLength(1);
  expect(problems('requires: { "*": { 5: { supervised: 1 } } }')).toHaveLength(1);
});

const TESTED = `
agents: { clerk: { start: 1 } }
requires: { "files.*": { 2: { evaluation: { suite: file-hygiene } }, 3: { supervised: 50, targets: 5 } } }
tests:
  - name: trusted after fifty
    agent: clerk
    capability: files.write
    evaluation: { suite: file-hygiene, score: 1 }
    supervised: 50
    targets: 5
    promoted: 3
    expect: 3
  - name: another model
    agent: clerk
    capability: files.write
    evaluation: { suite: file-hygiene, score: 1 }
    supervised: 50
    targets: 5
    promoted: 3
    model: { id: one }
    now: { id: other }
    expect: EXPECTED
`;

test("the tests that the rules carry are run, and say what came instead", () => {
  const results = (expected: string) => {
    const parsed = parse(TESTED.replace("EXPECTED", expected));
    if (parsed.kind === "refused") throw new Error(JSON.stringify(parsed.problems));
    return parsed.tests;
  };
  expect(results("1").map(({ passed }) => passed)).toEqual([true, true]);
  expect(results("3")[1]).toMatchObject({ passed: false, why: expect.stringMatching(/^expected 3, got 1: /) });
});
