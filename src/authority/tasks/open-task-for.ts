import type { Wanted } from "../../domain/delegation.ts";
import type { TaskId } from "../../domain/ids.ts";
import type { Instance } from "../../domain/principal.ts";
import type { Shown } from "../../ports/credentials.ts";
import { authenticateInstance } from "../enrolment/enrol.ts";
import type { AuthorityParts } from "../parts.ts";
import { endTask } from "./end-task.ts";
import { type OpenedTask, openTask } from "./open-task.ts";

/** Opens a task for the instance whose credential is shown. The launcher, where it vouches, speaks for the owner who
 *  started it; an instance by itself speaks for itself.
 *  @throws WritError as `authenticateInstance` and `openTask` do. */
export async function openTaskFor(
  parts: AuthorityParts,
  asked: {
    readonly shown: Shown;
    readonly objective: string;
    readonly parent: TaskId | null;
    readonly vouched: boolean;
    readonly wanted?: readonly Wanted[] | undefined;
  },
): Promise<OpenedTask & { readonly instance: Instance }> {
  const { instance } = await authenticateInstance(parts, asked.shown);
  const opened = await openTask(parts, {
    instance,
    objective: asked.objective,
    declaredBy: asked.vouched ? "owner" : "agent-claimed",
    parent: asked.parent,
    ...(asked.wanted === undefined ? {} : { wanted: asked.wanted }),
  });
  // A revocation that came between found no task to end; what it kills must not have opened one behind it.
  await authenticateInstance(parts, asked.shown).catch(async (cause: unknown) => {
    await endTask(parts, { task: opened.task.id, by: "writ", why: "its instance was revoked" });
    throw cause;
  });
  return { ...opened, instance };
}
