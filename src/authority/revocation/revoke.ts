import type { Sequence, TaskId } from "../../domain/ids.ts";
import { type Subject, SUBJECT_KINDS, type SubjectKind } from "../../domain/revocation.ts";
import type { Task } from "../../domain/task.ts";
import type { Page, ReadTx } from "../../ports/store.ts";
import { endWithin } from "../tasks/end-task.ts";
import type { Actor, AuthorityParts } from "../parts.ts";
import { refusal } from "../refusals.ts";

/** Every credential, on every gateway. */
export const EVERYTHING: Subject = { kind: "all", id: "*" };

/** Kills every credential that stands on `subject` and was made before now, and ends the running tasks that do, in one
 *  transaction. Never undone: an admin lets new ones be made. */
export async function revokeSubject(
  parts: Pick<AuthorityParts, "store" | "clock">,
  asked: { readonly subject: Subject; readonly by: Actor; readonly why: string },
): Promise<Sequence> {
  const { subject, by, why } = asked;
  const now = parts.clock.now();
  return parts.store.write(async (tx) => {
    const sequence = await tx.revoke(subject);
    await tx.append({
      kind: "revocation",
      at: now,
      call: null,
      task: null,
      body: { subject: subject.kind, id: subject.id, by, why, sequence },
    });
    for (const id of await tasksOn(tx, subject)) {
      const task = await tx.task(id);
      if (task !== null) await endWithin(tx, task, now, by, `${subject.kind} ${subject.id} was revoked`);
    }
    return sequence;
  });
}

/** The running tasks that stand on `subject` for as long as they last. A profile or a key comes and goes under them. */
async function tasksOn(tx: ReadTx, subject: Subject): Promise<readonly TaskId[]> {
  const found: TaskId[] = [];
  let after: string | null = null;
  do {
    const page: Page<Task> = await tx.tasks({ active: true, after, limit: 200 });
    found.push(...page.items.filter((task) => standsOnSubject(task, subject)).map((task) => task.id));
    after = page.next;
  } while (after !== null);
  return found;
}

function standsOnSubject(task: Task, { kind, id }: Subject): boolean {
  switch (kind) {
    case "all":
      return true;
    case "task":
      return task.id === id;
    case "owner":
    case "agent":
    case "instance":
    case "session":
      return task[kind] === id;
    case "profile":
    case "key":
      return false;
  }
}

/** @throws WritError `subject_invalid`. */
export function readSubject(kind: string, id: string): Subject {
  if (
    !SUBJECT_KINDS.includes(kind as SubjectKind) ||
    id === "" ||
    id.length > 256 ||
    (kind === "all") !== (id === "*")
  ) {
    throw refusal(
      "subject_invalid",
      400,
      { kinds: SUBJECT_KINDS },
      "this is nothing that can be revoked as a whole",
      `name one of ${SUBJECT_KINDS.join(", ")} and its id; \`all\` goes with \`*\``,
    );
  }
  return { kind: kind as SubjectKind, id };
}
