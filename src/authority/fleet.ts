import type { AdmittedCall } from "../domain/admission.ts";
import type { Gateway, GatewayId } from "../domain/gateway.ts";
import type { Page, WriteTx } from "../ports/store.ts";
import type { AuthorityParts } from "./parts.ts";
import { refusal } from "./refusals.ts";

const BEAT_MS = 5_000;
/** A gateway that has not moved for so long is gone. It has denied everything since long before: see the feed. */
const LEASE_MS = 30_000;
const PAGE = 100;

type FleetParts = Pick<AuthorityParts, "store" | "clock" | "log">;

/** The gateways on one store, as this one sees them. */
export interface Fleet {
  /** Leaves, so that the others need not wait. What it still had under way is closed. */
  leave(): Promise<void>;
}

/** Makes this gateway known to the others. `shared`: others may be on the store under any name, also this one; a name that
 *  was not signed off is then watched for longer than one beat, and taken only if nobody moves under it. Calls that were under way when it last stopped are closed first; those of a
 *  gateway that is gone are closed once it has not moved for half a minute, watched from here. */
export async function joinFleet(
  parts: FleetParts,
  self: Omit<Gateway, "beats" | "startedAt">,
  shared: boolean,
  timing = { beatMs: BEAT_MS, leaseMs: LEASE_MS },
): Promise<Fleet> {
  const { store, log } = parts;
  const startedAt = parts.clock.now();
  const seen = new Map<GatewayId, { readonly beats: number; readonly startedAt: number; readonly since: number }>();
  let beats = 0;

  // Before anything is written: what is under way under this name may be the twin's.
  if (shared) await refuseTwin(parts, self.id, timing.beatMs);
  await closeOrphans(parts, self.id);
  await beat();

  async function beat(): Promise<void> {
    beats += 1;
    const twin = await store.write(async (tx) => {
      const before = await tx.document("gateway", self.id);
      await tx.putDocument("gateway", self.id, { ...self, startedAt, beats }, null);
      return beats > 1 && before !== null && before.startedAt !== startedAt ? before : null;
    });
    if (twin !== null) {
      log.error(
        { gateway: self.id, origins: [self.origin, twin.origin] },
        "another gateway runs under the name of this one: give it a data folder of its own, not a copy of this",
      );
    }
  }

  async function look(): Promise<void> {
    const others = (await store.read((tx) => tx.documents("gateway"))).filter((one) => one.id !== self.id);
    const now = performance.now();
    for (const one of others) {
      const before = seen.get(one.id);
      const moved = before === undefined || before.beats !== one.beats || before.startedAt !== one.startedAt;
      if (moved) seen.set(one.id, { beats: one.beats, startedAt: one.startedAt, since: now });
      else if (now - before.since > timing.leaseMs) await bury(one);
    }
  }

  async function bury(gone: Gateway): Promise<void> {
    log.warn({ gateway: gone.id, origin: gone.origin }, "a gateway is gone; its calls under way are closed");
    await closeOrphans(parts, gone.id);
    await store.write(async (tx) => {
      const now = await tx.document("gateway", gone.id);
      if (now?.beats === gone.beats && now.startedAt === gone.startedAt) await tx.dropDocument("gateway", gone.id);
    });
    seen.delete(gone.id);
  }

  let round: Promise<void> | null = null;
  const timer = setInterval(() => {
    round ??= beat()
      .then(look)
      .catch((cause: unknown) => log.warn({ cause }, "the other gateways could not be looked at"))
      .finally(() => (round = null));
  }, timing.beatMs);
  timer.unref();

  return {
    async leave() {
      clearInterval(timer);
      await round;
      try {
        await closeOrphans(parts, self.id);
        await store.write((tx) => tx.dropDocument("gateway", self.id));
      } catch (cause) {
        log.warn({ cause }, "the gateway could not sign off; the others will notice");
      }
    },
  };
}

async function refuseTwin({ store }: FleetParts, id: GatewayId, beatMs: number): Promise<void> {
  const known = (): Promise<Gateway | null> => store.read((tx) => tx.document("gateway", id));
  const before = await known();
  if (before === null) return;
  const until = performance.now() + 1.5 * beatMs;
  while (performance.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, beatMs / 20));
    const now = await known();
    // Signed off meanwhile.
    if (now === null) return;
    if (now.beats !== before.beats || now.startedAt !== before.startedAt)
      throw refusal(
        "gateway_twin",
        409,
        { gateway: id, origin: now.origin },
        `the gateway at ${now.origin} runs under the name of this one`,
        "stop it, or give this one a data folder of its own: copy `keys` from the other, and never `gateway.id`",
      );
  }
}

/** Calls that `gateway`, which is gone, had sent or was about to: nobody will ever hear how they ended. A read is closed
 *  as failed; anything else stays `outcome_unknown`, its budget kept, for a person to look at. Returns how many. */
export async function closeOrphans(parts: FleetParts, gateway: GatewayId): Promise<number> {
  const { store, log } = parts;
  let closed = 0;
  let after: string | null = null;
  do {
    const query: { after: string | null; limit: number } = { after, limit: PAGE };
    const page: Page<AdmittedCall> = await store.read((tx) => tx.callsIn("admitted", query));
    const orphans = page.items.filter((call) => call.gateway === gateway);
    if (orphans.length > 0) {
      closed += await store.write(async (tx) => {
        let done = 0;
        for (const { id } of orphans) if (await closeOrphan(parts, tx, id, gateway)) done += 1;
        return done;
      });
    }
    after = page.next;
  } while (after !== null);
  if (closed > 0)
    log.warn({ calls: closed, gateway }, "calls were under way when a gateway stopped; `writ audit tail` lists them");
  return closed;
}

/** False for one that has ended meanwhile. */
async function closeOrphan(
  { clock }: FleetParts,
  tx: WriteTx,
  id: AdmittedCall["id"],
  gateway: GatewayId,
): Promise<boolean> {
  const call = await tx.call(id);
  if (call === null || call.state !== "admitted" || call.gateway !== gateway) return false;
  const state = call.changes ? "outcome_unknown" : "failed";
  await tx.putCall({ ...call, state });
  await tx.append({
    kind: "outcome",
    at: clock.now(),
    call: call.id,
    task: call.task,
    body: { state, why: "the gateway stopped before it heard how the call ended", gateway },
  });
  await tx.publish("call", call.id);
  return true;
}
