import type { PersonName } from "../../domain/ids.ts";
import { KEY_HOLDER, may, type Person } from "../../domain/person.ts";
import type { AuthorizationRequest } from "../../domain/sign-in.ts";
import { readObjective } from "../tasks/begin.ts";
import { refusal, roleMissing } from "../refusals.ts";
import { answerTo } from "./authorization.ts";
import type { SignInParts } from "./parts.ts";
import { answerStepUp, stepUpOf } from "./step-up.ts";

const CODE_LIFE_MS = 60_000;

/** On whose behalf a client works that this person signs in: their own, or the machine's owner where the admin key
 *  speaks. */
export function ownerFor({ configuration }: Pick<SignInParts, "configuration">, person: Person): PersonName {
  return person.name === KEY_HOLDER ? configuration.owner : person.name;
}

/** A signed-in person's answer to a client, once. Resolves to where their browser goes: back to the client, with a code
 *  for a yes.
 *  @throws WritError 403 `role_missing` for somebody with no role here, 409 `request_answered`, 410 `request_expired`,
 *  400 `objective_invalid`; and for a call that it asks about as `stepUpOf` and `answerStepUp`. */
export async function answerRequest(
  parts: SignInParts,
  given: {
    readonly request: AuthorizationRequest;
    readonly person: Person;
    readonly verdict: "allow" | "deny";
    readonly objective: string;
  },
): Promise<string> {
  const { request, person, verdict } = given;
  const objective = readObjective(given.objective);
  if (!may(person, "viewer")) throw roleMissing("viewer");
  const now = parts.clock.now();
  if (now >= request.until)
    throw refusal("request_expired", 410, {}, "this request is too old", "start again from the program");
  const owner = ownerFor(parts, person);
  if (request.stepUp !== null)
    await answerStepUp(parts, { stepUp: await stepUpOf(parts, request.stepUp, owner), person, verdict });
  const code = `wc_${parts.ids.nonce()}${parts.ids.nonce()}`;
  await parts.store.write(async (tx) => {
    if (!(await tx.spend("authorization", request.id, request.until)))
      throw refusal("request_answered", 409, {}, "this request was answered before", "start again from the program");
    if (verdict === "allow") {
      const held = { request, owner, objective, until: now + CODE_LIFE_MS };
      await tx.putDocument("authorization_code", parts.digests.keyed(code), held, held.until);
    }
    const { client, resource, scope } = request;
    await tx.append({
      kind: "consent",
      at: now,
      call: null,
      task: null,
      body: { verdict, person: person.name, owner, client: client.id, agent: client.agent, resource, scope },
    });
  });
  const says = verdict === "allow" ? { code } : { error: "access_denied", error_description: "the person said no" };
  return answerTo(parts, request, says);
}
