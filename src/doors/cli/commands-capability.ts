import { readFileSync, writeFileSync } from "node:fs";
import type { Command } from "commander";
import { WritError } from "../../domain/error.ts";
import type { Bind, Session } from "./command.ts";
import {
  type AgentLine,
  describeAll,
  describeDifference,
  describeEvaluation,
  describeOne,
  describeRules,
  type Difference,
  explainLine,
  type RuleProposal,
} from "./capability-view.ts";
import { count, plain } from "./output.ts";
import { EXIT } from "./parts.ts";

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
  addEvaluation(capability, bind);
  addRulings(capability, bind);
  addRules(capability, bind);
}

function addEvaluation(capability: Command, bind: Bind): void {
  capability
    .command("eval")
    .summary("run an agent on a suite of scenarios, in places made for it alone, and sign what came of it")
    .description(
      "Runs the command once for each scenario, the prompt in EVAL_PROMPT (and for {prompt} in its arguments), against a Writ and servers of its own. What it tries is counted.",
    )
    .requiredOption("--suite <file>", "the scenarios")
    .requiredOption("--agent <name>", "which agent of writ.yaml it is")
    .option("--model <model>", "the model it works with, as name@version; taken as a claim")
    .option("--key <file>", "an evaluator's private key (JWK); signs the result")
    .option("--out <file>", "where the signed result goes")
    .option("--submit", "hand it in to the running Writ as well")
    .argument("<command...>", "the command, after --")
    .action(
      bind(async (session, command: string[], options: EvalOptions) => {
        const { suite, agent, model, key, out, submit } = options;
        const { say } = session.parts;
        const report = await session.parts.evaluate({ suite, agent, model, key, command, say: () => {} });
        if (report.envelope === null && (out !== undefined || submit === true))
          throw usage("a result that nobody signed is no evidence", "name the evaluator's key with `--key`");
        if (out !== undefined) writeFileSync(out, `${JSON.stringify(report.envelope)}\n`);
        if (submit === true) await (await session.client()).post("/v1/capability/evaluations", report.envelope);
        session.show(report, () => describeEvaluation(report));
        if (submit === true) say("handed in; `writ capability list` shows what it is enough for");
        if (!report.passed) session.exit(EXIT.unverified);
      }),
    );
  capability
    .command("key")
    .description("make a key for an evaluator; prints what goes into `evaluators` of writ.yaml")
    .argument("<file>", "where the private key goes")
    .action(
      bind((session, file: string) => {
        const jwks = session.parts.evaluatorKey(file);
        session.show(jwks, () => JSON.stringify(jwks));
        return Promise.resolve();
      }),
    );
}

interface EvalOptions {
  readonly suite: string;
  readonly agent: string;
  readonly model?: string;
  readonly key?: string;
  readonly out?: string;
  readonly submit?: boolean;
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
