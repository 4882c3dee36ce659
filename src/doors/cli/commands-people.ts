import type { Command } from "commander";
import type { Bind } from "./command.ts";
import { lift } from "./commands-revoke.ts";
import { table } from "./output.ts";

/** Who may do what at the control plane. */
export function addPeopleCommands(program: Command, bind: Bind): void {
  const people = program.command("people").description("who may look, answer and change");
  people
    .command("list", { isDefault: true })
    .description("people and their roles")
    .action(
      bind(async (session) => {
        const { items } = await (
          await session.client()
        ).get<{ items: readonly { name: string; roles: readonly string[] }[] }>("/v1/people");
        session.show(items, () =>
          items.length === 0
            ? "nobody but the holder of the admin key; add `people` to writ.yaml"
            : table(
                ["name", "roles"],
                items.map((one) => [one.name, one.roles.join(", ")]),
              ),
        );
      }),
    );
  people
    .command("key")
    .description("a new personal key, printed this once; the person's earlier ones stop")
    .argument("<name>")
    .action(
      bind(async (session, name: string) => {
        const answer = await (
          await session.client()
        ).post<{ key: string }>(`/v1/people/${encodeURIComponent(name)}/keys`);
        session.show(answer, () => answer.key);
        session.parts.say(`keep it in a file only ${name} can read, and name that file in WRIT_KEY_FILE`);
      }),
    );
  people
    .command("enable")
    .description("let agents of this owner be started again after the owner was revoked")
    .argument("<name>")
    .option("--why <text>", "for the record", "")
    .action(bind((session, name: string, options: { why: string }) => lift(session, "owner", name, options.why)));
}
