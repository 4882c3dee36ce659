import type { Seen } from "../../domain/evidence.ts";
import { learn, type NamedComponent, type Part } from "../../domain/fingerprint.ts";
import type { Instance } from "../../domain/principal.ts";
import { refusal } from "../refusals.ts";
import type { Counting } from "./counting.ts";
import type { CapabilityParts } from "./parts.ts";
import { bringSeen, bring, record } from "./tally.ts";

const LONGEST = 256;

/** Something that was heard of a running process. */
export interface Heard {
  readonly component: NamedComponent;
  readonly part: Part;
}

/** Takes up what was heard of an instance. A change is recorded, and what it costs is in force when this resolves; a word
 *  weaker than what is known changes nothing, and is a finding; so is a component that changes to and fro.
 *  @throws WritError `component_invalid` 400. */
export async function observe(
  parts: CapabilityParts,
  counting: Counting,
  instance: Pick<Instance, "id" | "agent">,
  heard: readonly Heard[],
): Promise<void> {
  for (const { part } of heard) {
    const plain = (text: string): boolean => text.length > 0 && text.length <= LONGEST && !/\p{C}/u.test(text);
    if (!plain(part.id) || (part.version !== null && !plain(part.version)))
      throw refusal(
        "component_invalid",
        400,
        {},
        "this names nothing",
        `give plain text of at most ${LONGEST} characters`,
      );
  }
  // The store is asked first: most of what is heard is known.
  const known = await parts.store.read((tx) => tx.document("capability_seen", instance.id));
  const news = heard.filter(
    ({ component, part }) => learn({ parts: known?.parts ?? {}, tools: {} }, component, part).kind !== "same",
  );
  if (news.length === 0) return;
  await counting.within(async (tx, tally) => {
    await bring(tx, tally, instance.agent);
    for (const { component, part } of news) {
      const seen = await bringSeen(tx, tally, instance.id);
      const learnt = learn({ parts: seen?.parts ?? {}, tools: {} }, component, part);
      // What a client says of itself over and over is not written down over and over.
      if (learnt.kind === "same" || (part.strength === "claimed" && oftenChanged(parts, seen, component))) continue;
      const at = parts.clock.now();
      const about = { agent: instance.agent, instance: instance.id, component, is: { ...part } };
      const draft = { at, call: null, task: null };
      // A client's name for itself is seldom the one that somebody else knows it by.
      if (learnt.kind === "outranked" && component === "harness") continue;
      if (learnt.kind === "outranked") {
        const finding = "claim_outranked";
        const body = { ...about, finding, known: { ...learnt.known } };
        await record(tx, tally, { ...draft, kind: "finding", body });
        continue;
      }
      const was = seen?.parts[component];
      const how = learnt.kind === "surer" ? "surer" : learnt.change;
      const body = { ...about, change: how, ...(was === undefined ? {} : { was: { ...was } }) };
      await record(tx, tally, { ...draft, kind: "fingerprint", body });
      await flapping(parts, tx, tally, instance, component, at);
    }
  });
}

function oftenChanged(parts: CapabilityParts, seen: Seen | null, component: NamedComponent): boolean {
  const { flaps, flapMs } = parts.inForce().rules;
  const now = parts.clock.now();
  const lately = (seen?.lately ?? []).filter((one) => one.component === component && now - one.at < flapMs);
  return lately.length >= 2 * flaps;
}

/** The change that makes it flapping is the finding; those that go on are in the record. */
async function flapping(
  parts: CapabilityParts,
  tx: Parameters<typeof record>[0],
  tally: Parameters<typeof record>[1],
  { id, agent }: Pick<Instance, "id" | "agent">,
  component: NamedComponent,
  at: number,
): Promise<void> {
  const { flaps, flapMs } = parts.inForce().rules;
  const lately = (tally.seen.get(id)?.lately ?? []).filter(
    (one) => one.component === component && at - one.at < flapMs,
  );
  if (lately.length !== flaps) return;
  const body = { agent, instance: id, finding: "fingerprint_flaps", component };
  await record(tx, tally, { kind: "finding", at, call: null, task: null, body });
}
