import type { AgentName, PersonName } from "../../domain/ids.ts";
import { type Bar, nameOf, type Subject } from "../../domain/revocation.ts";
import type { ReadTx } from "../../ports/store.ts";
import type { Actor, AuthorityParts } from "../parts.ts";
import { refusal } from "../refusals.ts";

/** Nothing is made for whom a revocation bars, until an admin lets it.
 *  @throws WritError 403 `panic`, `agent_disabled`, `owner_disabled`. */
export async function refuseBarred(
  tx: ReadTx,
  { agent, owner }: { readonly agent: AgentName; readonly owner: PersonName },
): Promise<void> {
  if ((await tx.document("bar", "all:*")) !== null) {
    throw refusal(
      "panic",
      403,
      {},
      "everything was revoked, and nothing new is made now",
      "an admin lets it again with `writ panic --lift`",
    );
  }
  if ((await tx.document("bar", nameOf({ kind: "agent", id: agent }))) !== null) {
    throw refusal(
      "agent_disabled",
      403,
      { agent },
      `the agent \`${agent}\` was revoked`,
      `an admin lets new ones be made with \`writ agent enable ${agent}\`; what was revoked stays dead`,
    );
  }
  if ((await tx.document("bar", nameOf({ kind: "owner", id: owner }))) !== null) {
    throw refusal(
      "owner_disabled",
      403,
      { owner },
      `what \`${owner}\` owns was revoked`,
      `an admin lets new ones be made with \`writ people enable ${owner}\`; what was revoked stays dead`,
    );
  }
}

/** Lets new instances and tasks be made again. Nothing that was revoked comes back.
 *  @throws WritError 404 `not_revoked` where nothing bars it. */
export async function enable(
  parts: Pick<AuthorityParts, "store" | "clock">,
  asked: { readonly subject: Subject; readonly by: Actor; readonly why: string },
): Promise<Bar> {
  const { subject, by, why } = asked;
  return parts.store.write(async (tx) => {
    const bar = await tx.document("bar", nameOf(subject));
    if (bar === null) {
      throw refusal(
        "not_revoked",
        404,
        { kind: subject.kind, id: subject.id },
        "new ones may be made already",
        "`writ status` says what may not",
      );
    }
    await tx.dropDocument("bar", nameOf(subject));
    await tx.append({
      kind: "enabled",
      at: parts.clock.now(),
      call: null,
      task: null,
      body: { subject: subject.kind, id: subject.id, by, why, revokedBy: bar.by, revokedAt: bar.at },
    });
    return bar;
  });
}
