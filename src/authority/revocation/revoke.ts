import type { Sequence, TaskId } from "../../domain/ids.ts";
import {
  isBarring,
  nameOf,
  type Subject,
  SUBJECT_KINDS,
  type SubjectKind,
  type Sweep,
} from "../../domain/revocation.ts";
import type { Task } from "../../domain/task.ts";
import type { Page, ReadTx, WriteTx } from "../../ports/store.ts";
import { profileOf } from "../profile.ts";
import { endWithin } from "../tasks/end-task.ts";
import type { Actor, AuthorityParts } from "../parts.ts";
import { refusal } from "../refusals.ts";

/** Every credential, on every gateway. */
export const EVERYTHING: Subject = { kind: "all", id: "*" };

/** Tasks looked at, and trees of tasks ended, in one transaction: calls that go on wait no longer than this takes. */
const PAGE = 200;
const ENDED_AT_ONCE = 25;

type Parts = Pick<AuthorityParts, "store" | "clock" | "configuration" | "digests">;

/** Kills every credential that stands on `subject` and was made before now, in one transaction, and bars new ones of an
 *  agent, an owner or anybody. The running tasks that stand on it are ended with it; where there are very many, in
 *  further transactions, for which calls that go on do not wait. Resolves when all have ended.
 *  Never undone: an admin lets new ones be made. */
export async function revokeSubject(
  parts: Parts,
  asked: { readonly subject: Subject; readonly by: Actor; readonly why: string },
): Promise<Sequence> {
  const { subject, by, why } = asked;
  const at = parts.clock.now();
  const sweep = await parts.store.write(async (tx): Promise<Sweep & { readonly left: boolean }> => {
    const sequence = await tx.revoke(subject);
    const bar = { subject, by, why, at, sequence };
    if (isBarring(subject)) await tx.putDocument("bar", nameOf(subject), bar, null);
    await tx.append({
      kind: "revocation",
      at,
      call: null,
      task: null,
      body: { subject: subject.kind, id: subject.id, by, why, sequence },
    });
    const left = await endSome(parts, tx, bar);
    if (left) await tx.putDocument("sweep", nameOf(subject), bar, null);
    return { ...bar, left };
  });
  if (sweep.left) await finish(parts, sweep);
  return sweep.sequence;
}

/** Goes on with what a stop interrupted. */
export async function finishSweeps(parts: Parts): Promise<void> {
  for (const sweep of await parts.store.read((tx) => tx.documents("sweep"))) await finish(parts, sweep);
}

async function finish(parts: Parts, sweep: Sweep): Promise<void> {
  let left = true;
  while (left) {
    left = await parts.store.write(async (tx) => {
      const more = await endSome(parts, tx, sweep);
      if (!more) await tx.dropDocument("sweep", nameOf(sweep.subject));
      return more;
    });
  }
}

/** Ends some of the tasks that a revocation reaches; true when it may reach more. */
async function endSome(parts: Parts, tx: WriteTx, { subject, by, sequence }: Sweep): Promise<boolean> {
  const { found, all } = await tasksOn(parts, tx, subject, sequence);
  const now = parts.clock.now();
  for (const id of found) {
    const task = await tx.task(id);
    if (task !== null) await endWithin(tx, task, now, by, `${subject.kind} ${subject.id} was revoked`);
  }
  return !all;
}

/** Running tasks that were opened before `sequence` and stand on `subject` for as long as they last. A key comes and goes
 *  under them. */
async function tasksOn(
  parts: Parts,
  tx: ReadTx,
  subject: Subject,
  sequence: Sequence,
): Promise<{ readonly found: readonly TaskId[]; readonly all: boolean }> {
  if (subject.kind === "key") return { found: [], all: true };
  const stands = reaches(parts, subject);
  const found: TaskId[] = [];
  let after: string | null = null;
  do {
    const page: Page<Task> = await tx.tasks({ active: true, after, limit: PAGE });
    for (const task of page.items) {
      if ((task.epoch ?? 0) > sequence || !stands(task)) continue;
      if (found.length >= ENDED_AT_ONCE) return { found, all: false };
      found.push(task.id);
    }
    after = page.next;
  } while (after !== null);
  return { found, all: true };
}

function reaches(parts: Parts, { kind, id }: Subject): (task: Task) => boolean {
  switch (kind) {
    case "all":
      return () => true;
    case "task":
      return (task) => task.id === id;
    case "owner":
    case "agent":
    case "instance":
    case "session":
      return (task) => task[kind] === id;
    case "profile": {
      const agents = parts.configuration.agents.filter((agent) => profileOf(agent, parts.digests) === id);
      return (task) => agents.some((agent) => agent.name === task.agent);
    }
    case "key":
      return () => false;
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
