import type { Command } from "commander";
import { type Approval, stateAt } from "../../domain/approval.ts";
import type { Grant } from "../../domain/grant.ts";
import type { Client } from "./client.ts";
import type { Bind, Session } from "./command.ts";
import { facts, left, table, time } from "./output.ts";

interface Items<T> {
  readonly items: readonly T[];
}

/** Questions to people, and their answers. */
export function addApproveCommands(program: Command, bind: Bind): void {
  const approve = program.command("approve").description("questions to people");
  approve
    .command("list", { isDefault: true })
    .description("open questions")
    .option("--all", "also those that are closed")
    .option("--watch", "go on, and show each new one")
    .action(
      bind(async (session, options: { all?: boolean; watch?: boolean }) => {
        const client = await session.client();
        const open = options.all === true ? undefined : true;
        const fetchAll = async (): Promise<readonly Approval[]> =>
          (await client.get<Items<Approval>>("/v1/approvals", { open, limit: 100 })).items;
        if (options.watch === true) return watch(session, client, fetchAll);
        const items = await fetchAll();
        session.show(items, () =>
          items.length === 0
            ? "nothing waits for a person"
            : table(["approval", "tool", "agent", "state", "left", "why"], items.map(approvalRow)),
        );
      }),
    );
  approve
    .command("show")
    .description("one question, with the exact call")
    .argument("<approval>")
    .action(
      bind(async (session, id: string) => {
        const one = await (await session.client()).get<Approval>(`/v1/approvals/${encodeURIComponent(id)}`);
        session.show(one, () => describeApproval(one));
      }),
    );
  for (const verdict of ["allow", "deny"] as const) {
    approve
      .command(verdict)
      .description(verdict === "allow" ? "let exactly this call come, once" : "refuse it for this task")
      .argument("<approval>")
      .option("--note <text>", "for the record", "")
      .action(
        bind(async (session, id: string, options: { note: string }) => {
          const answer = await (
            await session.client()
          ).post<{ approval: Approval; grant: Grant | null }>(`/v1/approvals/${encodeURIComponent(id)}/answer`, {
            verdict,
            note: options.note,
          });
          session.show(
            answer,
            () =>
              `${answer.approval.id} is ${answer.approval.state}${answer.approval.state === "pending" ? "; another role still has to answer" : ""}${answer.grant === null ? "" : `; grant ${answer.grant.id} issued`}`,
          );
        }),
      );
  }
}

/** Shows every question once, those that are open and those that come, until interrupted. */
async function watch(session: Session, client: Client, fetchAll: () => Promise<readonly Approval[]>): Promise<void> {
  const seen = new Set<string>();
  const stop = new AbortController();
  const interrupt = (): void => stop.abort();
  process.once("SIGINT", interrupt);
  try {
    await client.follow(
      "/v1/events",
      async (kind) => {
        if (kind !== "open" && kind !== "approval" && kind !== "resync") return;
        for (const one of await fetchAll()) {
          if (!seen.has(one.id)) session.show(one, () => `${describeApproval(one)}\n`);
          seen.add(one.id);
        }
      },
      stop.signal,
    );
  } finally {
    process.off("SIGINT", interrupt);
  }
}

function approvalRow(approval: Approval): string[] {
  const now = Date.now();
  const state = stateAt(approval, now);
  return [
    approval.id,
    approval.summary.tool,
    approval.summary.agent,
    state.replaceAll("_", " "),
    state === "pending" ? left(approval.deadline - now) : "",
    approval.asks.map((ask) => ask.why).join("; "),
  ];
}

function describeApproval(approval: Approval): string {
  const { summary } = approval;
  const now = Date.now();
  const state = stateAt(approval, now);
  return facts([
    [
      "approval",
      `${approval.id}, ${state.replaceAll("_", " ")}${state === "pending" ? `, ${left(approval.deadline - now)} left` : ""}`,
    ],
    [
      "call",
      `${summary.agent} wants ${summary.tool} (${summary.effects.join(", ")}; ${summary.reversible ? "can be undone" : "cannot be undone"})`,
    ],
    ["does", summary.says],
    ["arguments", summary.arguments],
    ["for", `${summary.owner}, task ${approval.task}${summary.objective === "" ? "" : ` "${summary.objective}"`}`],
    ["asked", approval.asks.map((ask) => `${ask.role}: ${ask.why} (${ask.policy})`)],
    ["answers", approval.answers.map((one) => `${one.person} said ${one.verdict} at ${time(one.at)}`)],
    ["next", state === "pending" ? `writ approve allow ${approval.id}, or writ approve deny ${approval.id}` : null],
  ]);
}
