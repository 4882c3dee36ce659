import { WritError } from "../../domain/error.ts";
import type { TaskId } from "../../domain/ids.ts";
import type { Grant } from "../../domain/grant.ts";
import type { Instance } from "../../domain/principal.ts";
import type { Task } from "../../domain/task.ts";
import type { Minted } from "../../ports/credentials.ts";
import { holds } from "../enrolment/enrol.ts";
import { unauthenticated } from "../refusals.ts";
import { openTaskFor } from "../tasks/open-task-for.ts";
import { renewIn } from "../tasks/renew-task.ts";
import { readDetails, writeDetails } from "./authorization-details.ts";
import { type Exchanged, TOKEN_TYPE_URI } from "./exchanged.ts";
import { oauthError } from "./oauth-error.ts";
import type { TokenParts } from "./parts.ts";
import type { TokenAnswer, TokenAsk } from "./token-endpoint.ts";

/** Instance credential → task token. Two parameters of our own: `task` names the running task to get a fresh token for;
 *  without it a task is opened, with the words of `objective`. `authorization_details` asks for less than the agent's tasks
 *  start with. */
export async function exchangeInstance(
  parts: TokenParts,
  { params, proven, vouched }: TokenAsk,
  { subject }: Exchanged,
): Promise<TokenAnswer> {
  const shown = { token: subject.token, proven };
  const id = params.get("task");
  const wanted = readDetails(parts, params.get("authorization_details"), "plan", "writ.yaml") ?? undefined;
  if (id === undefined) {
    const objective = params.get("objective") ?? "";
    const opened = await openTaskFor(parts, { shown, objective, parent: null, vouched, wanted }).catch(tooMuch);
    return taskAnswer(parts, { ...opened, minted: opened.token });
  }
  if (wanted !== undefined) throw fixed();
  const verified = parts.credentials.verifyInstance(shown, parts.clock.now());
  if (verified.kind === "refused") throw unauthenticated(verified.reason);
  const renewed = await parts.store.read(async (tx) => {
    const instance = await holds(tx, verified.value);
    return {
      instance,
      ...(await renewIn(parts, tx, { instance, task: id as TaskId })),
      grants: await tx.grants(id as TaskId),
    };
  });
  return taskAnswer(parts, renewed);
}

/** More than the agent's tasks start with, in OAuth's words. */
export function tooMuch(cause: unknown): never {
  if (cause instanceof WritError && cause.code === "scope_exceeded")
    throw oauthError("invalid_authorization_details", cause.message, cause.hint);
  throw cause;
}

function fixed(): Error {
  return oauthError(
    "invalid_authorization_details",
    "a running task holds what it holds",
    "leave it out, and ask for more with `writ__request_grant`",
  );
}

/** A task token as an exchange answers it; every member beyond RFC 8693 is for the launcher. */
export function taskAnswer(
  { clock }: TokenParts,
  given: {
    readonly task: Task;
    readonly grants: readonly Grant[];
    readonly minted: Minted;
    readonly instance: Instance;
  },
): TokenAnswer {
  const { task, grants, minted, instance } = given;
  return {
    access_token: minted.token,
    issued_token_type: TOKEN_TYPE_URI.task,
    token_type: instance.binding === "bearer" ? "Bearer" : "DPoP",
    expires_in: Math.max(0, Math.floor((minted.expiresAt - clock.now()) / 1000)),
    authorization_details: writeDetails(grants.filter((grant) => !grant.revoked && grant.endorses === undefined)),
    task: task.id,
    task_deadline: Math.floor(task.deadline / 1000),
  };
}
