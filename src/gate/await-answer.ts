import { type Approval, stateAt } from "../domain/approval.ts";
import { type Reason, reason, sentence } from "../domain/reason.ts";
import { lasting } from "../domain/revocation.ts";
import type { GateParts } from "./parts.ts";

/** Holds a call open while people answer, for at most the configured time. Null once there is an answer, either way, and
 *  once a key or a profile was revoked, or news was missed, which may be about this call: it walks again, and is told how
 *  it stands. Otherwise still pending when the hold is over, or refused because nobody
 *  answered in time. */
export async function answered(parts: GateParts, asked: Approval, signal: AbortSignal): Promise<Reason | null> {
  const until = Math.min(asked.deadline, parts.clock.now() + parts.configuration.approvals.holdMs);
  let wake = (): void => {};
  let revoked = false;
  const unsubscribe = parts.store.subscribe((event) => {
    const missed = event.kind === "resync";
    if (missed || (event.kind === "revoked" && /^(key|profile):/.test(event.id))) revoked = true;
    // A task's own is told by its question, which is void then.
    const broad = missed || (event.kind === "revoked" && !event.id.startsWith("task:"));
    if (broad || (event.kind === "approval" && event.id === asked.id)) wake();
  });
  try {
    for (;;) {
      const woken = new Promise<void>((resolve) => (wake = resolve));
      if (revoked) return null;
      const { approval, dead } = await parts.store.read(async (tx) => {
        const task = await tx.task(asked.task);
        const revokedAt = task === null ? 0 : await tx.revokedAt(lasting(task));
        return { approval: await tx.approval(asked.id), dead: revokedAt > (task?.epoch ?? 0) };
      });
      const state = approval === null ? "void" : stateAt(approval, parts.clock.now());
      switch (state) {
        case "allowed":
        case "denied":
        case "spent":
        case "void":
          return null;
        case "timed_out":
          await expire(parts, asked);
          return reason("approval_timeout");
        case "pending":
          // Its task is about to be ended for it.
          if (dead) return reason("credential_revoked");
          if (signal.aborted || parts.clock.now() >= until) return reason("approval_pending", { approval: asked.id });
          await Promise.race([woken, sleep(until - parts.clock.now(), signal)]);
      }
    }
  } finally {
    unsubscribe();
  }
}

/** A timeout denies, on the record, once. */
async function expire(parts: GateParts, asked: Approval): Promise<void> {
  await parts.store.write(async (tx) => {
    const open = await tx.approval(asked.id);
    if (open === null || open.state !== "pending") return;
    await tx.putApproval({ ...open, state: "timed_out", version: open.version + 1 });
    const why = reason("approval_timeout");
    await tx.append({
      kind: "denial",
      at: parts.clock.now(),
      call: open.call,
      task: open.task,
      body: {
        verdict: "deny",
        reason: why.code,
        says: sentence(why),
        tool: open.summary.tool,
        approval: { id: open.id },
      },
    });
    await tx.publish("approval", open.id);
  });
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, Math.max(0, Math.min(ms, 60_000)));
    // An answer that comes first leaves it behind: it keeps no process alive.
    timer.unref();
    signal.addEventListener("abort", done, { once: true });
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    }
  });
}
