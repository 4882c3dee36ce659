import { type CedarRequest, judgeKept, keepPolicies } from "./cedar.ts";
import type { Slice } from "./slice.ts";

/** A request in Cedar's terms. */
export type Query = CedarRequest;

export type Evaluation =
  | {
      readonly kind: "evaluated";
      readonly decision: "allow" | "deny";
      /** Ids of the rules that made the decision. */
      readonly determining: readonly string[];
      /** Rules that could not be evaluated and were passed over: the caller decides what that means. */
      readonly errors: readonly { readonly policy: string; readonly message: string }[];
    }
  /** The request as a whole could not be judged. */
  | { readonly kind: "failed"; readonly why: string };

/** Applies exactly the rules of one slice to one request. Pure, synchronous, never throws. */
export interface Evaluator {
  evaluate(slice: Slice, query: Query): Evaluation;
}

/** The engine keeps every pre-parsed set for good, so ids are few and used again, least recently used first. */
class Pool {
  readonly #slots = new Map<Slice, number>();
  readonly #free: number[] = [];
  readonly #slotLimit: number;
  readonly #ruleLimit: number;
  #made = 0;
  #held = 0;

  constructor(slotLimit: number, ruleLimit: number) {
    this.#slotLimit = slotLimit;
    this.#ruleLimit = ruleLimit;
  }

  /** The id under which the slice is parsed, or why it could not be. */
  hold(slice: Slice): { readonly id: string } | { readonly why: string } {
    const known = this.#slots.get(slice);
    if (known !== undefined) {
      this.#slots.delete(slice);
      this.#slots.set(slice, known);
      return { id: idOf(known) };
    }
    const size = slice.rules.length;
    while (this.#slots.size > 0 && (this.#slots.size >= this.#slotLimit || this.#held + size > this.#ruleLimit))
      this.#drop();
    const slot = this.#free.pop() ?? this.#made++;
    const kept = keepPolicies(idOf(slot), Object.fromEntries(slice.rules.map((rule) => [rule.id, rule.text])));
    if (kept.kind === "failed") {
      this.#free.push(slot);
      return { why: kept.errors[0]?.message ?? "the policies do not parse" };
    }
    this.#slots.set(slice, slot);
    this.#held += size;
    return { id: idOf(slot) };
  }

  #drop(): void {
    const [oldest] = this.#slots;
    if (oldest === undefined) return;
    const [slice, slot] = oldest;
    this.#slots.delete(slice);
    this.#held -= slice.rules.length;
    this.#free.push(slot);
    keepPolicies(idOf(slot), {});
  }
}

function idOf(slot: number): string {
  return `slice-${slot}`;
}

// One for the process, as the engine's own memory is.
const pool = new Pool(2_048, 40_000);

/** Cedar's own engine, over pre-parsed slices. */
export const wasmEvaluator: Evaluator = {
  evaluate(slice, query) {
    const held = pool.hold(slice);
    if ("why" in held) return { kind: "failed", why: held.why };
    const answer = judgeKept(held.id, query);
    if (answer.kind === "failed")
      return { kind: "failed", why: answer.errors[0]?.message ?? "the engine refused the request" };
    const { allowed, determining, errors } = answer.value;
    return { kind: "evaluated", decision: allowed ? "allow" : "deny", determining, errors };
  },
};
