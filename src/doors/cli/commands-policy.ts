import type { Command } from "commander";
import { WritError } from "../../domain/error.ts";
import { isObject, type Json, type JsonObject } from "../../domain/json.ts";
import type { Bind } from "./command.ts";
import { count, facts, plain } from "./output.ts";
import { EXIT } from "./parts.ts";

interface Problem {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
  readonly hint: string;
}
interface Proposal {
  readonly changed: boolean;
  readonly version: string | null;
  readonly files: readonly { readonly name: string; readonly diff: readonly string[] }[];
  readonly problems: readonly Problem[];
  readonly warnings: readonly string[];
  readonly tests: readonly { readonly name: string; readonly passed: boolean; readonly why: string }[];
}

/** What agents may ever be given: look, test, put in force, ask. */
export function addPolicyCommands(program: Command, bind: Bind): void {
  const policy = program.command("policy").description("what agents may ever be given");
  policy
    .command("check", { isDefault: true })
    .description("check the files on disk, and show how they differ from what is in force")
    .action(
      bind(async (session) => {
        const proposal = await (await session.client()).get<Proposal>("/v1/policies/proposal");
        session.show(proposal, () => describeProposal(proposal));
        if (proposal.version === null) session.exit(EXIT.failure);
      }),
    );
  policy
    .command("test")
    .description("run the tests that policy files carry")
    .action(
      bind(async (session) => {
        const proposal = await (await session.client()).get<Proposal>("/v1/policies/proposal");
        const failed = proposal.tests.filter((test) => !test.passed);
        session.show(proposal.tests, () =>
          [
            ...proposal.problems.map(describeProblem),
            ...proposal.tests.map(
              (test) =>
                `${test.passed ? "passed" : "FAILED"}  ${plain(test.name)}${test.passed ? "" : `: ${plain(test.why)}`}`,
            ),
            `${proposal.tests.length - failed.length} passed, ${failed.length} failed`,
          ].join("\n"),
        );
        if (failed.length > 0 || proposal.version === null) session.exit(EXIT.unverified);
      }),
    );
  policy
    .command("apply")
    .description("put the files on disk in force, once their tests pass")
    .option("--expect <version>", "only if the files still have this version")
    .action(
      bind(async (session, options: { expect?: string }) => {
        const expected = options.expect === undefined ? {} : { expected: options.expect };
        const proposal = await (await session.client()).post<Proposal>("/v1/policies/apply", expected);
        session.show(
          proposal,
          () =>
            `in force: ${proposal.version} (${count(proposal.files.length, "file")} changed, ${count(proposal.tests.length, "test")} passed)`,
        );
      }),
    );
  policy
    .command("explain")
    .description("what would be decided about a call that nobody makes")
    .argument("<tool>", "as server__tool")
    .argument("[arguments]", "as JSON", "{}")
    .option("--task <task>", "as this running task")
    .option("--agent <name>", "as this agent would start")
    .action(
      bind(async (session, tool: string, given: string, options: { task?: string; agent?: string }) => {
        const answer = await (
          await session.client()
        ).post<JsonObject>("/v1/policies/explain", {
          tool,
          arguments: readObject(given),
          task: options.task,
          agent: options.agent,
        });
        session.show(answer, () => facts(Object.entries(answer).map(([name, value]) => [name, lines(value)] as const)));
      }),
    );
}

function describeProposal(proposal: Proposal): string {
  const head =
    proposal.version === null
      ? `the files do not load: ${count(proposal.problems.length, "problem")}`
      : proposal.changed
        ? `the files load, and differ from what is in force; \`writ policy apply\` puts ${proposal.version} in force`
        : "the files load, and are what is in force";
  const failed = proposal.tests.filter((test) => !test.passed);
  return [
    ...proposal.problems.map(describeProblem),
    ...proposal.warnings.map((warning) => `warning: ${plain(warning)}`),
    ...proposal.files.flatMap((file) => [plain(file.name), ...file.diff.map((line) => `  ${plain(line)}`)]),
    ...failed.map((test) => `test FAILED: ${plain(test.name)}: ${plain(test.why)}`),
    head,
  ].join("\n");
}

function describeProblem(problem: Problem): string {
  return `${plain(problem.file)}:${problem.line}:${problem.column}: ${plain(problem.message)} (${plain(problem.hint)})`;
}

function readObject(text: string): JsonObject {
  try {
    const value = JSON.parse(text) as Json;
    if (isObject(value)) return value;
  } catch {
    // Told below, with what is not an object.
  }
  throw new WritError({
    code: "usage",
    status: 400,
    message: "the arguments are not a JSON object",
    hint: 'write them as {"path":"/srv/docs/a.md"}',
  });
}

function lines(value: Json): readonly string[] {
  if (value === null) return [];
  if (Array.isArray(value))
    return (value as readonly Json[]).map((one) => (typeof one === "string" ? one : JSON.stringify(one)));
  return [typeof value === "string" ? value : JSON.stringify(value)];
}
