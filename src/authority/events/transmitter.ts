import {
  claimed,
  type Delivery,
  delivered,
  eventType,
  failed,
  type SecurityEvent,
} from "../../domain/security-event.ts";
import type { LedgerRecord } from "../../domain/record.ts";
import type { ReceiverConfiguration } from "../../ports/configuration.ts";
import type { Fetched } from "../../wire/http/guarded-fetch.ts";
import type { AuthorityParts } from "../parts.ts";
import { eventOf } from "./event-of.ts";

/** Tells receivers what was revoked and what changed, as signed events (RFC 8417) pushed to them (RFC 8935). */
export interface Transmitter {
  /** Tells what there is to tell now; for tests and a stop. Resolves when nothing more can be done at once. */
  flush(): Promise<void>;
  /** What was begun is finished; the rest is told after the next start. */
  stop(): Promise<void>;
}

export interface TransmitterParts extends AuthorityParts {
  readonly issuer: string;
  /** Sends one signed event; never rejects. */
  readonly push: (asked: {
    readonly url: string;
    readonly body: string;
    readonly headers: Readonly<Record<string, string>>;
  }) => Promise<Fetched>;
  readonly env: Readonly<Record<string, string | undefined>>;
}

const PAGE = 200;
const LOOK_MS = 2_000;

/** The record is the outbox: every entry that means something to a receiver is told in order, at least once, with an id
 *  of its own that is the same each time. A receiver hears of what happens from the moment it is first configured. */
export function startTransmitter(parts: TransmitterParts): Transmitter {
  const { receivers } = parts.configuration;
  const running = new Map<string, Promise<void>>();
  const seen = new Map<string, number>();
  const over = new AbortController();

  function wake(): void {
    for (const receiver of receivers) void tell(receiver);
  }

  function tell(receiver: ReceiverConfiguration): Promise<void> {
    const known = running.get(receiver.name);
    if (known !== undefined) return known;
    const telling = tellAll(receiver)
      .catch((cause: unknown) => parts.log.error({ cause, receiver: receiver.name }, "a receiver could not be told"))
      .finally(() => running.delete(receiver.name));
    running.set(receiver.name, telling);
    return telling;
  }

  async function tellAll(receiver: ReceiverConfiguration): Promise<void> {
    while (!over.signal.aborted) {
      const next = await nextFor(receiver);
      if (next === null || !(await claim(next.delivery))) return;
      const why = await push(receiver, next.record, next.event);
      const now = parts.clock.now();
      const settled = await update(receiver, (one) =>
        one.after >= next.record.number
          ? one
          : why === null
            ? delivered(one, next.record.number)
            : failed(one, next.record.number, why, now),
      );
      if (why === null) continue;
      parts.log.warn({ receiver: receiver.name, attempts: settled.attempts, why }, "a receiver did not take an event");
      if (settled.attempts > 0) return;
    }
  }

  /** The first entry that it is to hear of; null when there is none, or not yet. */
  async function nextFor(receiver: ReceiverConfiguration): Promise<{
    readonly delivery: Delivery;
    readonly record: LedgerRecord;
    readonly event: SecurityEvent;
  } | null> {
    const delivery = await deliveryOf(receiver);
    if (parts.clock.now() < delivery.notBefore) return null;
    for (;;) {
      const after = Math.max(delivery.after, seen.get(receiver.name) ?? 0);
      const found = await parts.store.read(async (tx) => {
        const records = await tx.ledger({ after, limit: PAGE });
        for (const record of records) {
          const event = await eventOf(
            tx,
            { issuer: parts.issuer, trustDomain: parts.configuration.trustDomain },
            record,
          );
          if (event !== null && concerns(receiver, event)) return { record, event };
        }
        return records.at(-1)?.number ?? null;
      });
      if (found === null) return null;
      if (typeof found !== "number") return { delivery, ...found };
      seen.set(receiver.name, found);
    }
  }

  async function deliveryOf({ name }: ReceiverConfiguration): Promise<Delivery> {
    const known = await parts.store.read((tx) => tx.document("delivery", name));
    return (
      known ??
      parts.store.write(async (tx) => {
        const there = await tx.document("delivery", name);
        if (there !== null) return there;
        const after = (await tx.ledgerHead())?.number ?? 0;
        const fresh = { receiver: name, after, attempts: 0, notBefore: 0, delivered: 0, dropped: [], trouble: null };
        await tx.putDocument("delivery", name, fresh, null);
        return fresh;
      })
    );
  }

  /** True for one gateway of all that would make this attempt. */
  function claim(looked: Delivery): Promise<boolean> {
    const now = parts.clock.now();
    return parts.store.write(async (tx) => {
      const one = await tx.document("delivery", looked.receiver);
      if (one === null || one.after !== looked.after || one.attempts !== looked.attempts || now < one.notBefore)
        return false;
      await tx.putDocument("delivery", looked.receiver, claimed(one, now), null);
      return true;
    });
  }

  function update({ name }: ReceiverConfiguration, change: (one: Delivery) => Delivery): Promise<Delivery> {
    return parts.store.write(async (tx) => {
      const one = await tx.document("delivery", name);
      if (one === null) throw new TypeError("a delivery that was claimed is there");
      const changed = change(one);
      await tx.putDocument("delivery", name, changed, null);
      return changed;
    });
  }

  /** Null once the receiver has taken it, or why not. */
  async function push(
    receiver: ReceiverConfiguration,
    record: LedgerRecord,
    event: SecurityEvent,
  ): Promise<string | null> {
    const variable = receiver.authorizationEnv;
    const authorization = variable === null ? undefined : parts.env[variable];
    if (variable !== null && (authorization === undefined || authorization === ""))
      return `the variable ${variable} is not set`;
    const body = parts.credentials.mintEvent(
      receiver.audience,
      // The same each time, so that one who hears it twice knows.
      parts.digests.keyed(`event ${receiver.name} ${record.hash}`).slice(-43),
      { sub_id: event.subject, events: { [eventType(event.name)]: event.claims } },
      parts.clock.now(),
    );
    const answer = await parts.push({
      url: receiver.url,
      body,
      headers: {
        "content-type": "application/secevent+jwt",
        accept: "application/json",
        ...(authorization === undefined ? {} : { authorization }),
      },
    });
    if (answer.kind === "failed") return answer.why;
    return answer.status >= 200 && answer.status < 300 ? null : `it answered ${answer.status}`;
  }

  const unsubscribe = parts.store.subscribe((event) => {
    if (event.kind === "task" || event.kind === "revoked" || event.kind === "resync") wake();
  });
  const timer = setInterval(wake, LOOK_MS);
  timer.unref();
  wake();
  return {
    async flush() {
      await Promise.all(running.values());
      await Promise.all(receivers.map(tell));
    },
    async stop() {
      over.abort();
      clearInterval(timer);
      unsubscribe();
      await Promise.all(running.values());
    },
  };
}

function concerns(receiver: ReceiverConfiguration, event: SecurityEvent): boolean {
  return (
    receiver.events.includes(event.name) &&
    (event.agent === null || receiver.agents === null || receiver.agents.includes(event.agent)) &&
    (event.owner === null || receiver.owners === null || receiver.owners.includes(event.owner))
  );
}
