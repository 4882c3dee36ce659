import type { Command } from "commander";
import { localOrigin } from "./client.ts";
import type { Bind, Session } from "./command.ts";
import { left, plain, table } from "./output.ts";
import type { RunRequest } from "./parts.ts";
import { describeTask, type TaskDetail, type TaskLine } from "./task-view.ts";

interface Items<T> {
  readonly items: readonly T[];
}

interface NarrowOptions {
  readonly without?: readonly string[];
  readonly not?: readonly string[];
  readonly once?: boolean;
}

/** Running agents inside tasks, and looking at both. */
export function addTaskCommands(program: Command, bind: Bind): void {
  program
    .command("run")
    .summary("run an agent's command inside a task")
    .description(
      "Runs a command whose way to tools is an address made for it (WRIT_MCP_URL, WRIT_MCP_CONFIG, {mcp-config}). Its task ends with it.",
    )
    .requiredOption("--agent <name>", "an agent of writ.yaml")
    .option("--task <objective>", "what it is for, in your words", "")
    .option("--user <user>", "run it as another user, the launcher as the user of Writ; takes root")
    .option("--model <model>", "the model it works with, as name@version; Writ takes it as a claim")
    .argument("<command...>", "the command, after --")
    .action(
      bind(
        async (session, command: string[], options: { agent: string; task: string; user?: string; model?: string }) => {
          const { user, model } = options;
          const settings = await place(session, options);
          session.exit(
            user === undefined
              ? await session.parts.run({ ...settings, launcherKey: await launcherKey(session), command, model })
              : await session.parts.runAs({ ...settings, user, command }),
          );
        },
      ),
    );

  const task = program.command("task").description("pieces of work, and what they may do");
  task
    .command("start")
    .description("open a task and keep its address up until interrupted; for a client you start yourself")
    .requiredOption("--agent <name>", "an agent of writ.yaml")
    .option("--user <user>", "answer only to what this user runs (Linux)")
    .argument("[objective]", "what it is for, in your words", "")
    .action(
      bind(async (session, objective: string, options: { agent: string; user?: string }) => {
        const settings = {
          ...(await place(session, { ...options, task: objective })),
          launcherKey: await launcherKey(session),
          ...(options.user === undefined ? {} : { user: options.user }),
        };
        session.exit(
          await session.parts.hold(settings, (opened) => {
            session.show(opened, () => opened.url);
            session.parts.say(
              `task ${opened.task} is open; ${options.user === undefined ? "whoever on this machine" : `what ${options.user} runs and`} knows the address acts as ${options.agent}. Ctrl-C ends it.`,
            );
          }),
        );
      }),
    );
  task
    .command("list")
    .description("tasks, newest first")
    .option("--all", "also those that are over")
    .action(
      bind(async (session, options: { all?: boolean }) => {
        const page = await (
          await session.client()
        ).get<Items<TaskLine>>("/v1/tasks", { active: options.all === true ? undefined : true, limit: 100 });
        const now = Date.now();
        const rows = page.items.map((one) => [
          one.id,
          one.agent,
          one.owner,
          one.standing,
          `${one.used.calls}/${one.budget.calls}`,
          one.standing === "active" ? left(one.deadline - now) : "",
          one.objective,
        ]);
        session.show(page.items, () =>
          rows.length === 0
            ? "no task is running"
            : table(["task", "agent", "owner", "standing", "calls", "left", "objective"], rows),
        );
      }),
    );
  task
    .command("show")
    .description("one task, what its owner's words let it do, its grants and open questions")
    .argument("<task>")
    .action(
      bind(async (session, id: string) => {
        const one = await (await session.client()).get<TaskDetail>(`/v1/tasks/${encodeURIComponent(id)}`);
        session.show(one, () => describeTask(one));
      }),
    );
  task
    .command("narrow")
    .description("take something out of what the owner's words ask for; for good, from the next call on")
    .argument("<task>")
    .option("--without <act...>", "an act that `writ task show` names, such as send")
    .option("--not <value...>", "a value that the words name: nothing is aimed at it any more")
    .option("--once", "nothing is done twice")
    .action(
      bind(async (session, id: string, { without = [], not = [], once = false }: NarrowOptions) => {
        const answer = await (
          await session.client()
        ).post<{ task: string; plan: readonly string[] }>(`/v1/tasks/${encodeURIComponent(id)}/narrow`, {
          without,
          not,
          once,
        });
        session.show(answer, () => answer.plan.map(plain).join("\n"));
      }),
    );
  task
    .command("end")
    .description("end a task and everything below it; what it held is refused from now on")
    .argument("<task>")
    .option("--why <text>", "for the record", "")
    .action(
      bind(async (session, id: string, options: { why: string }) => {
        const answer = await (
          await session.client()
        ).post<{ ended: readonly string[] }>(`/v1/tasks/${encodeURIComponent(id)}/end`, { why: options.why });
        session.show(answer, () =>
          answer.ended.length === 0 ? "it had ended before" : answer.ended.map((ended) => `ended ${ended}`).join("\n"),
        );
      }),
    );
}

async function place(
  { parts, options }: Session,
  asked: { readonly agent: string; readonly task: string },
): Promise<Omit<RunRequest, "command" | "launcherKey">> {
  const { origin } = await parts.locate(options.config);
  return {
    origin: localOrigin(options.url ?? origin),
    agent: asked.agent,
    objective: asked.task,
    config: options.config,
  };
}

async function launcherKey({ parts, options }: Session): Promise<string> {
  return parts.readKey((await parts.locate(options.config)).dataFolder, "launcher");
}
