import type { Command } from "commander";
import { own } from "../../domain/json.ts";
import type { LedgerRecord } from "../../domain/record.ts";
import type { Bind } from "./command.ts";
import { count, table, time } from "./output.ts";
import { EXIT } from "./parts.ts";
import { type CallAnswer, describeCall } from "./why.ts";

/** The record: one call, the newest entries, and whether all of it is intact. */
export function addRecordCommands(program: Command, bind: Bind): void {
  program
    .command("why")
    .description("everything the record knows of one call")
    .argument("<call>")
    .action(
      bind(async (session, id: string) => {
        const answer = await (await session.client()).get<CallAnswer>(`/v1/calls/${encodeURIComponent(id)}`);
        session.show(answer, () => describeCall(answer));
      }),
    );

  const audit = program.command("audit").description("the record");
  audit
    .command("tail", { isDefault: true })
    .description("the newest entries; with --json one a line")
    .option("-n, --lines <n>", "how many", Number, 20)
    .option("--task <task>", "of one task, from its beginning")
    .action(
      bind(async (session, options: { lines: number; task?: string }) => {
        const { items } = await (
          await session.client()
        ).get<{ items: readonly LedgerRecord[] }>("/v1/ledger", { limit: options.lines, task: options.task });
        if (session.options.json) for (const one of items) session.show(one, () => "");
        else session.show(items, () => table(["n", "when", "kind", "task", "call", "what"], items.map(recordRow)));
      }),
    );
  audit
    .command("verify")
    .description("walk the whole record: every hash, every link, every outcome's admission")
    .action(
      bind(async (session) => {
        const verdict = await (
          await session.client()
        ).get<{ kind: string; records?: number; at?: number; why?: string; open?: readonly string[] }>(
          "/v1/ledger/verify",
        );
        const open = verdict.open?.length ?? 0;
        session.show(verdict, () =>
          verdict.kind === "intact"
            ? `intact: ${count(verdict.records ?? 0, "entry", "entries")}${open === 0 ? "" : `, ${count(open, "call")} without an outcome yet`}`
            : `BROKEN at entry ${verdict.at}: ${verdict.why}`,
        );
        if (verdict.kind !== "intact") session.exit(EXIT.unverified);
      }),
    );
}

function recordRow({ number, at, kind, task, call, body }: LedgerRecord): string[] {
  const said = ["verdict", "tool", "state", "says", "reason", "why", "objective", "allows", "person", "by", "agent"]
    .map((name) => own(body, name))
    .filter((value) => typeof value === "string" && value !== "");
  return [String(number), time(at), kind, task ?? "", call ?? "", [...new Set(said)].slice(0, 4).join("  ")];
}
