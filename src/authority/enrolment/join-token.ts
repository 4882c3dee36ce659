import type { Attested } from "../../domain/attestation.ts";
import type { Attestor } from "../../ports/attestor.ts";
import type { Actor, AuthorityParts } from "../parts.ts";
import { refusal } from "../refusals.ts";
import { agentOf } from "./enrol.ts";

export const JOIN_TOKEN_LIFE_MS = 5 * 60_000;
const FORM = /^wj_[A-Za-z0-9_-]{43,86}$/;

/** Makes a secret that enrols one process of `agent` within five minutes. It is told this once; only its keyed digest
 *  is kept.
 *  @throws WritError `agent_unknown`, `registration_missing` where the agent is not for join tokens. */
export async function issueJoinToken(
  parts: AuthorityParts,
  asked: { readonly agent: string; readonly by: Actor },
): Promise<{ readonly token: string; readonly expiresAt: number }> {
  const agent = agentOf(parts, asked.agent);
  if (!agent.enrol.some((one) => one.kind === "join-token")) {
    throw refusal(
      "registration_missing",
      403,
      { agent: agent.name },
      `\`${agent.name}\` is not registered for join tokens`,
      "an admin adds `{ kind: join-token }` to its `enrol` in `writ.yaml`",
    );
  }
  const token = `wj_${parts.ids.nonce()}${parts.ids.nonce()}`;
  const now = parts.clock.now();
  const expiresAt = now + JOIN_TOKEN_LIFE_MS;
  const id = parts.digests.keyed(token);
  await parts.store.write(async (tx) => {
    await tx.putDocument("join_token", id, { agent: agent.name, by: asked.by, expiresAt }, expiresAt);
    await tx.append({
      kind: "join_token",
      at: now,
      call: null,
      task: null,
      body: { agent: agent.name, by: asked.by, token: id, expiresAt },
    });
  });
  return { token, expiresAt };
}

/** Whoever holds the secret is the process that the person who asked for it had in mind; nothing more is known. */
export function joinTokenAttestor(
  parts: Pick<AuthorityParts, "store" | "clock" | "digests">,
): Attestor<{ readonly token: string }> {
  return {
    unavailable: () => null,
    async attest({ token }): Promise<Attested> {
      if (!FORM.test(token)) return { kind: "refused", why: "join_token_malformed" };
      const id = parts.digests.keyed(token);
      const held = await parts.store.read((tx) => tx.document("join_token", id));
      if (held === null) return { kind: "refused", why: "join_token_unknown" };
      if (parts.clock.now() >= held.expiresAt) return { kind: "refused", why: "join_token_expired" };
      return {
        kind: "attested",
        attestation: {
          by: "join-token",
          agent: held.agent,
          selectors: { "join:by": held.by },
          strength: 1,
          evidence: id,
          once: { issuer: "join-token", id, until: held.expiresAt },
        },
      };
    },
  };
}
