import { type Capability, levelOf, type Level } from "../../domain/capability.ts";
import { waysTo } from "../../domain/capability-gap.ts";
import type { Seen } from "../../domain/evidence.ts";
import type { Tally } from "../../domain/evidence-fold.ts";
import { wishKey } from "../../domain/held-profile.ts";
import type { AgentName, InstanceId } from "../../domain/ids.ts";
import { isObject, type Json, own } from "../../domain/json.ts";
import type { LedgerRecord } from "../../domain/record.ts";
import type { WriteTx } from "../../ports/store.ts";
import type { CapabilityParts } from "./parts.ts";
import { groundOf, judge } from "./judge.ts";
import { bringSeen, record } from "./tally.ts";

/** A call that was not let go on alone for want of a level. */
export interface Want {
  readonly agent: AgentName;
  readonly instance: InstanceId;
  readonly tool: string;
  readonly needs: readonly Capability[];
  readonly wanted: Level;
}

/** What an entry says was wanting; null where nothing was. */
export function wantOf({ kind, body }: LedgerRecord): Want | null {
  const [agent, instance, tool] = ["agent", "instance", "tool"].map((member) => own(body, member));
  const needs = own(body, "needs");
  if (typeof agent !== "string" || typeof instance !== "string" || typeof tool !== "string" || !Array.isArray(needs))
    return null;
  const wanted =
    kind === "denial" && own(body, "reason") === "capability_missing" ? 1 : kind === "ask" ? asked(body["asks"]) : null;
  if (wanted === null) return null;
  return {
    agent: agent as AgentName,
    instance: instance as InstanceId,
    tool,
    needs: needs as readonly Capability[],
    wanted,
  };
}

const WANTED: Readonly<Record<string, Level>> = { "supervised-is-asked": 2, "capability:trusted": 3 };

function asked(asks: Json | undefined): Level | null {
  const found = (Array.isArray(asks) ? (asks as readonly Json[]) : []).flatMap((one) => {
    const policy = isObject(one) ? own(one, "policy") : undefined;
    const level = typeof policy === "string" && Object.hasOwn(WANTED, policy) ? WANTED[policy] : undefined;
    return level === undefined ? [] : [level];
  });
  return found.length === 0 ? null : (Math.min(...found) as Level);
}

/** Notes what was wanting, once for each capability and level, with the cheapest way to close it. */
export async function openGap(parts: CapabilityParts, tx: WriteTx, tally: Tally, want: Want): Promise<void> {
  const now = parts.clock.now();
  const seen: Seen | null = await bringSeen(tx, tally, want.instance);
  const { levels } = judge(parts, tally, want.agent, seen, now);
  for (const capability of want.needs) {
    const held = levelOf(levels, capability);
    const key = wishKey({ agent: want.agent, capability, level: want.wanted });
    if (held >= want.wanted || (await tx.document("capability_gap", key)) !== null) continue;
    const ground = groundOf(parts, tally, want.agent, seen, now);
    const { agent, wanted, tool } = want;
    const gap = { agent, capability, wanted, held, tool, at: now, ways: waysTo(ground, capability, held, wanted) };
    await tx.putDocument("capability_gap", key, gap, null);
    await record(tx, tally, {
      kind: "capability_gap",
      at: now,
      call: null,
      task: null,
      body: { ...gap, ways: [...gap.ways] },
    });
    await tx.publish("capability", agent);
  }
}

/** Forgets what is not wanting any more. */
export async function closeGaps(
  parts: CapabilityParts,
  tx: WriteTx,
  tally: Tally,
  agent: AgentName,
  seen: readonly Seen[],
): Promise<void> {
  const open = (await tx.documents("capability_gap")).filter((one) => one.agent === agent);
  if (open.length === 0) return;
  const now = parts.clock.now();
  const profiles = [null, ...seen].map((one) => judge(parts, tally, agent, one, now).levels);
  for (const gap of open) {
    if (!profiles.some((levels) => levelOf(levels, gap.capability) >= gap.wanted)) continue;
    await tx.dropDocument("capability_gap", wishKey({ agent, capability: gap.capability, level: gap.wanted }));
    await tx.publish("capability", agent);
  }
}
