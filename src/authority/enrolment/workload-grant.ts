import { readDetails } from "../tokens/authorization-details.ts";
import { checkTarget } from "../tokens/exchange.ts";
import { taskAnswer, tooMuch } from "../tokens/exchange-instance.ts";
import type { TokenParts } from "../tokens/parts.ts";
import type { TokenAnswer, TokenAsk } from "../tokens/token-endpoint.ts";
import { openTaskIn } from "../tasks/open-task.ts";
import { registerIn } from "./enrol.ts";

/** The token that a platform gave a workload, for a task token of the agent that is registered for it: enrolment and the
 *  opening of a task in one transaction, by the same rules. What is issued is bound to the key that the request proved,
 *  and is a bearer token without one. An assertion is good once, here or at enrolment; one that was refused for what the
 *  request wished is not used up. Parameters of our own: `objective`, the agent's own words.
 *  @throws WritError as `Enrolments.attested`, `registerIn` and `openTaskIn` do; `invalid_target`, `invalid_scope`,
 *  `invalid_authorization_details`. */
export async function workloadGrant(parts: TokenParts, asked: TokenAsk, assertion: string): Promise<TokenAnswer> {
  const { params, proven } = asked;
  checkTarget(parts, asked);
  const wanted = readDetails(parts, params.get("authorization_details"), "plan", "writ.yaml") ?? undefined;
  const objective = params.get("objective") ?? "";
  return parts.enrolments.attested("oidc", { token: assertion }, async (attestation) => {
    const made = await parts.store
      .write(async (tx) => {
        const { instance } = await registerIn(parts, tx, attestation, proven ?? "", proven !== null);
        const more = wanted === undefined ? {} : { wanted };
        const request = { instance, objective, declaredBy: "agent-claimed", parent: null, ...more } as const;
        return { instance, ...(await openTaskIn(parts, tx, request)) };
      })
      .catch(tooMuch);
    return taskAnswer(parts, { ...made, minted: made.token });
  });
}
