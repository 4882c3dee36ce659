import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { PolicyFile } from "../../src/policy/problem.ts";
import { runPolicyTests } from "../../src/policy/test-run.ts";
import { input, PERMIT } from "./kit.ts";

const folder = new URL("../../policies/", import.meta.url);

function files(ending: string): PolicyFile[] {
  const names = readdirSync(folder).filter((name) => name.endsWith(ending));
  return names.map((name) => ({ name, text: readFileSync(new URL(name, folder), "utf8") }));
}

test("the starter policies load, and all their own tests pass", () => {
  const report = runPolicyTests(input("", { files: files(".cedar") }), files(".test.yaml"));
  expect(report.problems).toEqual([]);
  expect(report.results.filter((one) => !one.passed)).toEqual([]);
  expect(report.untested).toEqual([]);
  expect(report.results.length).toBeGreaterThan(20);
});

function run(test: string, policies = PERMIT) {
  return runPolicyTests(input(policies), [{ name: "test.test.yaml", text: test }]);
}

test("a policy test that comes out otherwise fails, and says what came instead", () => {
  const report = run(
    "cases:\n  - { name: no, agent: clerk, tool: shop__buy, input: { item: a, quantity: 1, price: 1 }, expect: deny }\n",
  );
  expect(report.passed).toBe(false);
  expect(report.results).toEqual([
    { file: "test.test.yaml", line: 2, name: "no", passed: false, why: "expected deny, got permit by all" },
  ]);
});

test("a policy test may name who decides, and a tool that only it knows", () => {
  const report = run(
    "cases:\n  - { name: yes, agent: clerk, tool: shop__sell, definition: { inputSchema: { type: object } }, expect: permit, policies: [all] }\n  - { name: other, agent: clerk, tool: shop__buy, expect: permit, policies: [some] }\n",
  );
  expect(report.results.map((one) => one.passed)).toEqual([true, false]);
});

test("a test of a tool or an agent that does not exist fails, with what was meant", () => {
  const report = run(
    "cases:\n  - { name: tool, agent: clerk, tool: shop__bye, expect: deny }\n  - { name: agent, agent: clark, tool: shop__buy, expect: deny }\n",
  );
  expect(report.results.map((one) => one.why)).toEqual([
    "there is no tool `shop__bye`: did you mean `shop__buy`?",
    "there is no agent `clark`: did you mean `clerk`?",
  ]);
});

test("a misspelt key in a test file is refused, with its place", () => {
  const report = run(
    "cases:\n  - name: x\n    agent: clerk\n    tool: shop__buy\n    expcet: deny\n    expect: deny\n",
  );
  expect(report.problems).toMatchObject([
    { file: "test.test.yaml", line: 5, code: "test_invalid", hint: "did you mean `expect`?" },
  ]);
  expect(report.passed).toBe(false);
});

test("a test file that is not YAML, or tests nothing, is refused", () => {
  expect(run("cases: [").problems[0]?.code).toBe("test_syntax");
  expect(run("cases: []").problems[0]?.code).toBe("test_invalid");
  const bomb = `a: &a [x]\n${Array.from({ length: 9 }, (_, i) => `${"bcdefghij"[i]}: &${"bcdefghij"[i]} [${Array(9).fill(`*${"abcdefghi"[i]}`).join(", ")}]`).join("\n")}\n`;
  expect(run(bomb).problems[0]?.code).toBe("test_syntax");
  expect(run("").problems[0]?.code).toBe("test_invalid");
});
