import { type CallDraft, inputOf } from "../../domain/call.ts";
import type { GrantDraft } from "../../domain/grant.ts";
import { type PersonName, qualified } from "../../domain/ids.ts";
import type { Person } from "../../domain/person.ts";
import type { Principal } from "../../domain/principal.ts";
import type { AuthorizationRequest } from "../../domain/sign-in.ts";
import type { StepUp } from "../../domain/step-up.ts";
import { canonicalize } from "../../wire/json/canonical.ts";
import type { AuthorityParts } from "../parts.ts";
import { refusal } from "../refusals.ts";
import { answerApproval } from "../tasks/answer-approval.ts";
import { grantDigest, requestGrant } from "../tasks/request-grant.ts";
import { mayAct } from "./sign-ins.ts";

export const STEP_UP_SCOPE = "call:";

const LIFE_MS = 10 * 60_000;
const MOST_OPEN = 20;
/** A person is asked about what they can read. */
const LONGEST_ARGUMENTS = 4_096;

/** The scope that names this denied call, for a client whose person signed it in for `resource`; null for any other
 *  caller. A call is offered once while its offer stands: a client that cannot ask its person comes again, and gets the
 *  refusal that its model can read. */
export async function offerStepUp(
  parts: AuthorityParts,
  asked: {
    readonly principal: Principal;
    readonly draft: CallDraft;
    readonly resource: string;
    readonly policyVersion: string;
  },
): Promise<string | null> {
  const { principal, draft, resource, policyVersion } = asked;
  const { task, instance, owner } = principal;
  const input = inputOf(draft);
  if (canonicalize(input).length > LONGEST_ARGUMENTS) return null;
  const tool = qualified(draft.server, draft.tool);
  const digest = grantDigest(parts, draftFor({ tool, arguments: input }, owner));
  const now = parts.clock.now();
  return parts.store.write(async (tx) => {
    const signIn = (await tx.documents("sign_in")).find((one) => one.task === task && one.instance === instance);
    if (signIn === undefined || signIn.resource !== resource || !mayAct(parts.configuration, signIn)) return null;
    const open = (await tx.documents("step_up")).filter((one) => one.signIn === signIn.id && now < one.until);
    // A person's no holds for the task.
    if ((await tx.approvalFor(task, digest))?.state === "denied") return null;
    if (open.length >= MOST_OPEN || open.some((one) => one.digest === digest)) return null;
    const stepUp: StepUp = {
      id: parts.ids.nonce(),
      signIn: signIn.id,
      client: signIn.client,
      owner,
      instance,
      task,
      resource,
      tool,
      arguments: input,
      digest,
      policyVersion,
      until: now + LIFE_MS,
    };
    await tx.putDocument("step_up", stepUp.id, stepUp, stepUp.until);
    return `${STEP_UP_SCOPE}${stepUp.id}`;
  });
}

/** What a client's scope names, where it is this client's and for this resource; null where it is not, or is over. */
export async function namedBy(
  { store, clock }: Pick<AuthorityParts, "store" | "clock">,
  asked: { readonly scope: string; readonly client: string; readonly resource: string },
): Promise<StepUp | null> {
  const found = await store.read((tx) => tx.document("step_up", asked.scope.slice(STEP_UP_SCOPE.length)));
  const fits = found !== null && found.client === asked.client && found.resource === asked.resource;
  return fits && clock.now() < found.until ? found : null;
}

/** The call that a request asks `owner` about.
 *  @throws WritError 410 `request_expired`, 403 `owner_foreign` for somebody else's task. */
export async function stepUpOf(
  { store, clock }: Pick<AuthorityParts, "store" | "clock">,
  stepUp: NonNullable<AuthorizationRequest["stepUp"]>,
  owner: PersonName,
): Promise<StepUp> {
  const found = await store.read((tx) => tx.document("step_up", stepUp.id));
  if (found === null || clock.now() >= found.until)
    throw refusal("request_expired", 410, {}, "this request is too old", "start again from the program");
  if (found.owner !== owner)
    throw refusal("owner_foreign", 403, {}, "this call belongs to somebody else's task", "its owner answers this");
  return found;
}

/** A person's answer about one call, once, under the rules for every request for a grant. A yes gives the task one use
 *  of exactly this call.
 *  @throws WritError as `requestGrant` and `answerApproval`; 409 `request_answered`. */
export async function answerStepUp(
  parts: AuthorityParts,
  given: { readonly stepUp: StepUp; readonly person: Person; readonly verdict: "allow" | "deny" },
): Promise<void> {
  const { stepUp, person, verdict } = given;
  if (!(await parts.store.write((tx) => tx.dropDocument("step_up", stepUp.id))))
    throw refusal("request_answered", 409, {}, "this request was answered before", "start again from the program");
  const { instance, task, policyVersion } = stepUp;
  const approval = await requestGrant(parts, {
    instance: { id: instance },
    task,
    draft: draftFor(stepUp, person.name),
    why: "its client asks its person about this call",
    policyVersion,
  });
  await answerApproval(parts, { approval: approval.id, person, verdict, note: "" });
}

/** One use of exactly this call. */
function draftFor(call: Pick<StepUp, "tool" | "arguments">, issuedBy: string): GrantDraft {
  const constraints = [{ kind: "whole", argument: "", value: call.arguments }] as const;
  return { tools: [call.tool], constraints, uses: 1, origin: "approval", issuedBy };
}
