import { readFileSync } from "node:fs";
import type { Command } from "commander";
import { WritError } from "../../domain/error.ts";
import type { Bind, Session } from "./command.ts";
import { count, facts, plain, table, time } from "./output.ts";
import { EXIT } from "./parts.ts";

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
interface AgentLine {
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
interface Difference {
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
interface RuleProposal {
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

const pathOf = (agent: string): string => `/v1/capability/agents/${encodeURIComponent(agent)}`;

/** What agents may be trusted with, what they have shown, and what people make of it. */
export function addCapabilityCommands(program: Command, bind: Bind): void {
  const capability = program.command("capability").description("what agents may be trusted with, and why");
  capability
    .command("list", { isDefault: true })
    .description("every agent: its levels, what it has shown enough for, and what it is wanting")
    .action(
      bind(async (session) => {
        const all = await (
          await session.client()
        ).get<{ items: readonly AgentLine[]; trouble: string | null }>("/v1/capability");
        if (all.trouble !== null) session.parts.say(`writ: ${plain(all.trouble)}`);
        session.show(all.items, () => describeAll(all.items));
      }),
    );
  capability
    .command("show")
    .description("one agent: what it is, and each capability with its level")
    .argument("<agent>")
    .action(
      bind(async (session, agent: string) => {
        const one = await (await session.client()).get<AgentLine>(pathOf(agent));
        session.show(one, () => describeOne(one));
      }),
    );
  capability
    .command("explain")
    .description("why an agent is at its level, what it has shown, and the way to the next")
    .argument("<agent>")
    .argument("[capability]", "one of them; all that anything was said of otherwise")
    .action(
      bind(async (session, agent: string, name?: string) => {
        const one = await (await session.client()).get<AgentLine>(pathOf(agent));
        const lines = one.capabilities.filter((line) =>
          name === undefined ? line.shown.length > 0 || line.why.length > 1 : line.capability === name,
        );
        if (name !== undefined && lines.length === 0)
          throw new WritError({
            code: "capability_unknown",
            status: 404,
            message: `there is no capability \`${name}\``,
            hint: "`writ capability show` lists them",
          });
        session.show(lines, () =>
          lines.length === 0 ? "nothing was shown yet" : lines.map((line) => explainLine(line)).join("\n\n"),
        );
      }),
    );
  capability
    .command("diff")
    .description("what an agent would gain and lose with another model, before anything changes")
    .argument("<agent>")
    .requiredOption("--model <model>", "as name@version")
    .action(
      bind(async (session, agent: string, options: { model: string }) => {
        const at = options.model.lastIndexOf("@");
        const [model, version] = at > 0 ? [options.model.slice(0, at), options.model.slice(at + 1)] : [options.model];
        const found = await (await session.client()).get<Difference>(`${pathOf(agent)}/diff`, { model, version });
        session.show(found, () => describeDifference(found));
      }),
    );
  addRulings(capability, bind);
  addRules(capability, bind);
}

function addRulings(capability: Command, bind: Bind): void {
  const verbs = {
    promote: "let an agent have what it has shown, or less",
    demote: "take an agent down; what it holds is dead at once",
    refuse: "do not let an agent have what is proposed",
  } as const;
  for (const [verb, says] of Object.entries(verbs)) {
    capability
      .command(verb)
      .description(says)
      .argument("<agent>")
      .argument("<capability>", "such as files.write; * for all")
      .argument("<level>", "0 none, 1 supervised, 2 bounded, 3 trusted, 4 autonomous")
      .option("--why <text>", "for the record", "")
      .action(
        bind(async (session, agent: string, name: string, level: string, options: { why: string }) => {
          const body = { capability: name, level: Number(level), why: options.why };
          const answer = await (
            await session.client()
          ).post<{ level: number | null }>(`${pathOf(agent)}/${verb}`, body);
          session.show(answer, () => (answer.level === null ? "noted" : `${agent} has ${answer.level} of ${name} now`));
        }),
      );
  }
  capability
    .command("endorse")
    .description("give one's word for an agent, for a time")
    .argument("<agent>")
    .argument("<capability>")
    .argument("<level>")
    .requiredOption("--for <time>", "how long, such as 8h or 7d; it always ends")
    .option("--why <text>", "for the record", "")
    .action(
      bind(async (session, agent: string, name: string, level: string, options: { for: string; why: string }) => {
        const body = { capability: name, level: Number(level), why: options.why, for: lengthOf(options.for) };
        const answer = await (await session.client()).post<{ level: number }>(`${pathOf(agent)}/endorse`, body);
        session.show(answer, () => `${agent} has ${answer.level} of ${name} now, for ${options.for}`);
      }),
    );
  capability
    .command("submit")
    .description("hand in an evaluation that a registered evaluator signed")
    .argument("<file>", "a DSSE envelope")
    .action(
      bind(async (session, file: string) => {
        const text = readEnvelope(file);
        const taken = await (
          await session.client()
        ).post<{ suite: string; score: number; passed: boolean; evaluator: string }>(
          "/v1/capability/evaluations",
          text,
        );
        session.show(
          taken,
          () => `${taken.passed ? "passed" : "failed"} ${taken.suite} with ${taken.score}, says ${taken.evaluator}`,
        );
      }),
    );
}

function addRules(capability: Command, bind: Bind): void {
  capability
    .command("rules")
    .description("check capabilities.yaml, run its tests, and show how it differs from what is in force")
    .action(
      bind(async (session) => {
        const proposal = await (await session.client()).get<RuleProposal>("/v1/capability/rules");
        session.show(proposal, () => describeRules(proposal));
        if (proposal.problems.length > 0 || proposal.tests.some((one) => !one.passed)) session.exit(EXIT.unverified);
      }),
    );
  capability
    .command("apply")
    .description("put capabilities.yaml in force, once its tests pass")
    .option("--expect <version>", "only if the file still has this version")
    .action(
      bind(async (session: Session, options: { expect?: string }) => {
        const body = options.expect === undefined ? {} : { expected: options.expect };
        const proposal = await (await session.client()).post<RuleProposal>("/v1/capability/rules", body);
        session.show(proposal, () => `in force: ${proposal.version} (${count(proposal.tests.length, "test")} passed)`);
      }),
    );
}

function describeAll(items: readonly AgentLine[]): string {
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

function describeOne(one: AgentLine): string {
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

function explainLine(line: Line): string {
  return facts([
    [line.capability, `${line.level} ${line.name}`],
    ["why", line.why],
    ["shown", line.shown],
    ["next", line.next],
  ]);
}

function describeDifference({ gains, losses, calls, unused }: Difference): string {
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

function describeRules({ changed, version, diff, problems, tests }: RuleProposal): string {
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

const UNITS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

function lengthOf(text: string): number {
  const [, number = "", unit = ""] = /^(\d{1,6})([mhd])$/.exec(text) ?? [];
  const ms = UNITS[unit];
  if (ms !== undefined) return Number(number) * ms;
  throw usage(`\`${text.slice(0, 20)}\` is no length of time`, "write 30m, 8h or 7d");
}

function readEnvelope(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    throw usage(`\`${file}\` holds no signed evaluation`, "name the file that `writ capability eval --out` wrote");
  }
}

function usage(message: string, hint: string): WritError {
  return new WritError({ code: "usage", status: 400, message, hint });
}
