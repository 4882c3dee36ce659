import { endSignIn } from "../people/sign-ins.ts";
import { revokeSubject } from "../revocation/revoke.ts";
import { endTask } from "../tasks/end-task.ts";
import type { TokenClient } from "./client-assertion.ts";
import { oauthError } from "./oauth-error.ts";
import type { TokenParts } from "./parts.ts";

/** Revocation by whoever holds a token (RFC 7009). A task token ends its task and all that was made for it; an instance
 *  credential its instance; a refresh token its sign-in. Whoever does not own the token, or shows nothing that we know,
 *  is answered the same, and nothing happens: one that is bound is owned by whoever proves its key.
 *  @throws WritError `invalid_request`. */
export async function revokeToken(
  parts: TokenParts,
  asked: {
    readonly client: TokenClient;
    readonly proven: string | null;
    readonly params: ReadonlyMap<string, string>;
  },
): Promise<void> {
  const token = asked.params.get("token");
  if (token === undefined) throw oauthError("invalid_request", "`token` is missing", "send the token to revoke");
  const now = parts.clock.now();
  const shown = { token, proven: asked.proven };

  const task = parts.credentials.verifyTask(shown, now);
  if (task.kind === "verified") {
    const { task: id, actor } = task.value;
    await endTask(parts, { task: id, by: actor, why: "its holder revoked its token" });
    return;
  }
  const instance = parts.credentials.verifyInstance(shown, now);
  if (instance.kind === "verified") {
    const { instance: id } = instance.value;
    const subject = { kind: "instance", id } as const;
    await revokeSubject(parts, { subject, by: id, why: "its holder revoked its credential" });
    return;
  }
  await revokeRefresh(parts, token, asked);
}

/** A refresh token is its client's, by name, and by key where it proved one. */
async function revokeRefresh(
  parts: TokenParts,
  token: string,
  { client, proven }: { readonly client: TokenClient; readonly proven: string | null },
): Promise<void> {
  const signIn = await parts.store.read(async (tx) => {
    const held = await tx.document("sign_in_token", parts.digests.keyed(token));
    return held === null || held.used ? null : tx.document("sign_in", held.signIn);
  });
  if (signIn === null || client.kind !== "public" || client.id !== signIn.client) return;
  if (signIn.thumbprint !== null && signIn.thumbprint !== proven) return;
  await endSignIn(parts, signIn.id, { by: signIn.instance, why: "its client revoked its refresh token" });
}
