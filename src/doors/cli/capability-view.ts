import type { EvalReport } from "./parts.ts";
import { count, facts, plain, table, time } from "./output.ts";

interface Line {
  readonly capability: string;
  readonly level: number;
  readonly name: string;
  readonly why: readonly string[];
  readonly shown: readonly string[];
  readonly next: readonly string[];
}
interface Wish {
  readonly capability: string;
  readonly ways: readonly string[];
  readonly wanted: number;
  readonly held: number;
}
interface Offer {
  readonly capability: string;
  readonly from: number;
  readonly to: number;
  readonly evidence: readonly string[];
}
export interface AgentLine {
  readonly agent: string;
  readonly profile: string;
  readonly rules: string | null;
  readonly fingerprint: Readonly<
    Record<string, { readonly id: string; readonly version: string | null; readonly strength: string }>
  >;
  readonly capabilities: readonly Line[];
  readonly irreversible: number;
  readonly heldTools: readonly string[];
  readonly until: number | null;
  readonly gaps: readonly Wish[];
  readonly proposals: readonly Offer[];
}
interface Step {
  readonly capability: string;
  readonly from: number;
  readonly to: number;
}
export interface Difference {
  readonly gains: readonly Step[];
  readonly losses: readonly Step[];
  readonly calls: readonly {
    readonly call: string;
    readonly tool: string;
    readonly at: number;
    readonly from: number;
    readonly to: number;
  }[];
  readonly unused: readonly string[];
}
export interface RuleProposal {
  readonly changed: boolean;
  readonly version: string | null;
  readonly diff: readonly string[];
  readonly problems: readonly {
    readonly file: string;
    readonly line: number;
    readonly column: number;
    readonly message: string;
    readonly hint: string;
  }[];
  readonly tests: readonly { readonly name: string; readonly passed: boolean; readonly why: string }[];
}

export function describeAll(items: readonly AgentLine[]): string {
  if (items.length === 0) return "no agent is configured; add one to `agents` in writ.yaml";
  const rows = items.map(({ agent, capabilities, proposals, gaps }) => {
    const by = Map.groupBy(capabilities, ({ level }) => level);
    const levels = [...by].toSorted(([a], [b]) => b - a).map(([level, lines]) => `${level} in ${lines.length}`);
    return [agent, levels.join(", "), String(proposals.length), String(gaps.length)];
  });
  const offers = items.flatMap(({ agent, proposals }) =>
    proposals.map(
      (one) =>
        `${agent} has shown enough for ${one.to} of ${one.capability}: writ capability promote ${agent} ${one.capability} ${one.to}`,
    ),
  );
  const gaps = items.flatMap(({ agent, gaps: open }) =>
    open.map((one) => `${agent} was held at ${one.held} of ${one.capability}: ${one.ways[0] ?? ""}`),
  );
  return [table(["agent", "levels", "proposed", "wanting"], rows), ...offers, ...gaps].map(plainLines).join("\n");
}

export function describeOne(one: AgentLine): string {
  const parts = Object.entries(one.fingerprint).map(
    ([component, { id, version, strength }]) =>
      `${component} ${id}${version === null ? "" : ` ${version}`} (${strength})`,
  );
  const head = facts([
    ["agent", one.agent],
    ["profile", one.profile],
    ["rules", one.rules ?? "none: as the tier has it"],
    ["is", parts],
    ["irreversible", `at most ${one.irreversible}`],
    ["held tools", one.heldTools],
    ["until", one.until === null ? null : time(one.until)],
  ]);
  const rows = one.capabilities.map(({ capability, level, name, why }) => [
    capability,
    String(level),
    name,
    why.at(-1) ?? "",
  ]);
  return `${head}\n\n${table(["capability", "level", "", "why"], rows)}`;
}

export function explainLine(line: Line): string {
  return facts([
    [line.capability, `${line.level} ${line.name}`],
    ["why", line.why],
    ["shown", line.shown],
    ["next", line.next],
  ]);
}

export function describeDifference({ gains, losses, calls, unused }: Difference): string {
  const step = (sign: string) => (one: Step) => `${sign} ${one.capability}: ${one.from} → ${one.to}`;
  return [
    ...(gains.length + losses.length === 0 ? ["nothing would change"] : []),
    ...losses.map(step("-")),
    ...gains.map(step("+")),
    ...calls.map(
      (one) => `${time(one.at)}  ${one.call}  ${one.tool} would have been made at ${one.to}, not ${one.from}`,
    ),
    ...unused.map((name) => `${name} was not used for 30 days; it could go down`),
  ]
    .map(plain)
    .join("\n");
}

export function describeRules({ changed, version, diff, problems, tests }: RuleProposal): string {
  return [
    ...problems.map((one) => `${one.file}:${one.line}:${one.column}: ${one.message} (${one.hint})`),
    ...diff,
    ...tests.map((one) => `${one.passed ? "passed" : "FAILED"}  ${one.name}${one.passed ? "" : `: ${one.why}`}`),
    version === null
      ? problems.length > 0
        ? `the file does not load: ${count(problems.length, "problem")}`
        : "there are no capability rules on disk"
      : changed
        ? `the file differs from what is in force; \`writ capability apply\` puts ${version} in force`
        : "the file is what is in force",
  ]
    .map(plain)
    .join("\n");
}

function plainLines(text: string): string {
  return text.split("\n").map(plain).join("\n");
}

export function describeEvaluation(report: EvalReport): string {
  const { suite, passed, score, passedTests, failedTests } = report;
  const all = passedTests.length + failedTests.length;
  return [
    ...failedTests.map((one) => `FAILED  ${one}`),
    `${suite}: ${passedTests.length} of ${all}, ${passed ? "passed" : "not passed"} with ${score.toFixed(2)}`,
  ]
    .map(plain)
    .join("\n");
}
