import type { Command } from "commander";
import { WritError } from "../../domain/error.ts";
import type { Bind } from "./command.ts";
import { plain, table } from "./output.ts";
import { GRANT_HEADS, type GrantLine, rowsOf, type TaskDetail } from "./task-view.ts";

/** What running tasks hold. */
export function addGrantCommands(program: Command, bind: Bind): void {
  const grant = program.command("grant").description("permissions of a task");
  grant
    .command("list")
    .argument("<task>")
    .description("the grants of a task")
    .action(
      bind(async (session, id: string) => {
        const { grants } = await (await session.client()).get<TaskDetail>(`/v1/tasks/${encodeURIComponent(id)}`);
        session.show(grants, () =>
          grants.length === 0 ? "the task holds no grant" : table(GRANT_HEADS, rowsOf(grants)),
        );
      }),
    );
  grant
    .command("issue")
    .description("give a running task more")
    .argument("<task>")
    .argument("<tools...>", "as server__tool")
    .option("--where <json>", 'limits, as {"path":{"glob":"/srv/docs/**"}}')
    .option("--uses <n>", "how many calls it covers", Number)
    .action(
      bind(async (session, id: string, tools: string[], options: { where?: string; uses?: number }) => {
        const where = options.where === undefined ? {} : { where: json(options.where) };
        const uses = options.uses === undefined ? {} : { uses: options.uses };
        const one = await (
          await session.client()
        ).post<GrantLine>(`/v1/tasks/${encodeURIComponent(id)}/grants`, { tools, ...where, ...uses });
        session.show(one, () => `issued ${one.id}: ${plain(one.allows)}`);
      }),
    );
  grant
    .command("revoke")
    .description("take a grant back")
    .argument("<grant>")
    .action(
      bind(async (session, id: string) => {
        const one = await (await session.client()).delete<GrantLine>(`/v1/grants/${encodeURIComponent(id)}`);
        session.show(one, () => `revoked ${one.id}`);
      }),
    );
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new WritError({
      code: "usage",
      status: 400,
      message: "`--where` is not JSON",
      hint: 'write it as {"path":{"glob":"/srv/docs/**"}}',
    });
  }
}
