import type { TaskId } from "../../domain/ids.ts";
import type { Instance } from "../../domain/principal.ts";
import type { AuthorizationCode, SignInId } from "../../domain/sign-in.ts";
import { standing } from "../../domain/task.ts";
import type { WriteTx } from "../../ports/store.ts";
import { renewTask } from "../tasks/renew-task.ts";
import { oauthError } from "../tokens/oauth-error.ts";
import type { TokenParts } from "../tokens/parts.ts";
import type { GrantType, TokenAnswer, TokenAsk } from "../tokens/token-endpoint.ts";
import { type Begun, beginSignIn, endSignIn } from "./sign-ins.ts";

/** A code for a task token (OAuth 2.1 §4.1.3). A code is good for one try, by the client, redirect address, PKCE secret
 *  and resource it was made for; a code that comes again ends what it gave. */
export const codeGrant: GrantType = {
  refusedAs: "invalid_grant",
  async run(parts, asked) {
    const code = asked.params.get("code");
    if (code === undefined) throw oauthError("invalid_request", "`code` is missing", HINT);
    const id = parts.digests.keyed(code);
    // Whoever guesses makes nothing be written.
    const seen = await parts.store.read(async (tx) => ({
      code: await tx.document("authorization_code", id),
      used: await tx.document("sign_in_token", id),
    }));
    if (seen.code === null && seen.used === null) throw notGood();
    const outcome = await parts.store.write(async (tx): Promise<Outcome> => {
      const held = await tx.document("authorization_code", id);
      if (held === null || !(await tx.dropDocument("authorization_code", id))) {
        const used = await tx.document("sign_in_token", id);
        return used === null ? { kind: "refused" } : { kind: "again", signIn: used.signIn };
      }
      if (!fits(parts, asked, held)) return { kind: "refused" };
      if (held.request.stepUp !== null) return goOn(parts, tx, { id, signIn: held.request.stepUp.signIn, asked });
      const begun = await beginSignIn(parts, tx, held, { gateway: parts.gateway, proven: asked.proven });
      const { id: signIn } = begun.signIn;
      const { deadline } = begun.opened.task;
      await tx.putDocument("sign_in_token", id, { signIn, used: true }, deadline);
      const refresh = freshToken(parts);
      await tx.putDocument("sign_in_token", parts.digests.keyed(refresh), { signIn, used: false }, deadline);
      return { kind: "begun", begun, refresh };
    });
    if (outcome.kind === "again")
      await endSignIn(parts, outcome.signIn, { by: "writ", why: "its authorization code was used again" });
    if (outcome.kind !== "begun" && outcome.kind !== "on") throw notGood();
    const { refresh } = outcome;
    if (outcome.kind === "on") {
      const minted = await renewTask(parts, outcome);
      return answerOf(parts, { minted, refresh, bound: asked.proven !== null, task: outcome.task });
    }
    const { begun } = outcome;
    return answerOf(parts, {
      minted: begun.opened.token,
      refresh,
      bound: asked.proven !== null,
      task: begun.signIn.task,
    });
  },
};

type Outcome =
  | { readonly kind: "begun"; readonly begun: Begun; readonly refresh: string }
  /** Its sign-in goes on, with the same task. */
  | { readonly kind: "on"; readonly instance: Instance; readonly task: TaskId; readonly refresh: string }
  | { readonly kind: "again"; readonly signIn: string }
  | { readonly kind: "refused" };

/** A code for one call more: fresh tokens of the sign-in there is, for whoever holds its key. */
async function goOn(
  parts: TokenParts,
  tx: WriteTx,
  given: { readonly id: string; readonly signIn: SignInId; readonly asked: TokenAsk },
): Promise<Outcome> {
  const signIn = await tx.document("sign_in", given.signIn);
  const task = signIn === null ? null : await tx.task(signIn.task);
  const instance = signIn === null ? null : await tx.instance(signIn.instance);
  if (signIn === null || task === null || instance === null) return { kind: "refused" };
  if (signIn.thumbprint !== given.asked.proven) return { kind: "refused" };
  if (standing(task, parts.clock.now()) !== "active") return { kind: "refused" };
  const refresh = freshToken(parts);
  await tx.putDocument("sign_in_token", given.id, { signIn: signIn.id, used: true }, task.deadline);
  const next = { signIn: signIn.id, used: false };
  await tx.putDocument("sign_in_token", parts.digests.keyed(refresh), next, task.deadline);
  return { kind: "on", instance, task: task.id, refresh };
}

function fits(parts: TokenParts, { params, client }: TokenAsk, { request, until }: AuthorizationCode): boolean {
  const verifier = params.get("code_verifier") ?? "";
  const resource = params.get("resource");
  return (
    parts.clock.now() < until &&
    client.kind === "public" &&
    client.id === request.client.id &&
    params.get("redirect_uri") === request.redirectUri &&
    resource === request.resource &&
    /^[A-Za-z0-9._~-]{43,128}$/.test(verifier) &&
    parts.digests.plain(verifier) === `sha-256:${request.challenge}`
  );
}

export function freshToken({ ids }: Pick<TokenParts, "ids">): string {
  return `wr_${ids.nonce()}${ids.nonce()}`;
}

export function answerOf(
  { clock }: Pick<TokenParts, "clock">,
  given: {
    readonly minted: { readonly token: string; readonly expiresAt: number };
    readonly refresh: string;
    readonly bound: boolean;
    readonly task: string;
  },
): TokenAnswer {
  return {
    access_token: given.minted.token,
    token_type: given.bound ? "DPoP" : "Bearer",
    expires_in: Math.max(0, Math.floor((given.minted.expiresAt - clock.now()) / 1000)),
    refresh_token: given.refresh,
    task: given.task,
  };
}

/** One answer for everything that can be wrong with a code or a refresh token: whoever guesses learns nothing. */
export function notGood(): Error {
  return oauthError("invalid_grant", "this is not good, or not good any more", HINT);
}

const HINT = "send the person to the authorization endpoint again";
