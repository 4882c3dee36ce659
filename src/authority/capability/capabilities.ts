import type { Evaluation } from "../../domain/evidence.ts";
import type { Instance } from "../../domain/principal.ts";
import type { Json } from "../../domain/json.ts";
import type { StoreEvent } from "../../ports/store.ts";
import type { Actor, AuthorityParts } from "../parts.ts";
import { createCounting } from "./counting.ts";
import type { Evaluators } from "./evaluators.ts";
import { type Heard, observe } from "./observe.ts";
import type { CapabilityParts } from "./parts.ts";
import { createProfiles, type Profiles } from "./profiles.ts";
import { createRules, type Rules, type RuleSource } from "./rules.ts";
import { createRulings, type Rulings } from "./rulings.ts";
import { submitEvaluation } from "./submit.ts";
import { forgetIdle } from "./tidy.ts";
import { bring, record } from "./tally.ts";

/** What agents may be trusted with: the rules, the evidence and the profiles that come of both. Where nobody made rules
 *  and nobody ruled, it does nothing at all, and every agent is as its tier has it. */
export interface Capabilities extends Rulings {
  readonly rules: Omit<Rules, "start" | "follow">;
  readonly profiles: Profiles;
  readonly parts: CapabilityParts;
  /** Whether anything is counted. */
  on(): boolean;
  start(): Promise<void>;
  /** Takes up what was written here or by another gateway, and counts on. */
  follow(event: StoreEvent): Promise<void>;
  /** Looks again at what time alone has changed. */
  tick(): Promise<void>;
  /** Forgets processes that are over. */
  tidy(now: number): Promise<void>;
  /** Counts everything that is in the ledger now. */
  catchUp(): Promise<void>;
  /** Counts no more by itself. */
  stop(): void;
  observe(instance: Pick<Instance, "id" | "agent">, heard: readonly Heard[]): Promise<void>;
  /** The tools that were accepted, by qualified name, with the hash of their definitions. */
  toolsAre(tools: Readonly<Record<string, string>>): Promise<void>;
  submit(envelope: Json, by: Actor): Promise<Evaluation>;
}

/** What is written when something happened that counts. */
const COUNTS = new Set<StoreEvent["kind"]>(["call", "approval", "resync"]);
const TOGETHER_MS = 20;

export function createCapabilities(parts: AuthorityParts, source: RuleSource, evaluators: Evaluators): Capabilities {
  const rules = createRules(parts, source);
  const own: CapabilityParts = { ...parts, inForce: () => rules.inForce() };
  const counting = createCounting(own);
  const profiles = createProfiles(parts);
  let counts = false;
  let timer: NodeJS.Timeout | null = null;
  let stopped = false;

  const rulings = createRulings(own, counting);

  /** Every agent is looked at again: the rules changed, or what is believed. */
  async function settleAll(): Promise<void> {
    await counting.catchUp();
    await counting.within(async (tx, tally) => {
      for (const { name } of parts.configuration.agents) {
        await bring(tx, tally, name);
        tally.touched.add(name);
      }
    });
  }

  function turnedOn<T>(act: () => Promise<T>): Promise<T> {
    counts = true;
    return act();
  }

  return {
    rules: {
      inForce: rules.inForce,
      trouble: rules.trouble,
      proposal: rules.proposal,
      async apply(by, expected) {
        const applied = await rules.apply(by, expected);
        await turnedOn(settleAll);
        return applied;
      },
    },
    profiles,
    parts: own,
    on: () => counts,
    async start() {
      await rules.start();
      counts =
        rules.inForce().version !== null ||
        (await parts.store.read((tx) => tx.documents("capability_evidence"))).length > 0;
      if (counts) await settleAll();
      await profiles.start();
    },
    async follow(event) {
      if (event.kind === "capability" || event.kind === "resync") {
        counts = true;
        if (event.id === "rules" || event.kind === "resync") await rules.follow();
        await profiles.follow(event);
      }
      if (!counts || !COUNTS.has(event.kind)) return;
      if (event.kind === "resync") return counting.catchUp();
      // Of many calls that end at about the same time, all are counted at once.
      if (stopped) return;
      timer ??= setTimeout(() => {
        timer = null;
        counting
          .catchUp()
          .catch((cause: unknown) => parts.log.error({ cause }, "what agents did could not be counted"));
      }, TOGETHER_MS).unref();
    },
    stop() {
      if (timer !== null) clearTimeout(timer);
      stopped = true;
    },
    async tick() {
      const due = profiles.due();
      if (due === null || parts.clock.now() < due) return;
      await settleAll();
    },
    tidy: (now) => forgetIdle(own, now),
    catchUp: () => counting.catchUp(),
    async observe(instance, heard) {
      if (counts) await observe(own, counting, instance, heard);
    },
    async toolsAre(tools) {
      if (!counts) return;
      const sorted = Object.fromEntries(Object.entries(tools).toSorted(([a], [b]) => (a < b ? -1 : 1)));
      await counting.within(async (tx, tally) => {
        if (JSON.stringify(tally.open.tools) === JSON.stringify(sorted)) return;
        const at = parts.clock.now();
        for (const { name } of parts.configuration.agents) await bring(tx, tally, name);
        await record(tx, tally, { kind: "fingerprint", at, call: null, task: null, body: { tools: sorted } });
      });
    },
    submit: (envelope, by) => turnedOn(() => submitEvaluation(own, counting, evaluators, envelope, by)),
    promote: (asked) => turnedOn(() => rulings.promote(asked)),
    demote: (asked) => turnedOn(() => rulings.demote(asked)),
    endorse: (asked) => turnedOn(() => rulings.endorse(asked)),
    refuse: (asked) => rulings.refuse(asked),
  };
}
