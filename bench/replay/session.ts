import type { GrantId, InstanceId, PersonName, Sequence, SessionId, SpiffeId, TaskId } from "../../src/domain/ids.ts";
import type { Principal } from "../../src/domain/principal.ts";
import type { Store } from "../../src/ports/store.ts";
import { planOf, type Trace } from "./data.ts";
import { AGENT, DAY_MS, SERVER, type Stage } from "./stage.ts";

export const OWNER = "owner" as PersonName;

/** A new session of the one instance, with a task for these words of its owner's. */
export async function openTask(
  store: Store,
  stage: Stage,
  trace: Trace,
  { prompt, name }: { readonly prompt: string; readonly name: string },
): Promise<Principal> {
  const now = Date.now();
  const instance = "i_replay" as InstanceId;
  const session = `s_${name}` as SessionId;
  const task = `t_${name}` as TaskId;
  const budget = { calls: 10_000, writes: 10_000 };
  await store.write(async (tx) => {
    await tx.putInstance({
      id: instance,
      agent: AGENT,
      owner: OWNER,
      thumbprint: "recorded",
      binding: "bearer",
      enrolledBy: "launcher",
      enrolledAt: now,
      selectors: {},
      strength: 2,
      evidence: null,
      scoped: false,
    });
    await tx.putSession({
      id: session,
      instance,
      readPrivate: false,
      readUntrusted: false,
      sent: false,
      denials: 0,
      risk: 0,
      version: 0,
    });
    await tx.putTask({
      id: task,
      objective: prompt,
      declaredBy: "owner",
      owner: OWNER,
      agent: AGENT,
      instance,
      session,
      parent: null,
      depth: 0,
      epoch: 0 as Sequence,
      openedAt: now,
      deadline: now + DAY_MS,
      budget,
      used: { calls: 0, writes: 0 },
      state: { kind: "active" },
      version: 0,
    });
    const plan = stage.drive.declared ? planOf(stage.suite, trace) : [];
    if (plan.length > 0) {
      await tx.putGrant({
        id: `g_${name}` as GrantId,
        task,
        tools: plan.map((tool) => `${SERVER}__${tool}`),
        constraints: [],
        uses: null,
        used: 0,
        expiresAt: now + DAY_MS,
        origin: "plan",
        issuedBy: OWNER,
        revoked: false,
        version: 0,
      });
    }
  });
  return {
    owner: OWNER,
    actor: "spiffe://recorded/agent/agent/i_replay" as SpiffeId,
    agent: AGENT,
    instance,
    session,
    task,
    thumbprint: null,
    binding: "bearer",
    epoch: 1 as Sequence,
    profile: "recorded",
    tokenId: "recorded",
    keyId: "recorded",
  };
}
