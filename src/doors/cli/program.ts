import { Command, CommanderError } from "commander";
import { WritError } from "../../domain/error.ts";
import { createBind, exitOf } from "./command.ts";
import { addAgentCommands } from "./commands-agent.ts";
import { addApproveCommands } from "./commands-approve.ts";
import { addCapabilityCommands } from "./commands-capability.ts";
import { addCredsCommands } from "./commands-creds.ts";
import { addGrantCommands } from "./commands-grant.ts";
import { addKeyCommands } from "./commands-keys.ts";
import { addMemoryCommands } from "./commands-memory.ts";
import { addPeopleCommands } from "./commands-people.ts";
import { addPolicyCommands } from "./commands-policy.ts";
import { addRecordCommands } from "./commands-record.ts";
import { addServeCommand } from "./commands-serve.ts";
import { addRevokeCommands } from "./commands-revoke.ts";
import { addSystemCommands } from "./commands-system.ts";
import { addTaskCommands } from "./commands-task.ts";
import { addToolCommands } from "./commands-tools.ts";
import { plain } from "./output.ts";
import { type CliParts, EXIT } from "./parts.ts";

export interface Program {
  /** Runs one command line (without the program's own name) and resolves to its exit code. Never throws. */
  run(args: readonly string[]): Promise<number>;
}

/** The `writ` command. Data on stdout, messages on stderr; every failure says what, why, and the next command. */
export function buildProgram(parts: CliParts): Program {
  return {
    async run(args) {
      let code: number = EXIT.ok;
      const program = new Command("writ");
      const bind = createBind(parts, (given) => (code = given));
      program
        .description("Task-scoped permissions for AI agents: every tool call judged on its own.")
        .version(parts.version)
        .option("--json", "answer in JSON")
        .option("--config <file>", "use this writ.yaml")
        .option("--url <address>", "where Writ listens, if not as writ.yaml says")
        .showSuggestionAfterError()
        .showHelpAfterError("(`writ help` lists the commands)");
      for (const add of COMMANDS) add(program, bind);
      forAll(program, (command) => {
        command.exitOverride();
        command.configureOutput({ writeOut: parts.out, writeErr: (text) => parts.say(text.trimEnd()) });
      });
      try {
        await program.parseAsync([...args], { from: "user" });
        return code;
      } catch (cause) {
        return fail(parts, cause, args.includes("--json"));
      }
    },
  };
}

/** In the order of the help. */
const COMMANDS = [
  addSystemCommands,
  addServeCommand,
  addTaskCommands,
  addAgentCommands,
  addGrantCommands,
  addApproveCommands,
  addRecordCommands,
  addPolicyCommands,
  addToolCommands,
  addMemoryCommands,
  addCredsCommands,
  addCapabilityCommands,
  addRevokeCommands,
  addPeopleCommands,
  addKeyCommands,
];

function forAll(command: Command, act: (command: Command) => void): void {
  act(command);
  for (const child of command.commands) forAll(child, act);
}

function fail(parts: CliParts, cause: unknown, json: boolean): number {
  if (cause instanceof CommanderError) return cause.exitCode === 0 ? EXIT.ok : EXIT.usage;
  if (!(cause instanceof WritError)) {
    parts.say(`writ: something failed inside: ${plain(cause instanceof Error ? cause.message : String(cause))}`);
    return EXIT.failure;
  }
  if (json)
    parts.out(
      `${JSON.stringify({ error: { code: cause.code, message: cause.message, hint: cause.hint, facts: cause.facts } })}\n`,
    );
  parts.say(`writ: ${plain(cause.message)} (${cause.code})`);
  for (const [name, value] of Object.entries(cause.facts))
    if (Array.isArray(value)) for (const one of value as readonly string[]) parts.say(`  ${name}: ${plain(one)}`);
  parts.say(`next: ${plain(cause.hint)}`);
  return cause.code === "usage" ? EXIT.usage : exitOf(cause.code, cause.status);
}
