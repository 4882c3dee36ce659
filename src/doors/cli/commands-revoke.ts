import type { Command } from "commander";
import type { Bind, Session } from "./command.ts";

/** Stopping: one thing, or everything. */
export function addRevokeCommands(program: Command, bind: Bind): void {
  program
    .command("revoke")
    .description("kill what stands on an owner, agent, instance, session, task, profile or key, and end its tasks")
    .argument("<kind>")
    .argument("<id>")
    .option("--why <text>", "for the record", "")
    .action(
      bind((session, kind: string, id: string, options: { why: string }) => revoke(session, kind, id, options.why)),
    );
  program
    .command("panic")
    .description("kill every credential, end every task and let nothing new be made, at once")
    .option("--why <text>", "for the record", "")
    .option("--lift", "let new ones be made again; what was revoked stays dead")
    .action(
      bind((session, options: { why: string; lift?: boolean }) =>
        options.lift === true ? lift(session, "all", "*", options.why) : revoke(session, "all", "*", options.why),
      ),
    );
}

/** @throws WritError the control plane's own refusal, `control_unreachable`. */
export async function revoke(session: Session, kind: string, id: string, why: string): Promise<void> {
  const answer = await (await session.client()).post("/v1/revocations", { kind, id, why });
  const next = { all: "writ panic --lift", agent: `writ agent enable ${id}`, owner: `writ people enable ${id}` }[kind];
  session.show(answer, () => {
    const [what, tasks] =
      kind === "all"
        ? ["every credential made until now", "every task has ended"]
        : [`every credential that stands on ${kind} ${id}`, "its tasks have ended"];
    const then = next === undefined ? "" : `; nothing new is made until an admin says \`${next}\``;
    return `${what} is refused from now on, and ${tasks}${then}`;
  });
}

/** @throws WritError as `revoke` does. */
export async function lift(session: Session, kind: string, id: string, why: string): Promise<void> {
  const answer = await (await session.client()).post("/v1/revocations/lift", { kind, id, why });
  session.show(answer, () => "new credentials may be made again; what was revoked stays dead");
}
