import { standing } from "../../domain/task.ts";
import type { SignIn } from "../../domain/sign-in.ts";
import type { TokenParts } from "../tokens/parts.ts";
import { oauthError } from "../tokens/oauth-error.ts";
import type { GrantType, TokenAsk } from "../tokens/token-endpoint.ts";
import { renewTask } from "../tasks/renew-task.ts";
import { answerOf, freshToken, notGood } from "./code-grant.ts";
import { endSignIn, mayAct } from "./sign-ins.ts";

/** A refresh token for a fresh task token and the next refresh token. Each is good once: one that comes again was
 *  copied, so everything of its sign-in ends. All of them end with the task. */
export const refreshGrant: GrantType = {
  refusedAs: "invalid_grant",
  async run(parts, asked) {
    const token = asked.params.get("refresh_token");
    if (token === undefined) throw oauthError("invalid_request", "`refresh_token` is missing", "send it");
    const id = parts.digests.keyed(token);
    const seen = await parts.store.read(async (tx) => {
      const held = await tx.document("sign_in_token", id);
      const signIn = held === null ? null : await tx.document("sign_in", held.signIn);
      const task = signIn === null ? null : await tx.task(signIn.task);
      const instance = signIn === null ? null : await tx.instance(signIn.instance);
      return { held, signIn, task, instance };
    });
    const { held, signIn, task, instance } = seen;
    if (held === null || signIn === null || task === null || instance === null) throw notGood();
    if (held.used) return again(parts, signIn);
    if (!fits(parts, asked, signIn) || standing(task, parts.clock.now()) !== "active") throw notGood();
    const minted = await renewTask(parts, { instance, task: task.id });
    const refresh = freshToken(parts);
    const rotated = await parts.store.write(async (tx) => {
      const now = await tx.document("sign_in_token", id);
      if (now === null || now.used || (await tx.document("sign_in", signIn.id)) === null) return false;
      await tx.putDocument("sign_in_token", id, { signIn: signIn.id, used: true }, task.deadline);
      const next = { signIn: signIn.id, used: false };
      await tx.putDocument("sign_in_token", parts.digests.keyed(refresh), next, task.deadline);
      return true;
    });
    // Of two that came at once one is a copy, and nobody can tell which.
    if (!rotated) return again(parts, signIn);
    return answerOf(parts, { minted, refresh, bound: signIn.thumbprint !== null, task: task.id });
  },
};

async function again(parts: TokenParts, signIn: SignIn): Promise<never> {
  await endSignIn(parts, signIn.id, { by: "writ", why: "a refresh token of it was used again" });
  throw notGood();
}

function fits({ configuration }: TokenParts, { params, client, proven }: TokenAsk, signIn: SignIn): boolean {
  const resource = params.get("resource");
  return (
    client.kind === "public" &&
    client.id === signIn.client &&
    proven === signIn.thumbprint &&
    (resource === undefined || resource === signIn.resource) &&
    // Whoever was taken out of `writ.yaml` since is not served on.
    mayAct(configuration, signIn) &&
    (signIn.owner === configuration.owner || configuration.people.some((one) => one.name === signIn.owner))
  );
}
