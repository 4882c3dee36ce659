import type { Command } from "commander";
import type { Bind } from "./command.ts";
import { lift, revoke } from "./commands-revoke.ts";
import { table, time } from "./output.ts";

interface Agent {
  readonly name: string;
  readonly scope: readonly string[];
  readonly enrol: readonly string[];
  readonly instances: readonly { readonly id: string; readonly enrolledBy: string; readonly enrolledAt: number }[];
}

/** Agents, and how their processes come to a credential. */
export function addAgentCommands(program: Command, bind: Bind): void {
  const agent = program.command("agent").description("agents and their running instances");
  agent
    .command("list", { isDefault: true })
    .description("agents of writ.yaml, and when each was last seen")
    .action(
      bind(async (session) => {
        const { items } = await (await session.client()).get<{ items: readonly Agent[] }>("/v1/agents");
        session.show(items, () =>
          items.length === 0
            ? "no agent is configured; add one to `agents` in writ.yaml"
            : table(
                ["agent", "enrols by", "last seen", "scope"],
                items.map(({ name, enrol, instances: [last], scope }) => [
                  name,
                  [...new Set(enrol)].join(", "),
                  last === undefined ? "never" : `${last.id} ${time(last.enrolledAt)} by ${last.enrolledBy}`,
                  scope.join("; ") || "nothing",
                ]),
              ),
        );
      }),
    );
  agent
    .command("join")
    .description("print a secret that enrols one process of this agent, once, within five minutes")
    .argument("<name>")
    .action(
      bind(async (session, name: string) => {
        const client = await session.client();
        const answer = await client.post<{ token: string; expiresAt: number }>(
          `/v1/agents/${encodeURIComponent(name)}/join`,
        );
        session.show(answer, () => answer.token);
        session.parts.say(`it works once, until ${time(answer.expiresAt)}: POST it to ${client.origin}/v1/enrol`);
      }),
    );
  agent
    .command("disable")
    .description("kill what this agent's instances hold, end its tasks, and start no more of it")
    .argument("<name>")
    .option("--why <text>", "for the record", "")
    .action(bind((session, name: string, options: { why: string }) => revoke(session, "agent", name, options.why)));
  agent
    .command("enable")
    .description("let new instances of a revoked agent be started; what was revoked stays dead")
    .argument("<name>")
    .option("--why <text>", "for the record", "")
    .action(bind((session, name: string, options: { why: string }) => lift(session, "agent", name, options.why)));
}
