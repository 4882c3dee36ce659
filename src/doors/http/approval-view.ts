import { type Approval, rolesWanted, stateAt } from "../../domain/approval.ts";
import { type Person, seesContent } from "../../domain/person.ts";

export type ApprovalView = Approval & {
  /** What the call holds is not for this person's eyes: its arguments, and what they would do, are left out. */
  readonly withheld: boolean;
};

/** A question as `person` may see it at `now`. */
export function approvalView(approval: Approval, person: Person, now: number): ApprovalView {
  const withheld = !seesContent(person, rolesWanted(approval));
  const summary = withheld ? { ...approval.summary, arguments: "", says: null } : approval.summary;
  return { ...approval, summary, state: stateAt(approval, now), withheld };
}
