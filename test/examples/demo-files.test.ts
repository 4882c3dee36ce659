import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { AGREED_REFUND, PLAN, SAMPLE, SUPPORT_PLAN } from "../../examples/demo/plan.ts";
import { violates } from "../../src/domain/constraint.ts";
import type { ServerName } from "../../src/domain/ids.ts";
import { runPolicyTests } from "../../src/policy/test-run.ts";
import { describeProblem, parseConfiguration } from "../../src/system/config.ts";

const DEMO = join(import.meta.dirname, "../../examples/demo");
const STARTER = join(import.meta.dirname, "../../policies");

function configuration() {
  const parsed = parseConfiguration(readFileSync(join(DEMO, "writ.yaml"), "utf8"), join(DEMO, "writ.yaml"));
  if (parsed.kind === "refused") throw new Error(parsed.problems.map(describeProblem).join("\n"));
  return parsed.configuration;
}

function files(ending: string) {
  return [STARTER, join(DEMO, "policies")].flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => name.endsWith(ending))
      .map((name) => ({ name, text: readFileSync(join(folder, name), "utf8") })),
  );
}

test("the demo's configuration holds, and every tool of its plans is in the agent's scope", () => {
  const [clerk, support] = configuration().agents;
  const strange = (plan: typeof PLAN, agent: typeof clerk): readonly string[] => {
    const scoped = new Set(agent?.scope.flatMap((grant) => grant.tools));
    return plan.map((step) => step.tool).filter((tool) => !scoped.has(tool));
  };
  expect(strange(PLAN, clerk)).toEqual([]);
  expect(strange(SUPPORT_PLAN, support)).toEqual([]);
});

test("what the demo's second task is refused is word for word what its first was given", () => {
  const given = PLAN.find((step) => step.name === "ask the till what is open");
  expect(SUPPORT_PLAN.map(({ tool, arguments: args }) => [tool, args])).toEqual([[given?.tool, given?.arguments]]);
});

test("of the demo's reads exactly the one outside the handbook is outside the grant", () => {
  const limits =
    configuration().agents[0]?.scope.find((grant) => grant.tools.includes("docs__read_text_file"))?.constraints ?? [];
  const outside = PLAN.filter((step) => step.tool.startsWith("docs__")).filter((step) =>
    limits.some((limit) => violates(limit, step.arguments as { path: string }) !== null),
  );
  expect(outside.map((step) => step.arguments["path"])).toEqual([join(SAMPLE, "private", "salaries.md")]);
});

test("both refunds of the demo are inside the grant, so that it is a person who tells them apart", () => {
  const limits =
    configuration().agents[0]?.scope.find((grant) => grant.tools.includes("shop__refund_order"))?.constraints ?? [];
  const refunds = PLAN.filter((step) => step.tool === "shop__refund_order").map(
    (step) => step.arguments as { order: string; amount: number },
  );
  expect(limits.length).toBeGreaterThan(0);
  expect(refunds.map(({ amount }) => amount === AGREED_REFUND.amount)).toEqual([true, false]);
  expect(refunds.flatMap((refund) => limits.map((limit) => violates(limit, refund)))).toEqual([null, null, null, null]);
});

test("the demo's policies pass their tests beside the starter policies", () => {
  const { agents, servers } = configuration();
  const known = agents.map(({ name }) => ({ name, roles: [], levels: {} }));
  const input = {
    files: files(".cedar"),
    definitions: [],
    servers: servers.map(({ name }) => name as ServerName),
    agents: known,
    askRoles: ["approver", "owner"],
  };
  const tests = files("demo.test.yaml");
  const definitions = [{ server: "shop", name: "quote", hash: "sha-256:x", body: QUOTE }] as never;
  const report = runPolicyTests({ ...input, definitions }, tests);
  expect(report.problems).toEqual([]);
  expect(report.results.map(({ name, why }) => [name, why])).toEqual([
    ["a small quote runs", null],
    ["a large quote is forbidden", null],
    ["a quote beyond counting is an error, and an error denies", null],
  ]);
});

const QUOTE = {
  name: "quote",
  inputSchema: {
    type: "object",
    properties: { quantity: { type: "integer" }, price: { type: "integer" } },
    required: ["quantity", "price"],
  },
};
