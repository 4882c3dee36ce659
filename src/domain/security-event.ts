import type { AgentName, PersonName } from "./ids.ts";
import type { JsonObject } from "./json.ts";

/** What receivers can be told (CAEP 1.0 §3.1, §3.2). */
export const EVENT_NAMES = ["session-revoked", "token-claims-change"] as const;
export type EventName = (typeof EVENT_NAMES)[number];

export function eventType(name: EventName): string {
  return `https://schemas.openid.net/secevent/caep/event-type/${name}`;
}

/** One thing that happened, as receivers are told it. */
export interface SecurityEvent {
  readonly name: EventName;
  /** `sub_id` (RFC 9493). */
  readonly subject: JsonObject;
  /** Whose it is, for receivers that want to hear of some only; null where it is everybody's. */
  readonly agent: AgentName | null;
  readonly owner: PersonName | null;
  readonly claims: JsonObject;
}

/** How far one receiver has been told. What it is told comes from the record itself: an entry up to `after` is done with. */
export interface Delivery {
  readonly receiver: string;
  readonly after: number;
  /** Of the entry that comes next; each is made under a claim, so that one gateway makes it. */
  readonly attempts: number;
  readonly notBefore: number;
  readonly delivered: number;
  /** Entries it never took, the newest last: somebody looks why. */
  readonly dropped: readonly number[];
  /** Why the last attempt failed; null since one succeeded. */
  readonly trouble: string | null;
}

export const MOST_ATTEMPTS = 24;
const LONGEST_WAIT_MS = 10 * 60_000;
const DROPPED_KEPT = 100;

/** Two seconds, and twice as long after each attempt; ten minutes at most. */
export function waitAfter(attempts: number): number {
  return Math.min(2_000 * 2 ** Math.max(0, attempts - 1), LONGEST_WAIT_MS);
}

/** Before an attempt: nobody else makes one until it may be given up. */
export function claimed(delivery: Delivery, now: number): Delivery {
  const attempts = delivery.attempts + 1;
  return { ...delivery, attempts, notBefore: now + waitAfter(attempts) + 5_000 };
}

export function delivered(delivery: Delivery, number: number): Delivery {
  return {
    ...delivery,
    after: number,
    attempts: 0,
    notBefore: 0,
    delivered: delivery.delivered + 1,
    trouble: null,
  };
}

/** To be tried again, or after very many attempts put aside, so that what comes after it is told. */
export function failed(delivery: Delivery, number: number, why: string, now: number): Delivery {
  if (delivery.attempts < MOST_ATTEMPTS)
    return { ...delivery, notBefore: now + waitAfter(delivery.attempts), trouble: why };
  const dropped = [...delivery.dropped, number].slice(-DROPPED_KEPT);
  return { ...delivery, after: number, attempts: 0, notBefore: 0, dropped, trouble: why };
}
