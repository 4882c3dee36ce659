import { type Levels, meet, PLAIN } from "../../domain/capability.ts";
import type { HeldProfile, NamedLevels } from "../../domain/held-profile.ts";
import type { Principal } from "../../domain/principal.ts";
import type { ReadTx, StoreEvent } from "../../ports/store.ts";
import { agentUnknown } from "../refusals.ts";
import type { AuthorityParts } from "../parts.ts";
import { profileOf } from "../profile.ts";

/** Whose profile is asked for: who acts, and who handed the work down. */
export type Actors = Pick<Principal, "agent" | "instance" | "delegators">;

/** The profile of a caller, and what it may be trusted with; null for what its tier has for everybody. */
export interface CurrentProfile {
  readonly hash: string;
  readonly levels: Levels | null;
}

/** The profile that a credential made now is made for, as the store has it in this look. */
export async function profileFor(
  parts: Pick<AuthorityParts, "digests" | "configuration">,
  tx: ReadTx,
  actors: Actors,
): Promise<CurrentProfile> {
  const all: CurrentProfile[] = [];
  for (const { agent, instance } of [actors, ...(actors.delegators ?? [])]) {
    const held =
      (await tx.document("capability_profile", instance)) ?? (await tx.document("capability_profile", agent));
    all.push(held ?? { hash: plainProfile(parts, agent), levels: null });
  }
  return together(parts, all);
}

function plainProfile(
  { configuration, digests }: Pick<AuthorityParts, "digests" | "configuration">,
  agent: string,
): string {
  const configured = configuration.agents.find(({ name }) => name === agent);
  if (configured === undefined) throw agentUnknown(agent.slice(0, 64));
  return profileOf(configured, digests);
}

/** Work that was handed down reaches no further than whoever handed it down. Where nothing was ever said of those, the
 *  profile is the actor's own. */
function together(
  { digests, configuration }: Pick<AuthorityParts, "digests" | "configuration">,
  all: readonly CurrentProfile[],
): CurrentProfile {
  const [own, ...above] = all;
  if (own === undefined) throw new TypeError("nobody acts");
  const said = above.filter(({ levels }) => levels !== null);
  if (said.length === 0) return own;
  const levels = all.map((one) => one.levels ?? PLAIN[configuration.tier]).reduce(meet);
  return { hash: digests.plain(JSON.stringify(all.map(({ hash }) => hash))), levels };
}

/** Profiles as every call asks for them: in memory, and never waiting. */
export interface Profiles {
  /** The profile of a caller now, under the name that its credential was made for where that still holds: what was widened
   *  counts from the next credential on. */
  of(principal: Actors & { readonly profile?: string }): CurrentProfile;
  /** Asks the store again: what another gateway has just changed may not have been heard of yet. */
  refresh(actors: Actors): Promise<void>;
  start(): Promise<void>;
  /** Takes up what this or another gateway changed. */
  follow(event: StoreEvent): Promise<void>;
  /** The next moment at which time alone changes a profile; null for never. */
  due(): number | null;
}

export function createProfiles(parts: Pick<AuthorityParts, "store" | "clock" | "digests" | "configuration">): Profiles {
  const { store, clock, digests, configuration } = parts;
  const plain = new Map(
    configuration.agents.map((agent) => [agent.name as string, { hash: profileOf(agent, digests), levels: null }]),
  );
  let held = new Map<string, HeldProfile>();

  async function load(): Promise<void> {
    const all = await store.read((tx) => tx.documents("capability_profile"));
    held = new Map(all.map((one) => [one.instance ?? one.agent, one]));
  }

  async function take(key: string): Promise<void> {
    const now = await store.read((tx) => tx.document("capability_profile", key));
    if (now === null) held.delete(key);
    else held.set(key, now);
  }

  function one({ agent, instance }: Pick<Actors, "agent" | "instance">): HeldProfile | CurrentProfile {
    return held.get(instance) ?? held.get(agent) ?? plain.get(agent) ?? UNKNOWN;
  }

  return {
    of(principal) {
      const own = one(principal);
      // Time has passed over it and nobody has looked again yet: it is nobody's until then.
      if ("until" in own && own.until !== null && clock.now() >= own.until) return { hash: "due", levels: own.levels };
      if (principal.delegators !== undefined && principal.delegators.length > 0)
        return together(parts, [own, ...principal.delegators.map(one)]);
      if (own.hash === principal.profile || !("earlier" in own)) return own;
      return own.earlier.find(({ hash }: NamedLevels) => hash === principal.profile) ?? own;
    },
    async refresh({ agent, instance, delegators }) {
      const keys = [agent, instance, ...(delegators ?? []).flatMap((one) => [one.agent, one.instance])];
      for (const key of keys) await take(key);
    },
    start: load,
    async follow(event) {
      if (event.kind === "resync") return load();
      if (event.kind !== "capability") return;
      await take(event.id);
    },
    due() {
      const moments = [...held.values()].flatMap(({ until }) => until ?? []);
      return moments.length === 0 ? null : Math.min(...moments);
    },
  };
}

const UNKNOWN: CurrentProfile = { hash: "unknown", levels: null };
