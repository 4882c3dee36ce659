import { WritError } from "../../domain/error.ts";
import type { GrantDraft } from "../../domain/grant.ts";
import type { Budget } from "../../domain/task.ts";
import { unauthenticated } from "../refusals.ts";
import { delegate } from "../tasks/delegate.ts";
import { readDetails } from "./authorization-details.ts";
import type { Exchanged } from "./exchanged.ts";
import { taskAnswer } from "./exchange-instance.ts";
import { oauthError } from "./oauth-error.ts";
import type { TokenParts } from "./parts.ts";
import { recordRefusedDelegation } from "./refused-delegation.ts";
import type { TokenAnswer, TokenAsk } from "./token-endpoint.ts";

/** A task's token and another instance's credential → a task token for that instance, with what `authorization_details`
 *  names out of what the task holds, or with nothing. The holder of the task asks, and proves its key where it has one;
 *  what is issued is bound to the other's key, so that the holder cannot use it. Parameters of our own: `objective`,
 *  `task_calls` and `task_writes` (together), `task_lifetime` in seconds. */
export async function exchangeDelegation(
  parts: TokenParts,
  { params, proven }: TokenAsk,
  { subject, actor }: Exchanged,
): Promise<TokenAnswer> {
  const now = parts.clock.now();
  const holder = parts.credentials.verifyTask({ token: subject.token, proven }, now);
  if (holder.kind === "refused") throw unauthenticated(holder.reason);
  const by = holder.value;
  const acts = parts.credentials.inspectInstance(actor?.token ?? "", now);
  let wanted: readonly GrantDraft[] = [];
  try {
    if (acts.kind === "refused") throw unauthenticated(acts.reason);
    wanted = readDetails(parts, params.get("authorization_details"), "delegation", by.actor) ?? [];
    const budget = readBudget(params);
    const lifetime = readWhole(params, "task_lifetime");
    const opened = await delegate(parts, {
      subject: by,
      actor: acts.value,
      objective: params.get("objective") ?? "",
      grants: wanted,
      ...(budget === null ? {} : { budget }),
      ...(lifetime === null ? {} : { lifetimeMs: lifetime * 1000 }),
    });
    return taskAnswer(parts, { ...opened, minted: opened.token });
  } catch (cause) {
    const to = acts.kind === "refused" ? null : acts.value.instance;
    await recordRefusedDelegation(parts, { by, to, tools: wanted.flatMap((one) => one.tools) }, cause);
    if (cause instanceof WritError && cause.code === "delegation_widens")
      throw oauthError("invalid_authorization_details", cause.message, cause.hint);
    throw cause;
  }
}

function readBudget(params: ReadonlyMap<string, string>): Budget | null {
  const calls = readWhole(params, "task_calls");
  const writes = readWhole(params, "task_writes");
  if (calls === null && writes === null) return null;
  if (calls !== null && writes !== null) return { calls, writes };
  throw oauthError("invalid_request", "`task_calls` and `task_writes` go together", "give both, or neither");
}

function readWhole(params: ReadonlyMap<string, string>, name: string): number | null {
  const text = params.get(name);
  if (text === undefined) return null;
  if (/^(0|[1-9][0-9]{0,8})$/.test(text)) return Number(text);
  throw oauthError("invalid_request", `\`${name}\` is not a whole number`, "give decimal digits");
}
