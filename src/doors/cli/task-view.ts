import type { Approval } from "../../domain/approval.ts";
import type { Grant } from "../../domain/grant.ts";
import type { Task } from "../../domain/task.ts";
import { count, facts, table, time } from "./output.ts";

/** What the API answers about tasks and their grants, and how people see it. */
export type TaskLine = Task & { readonly standing: string };
export type GrantLine = Grant & { readonly allows: string };
export interface TaskDetail extends TaskLine {
  /** What the owner's words let it do. */
  readonly plan: readonly string[];
  readonly grants: readonly GrantLine[];
  readonly approvals: readonly Approval[];
  readonly children: readonly string[];
}

export function describeTask(task: TaskDetail): string {
  const over =
    task.state.kind === "ended"
      ? ` at ${time(task.state.at)} by ${task.state.by}${task.state.why === "" ? "" : `: ${task.state.why}`}`
      : "";
  const head = facts([
    ["task", task.id],
    ["standing", `${task.standing}${over}`],
    [
      "objective",
      task.objective === ""
        ? "nobody said"
        : `${task.objective} (${task.declaredBy === "owner" ? "the owner's words" : "the agent's own words"})`,
    ],
    ["plan", task.plan],
    ["agent", `${task.agent}, instance ${task.instance}`],
    ["handed down by", (task.delegators ?? []).map((one) => `${one.agent}, instance ${one.instance}`)],
    ["owner", task.owner],
    ["session", task.session],
    ["deadline", time(task.deadline)],
    [
      "used",
      `${task.used.calls} of ${task.budget.calls} calls, ${task.used.writes} of ${task.budget.writes} that change anything`,
    ],
    ["parent", task.parent],
    ["children", task.children],
  ]);
  const grants = task.grants.length === 0 ? "holds no grant" : table(GRANT_HEADS, rowsOf(task.grants));
  return `${head}\n\n${grants}${task.approvals.length === 0 ? "" : `\n\n${count(task.approvals.length, "question")} open; see \`writ approve list\``}`;
}

function grantRow(grant: GrantLine, now: number): string[] {
  const spent = grant.uses !== null && grant.used >= grant.uses;
  return [
    grant.id,
    grant.origin,
    `${grant.used}${grant.uses === null ? "" : `/${grant.uses}`}`,
    grant.revoked ? "revoked" : spent ? "spent" : now >= grant.expiresAt ? "over" : "live",
    grant.allows,
  ];
}

export function rowsOf(grants: readonly GrantLine[]): string[][] {
  const now = Date.now();
  return grants.map((grant) => grantRow(grant, now));
}

export const GRANT_HEADS = ["grant", "origin", "used", "state", "allows"];
