import { type Facts, WritError } from "../domain/error.ts";
import { hint, type Reason, sentence } from "../domain/reason.ts";

/** The refusals that several operations share. Each names only what the caller already gave. */

export function taskUnknown(task: string): WritError {
  return refusal(
    "task_unknown",
    404,
    { task },
    `there is no task \`${task}\``,
    "`writ task list` shows the tasks there are",
  );
}

export function taskOver(task: string, why: "ended" | "expired"): WritError {
  return refusal(
    `task_${why}`,
    409,
    { task },
    `the task \`${task}\` has ${why}`,
    "open another task; nothing from this one can be used again",
  );
}

export function agentUnknown(agent: string): WritError {
  return refusal(
    "agent_unknown",
    404,
    { agent },
    `there is no agent \`${agent}\``,
    "add it to `agents` in `writ.yaml`, and start Writ again",
  );
}

export function roleMissing(role: string): WritError {
  return refusal(
    "role_missing",
    403,
    { role },
    `this takes the role \`${role}\``,
    "ask an admin, who gives roles in `writ.yaml` under `people`",
  );
}

/** A credential that does not hold, as an HTTP caller is told. */
export function unauthenticated(reason: Reason): WritError {
  return refusal(reason.code, 401, {}, sentence(reason), hint(reason.code));
}

export function refusal(code: string, status: number, facts: Facts, message: string, next: string): WritError {
  return new WritError({ code, status, facts, message, hint: next });
}
