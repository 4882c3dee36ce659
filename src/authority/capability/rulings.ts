import { CAPABILITIES, type Capability, isLevel, type Level, levelOf } from "../../domain/capability.ts";
import { evidenceOf, type Tally } from "../../domain/evidence-fold.ts";
import type { Fingerprint } from "../../domain/fingerprint.ts";
import { wishKey } from "../../domain/held-profile.ts";
import type { AgentName } from "../../domain/ids.ts";
import type { Person } from "../../domain/person.ts";
import type { WriteTx } from "../../ports/store.ts";
import { agentUnknown, refusal } from "../refusals.ts";
import type { Counting } from "./counting.ts";
import { groundOf, judge, newestOf } from "./judge.ts";
import type { CapabilityParts } from "./parts.ts";
import { record, seenOf, bring } from "./tally.ts";
import { chainOf } from "../../domain/evidence-needs.ts";
import { startOf } from "../../domain/capability-rules.ts";

export interface Ruled {
  readonly agent: string;
  readonly capability: string;
  readonly level: number;
  readonly person: Person;
  readonly why: string;
}

/** A person's word on an agent. Each is recorded, and in force when it resolves: what it narrows is dead by then.
 *  @throws WritError `agent_unknown`, `capability_unknown`, `level_invalid`. */
export interface Rulings {
  /** Lets it have what it has shown; `level` may be less than was proposed.
   *  @throws WritError `promotion_unearned` 409 where what the level asks for is not there. */
  promote(asked: Ruled): Promise<Level>;
  demote(asked: Ruled): Promise<Level>;
  /** @throws WritError `endorsement_endless` 400 for one without an end, or a later one than the rules let be. */
  endorse(asked: Ruled & { readonly until: number }): Promise<Level>;
  /** A proposed promotion is not wanted; it is not proposed again until the agent has been there. */
  refuse(asked: Omit<Ruled, "why">): Promise<void>;
}

export function createRulings(parts: CapabilityParts, counting: Counting): Rulings {
  function check(asked: Pick<Ruled, "agent" | "capability" | "level">): { agent: AgentName; level: Level } {
    const agent = parts.configuration.agents.find((one) => one.name === asked.agent)?.name;
    if (agent === undefined) throw agentUnknown(asked.agent.slice(0, 64));
    const known = [...CAPABILITIES, ...parts.inForce().rules.own.map(({ name }) => name), "*"];
    if (!known.includes(asked.capability))
      throw refusal(
        "capability_unknown",
        404,
        { capability: asked.capability.slice(0, 64) },
        `there is no capability \`${asked.capability.slice(0, 64)}\``,
        "`writ capability list` shows them all",
      );
    if (isLevel(asked.level)) return { agent, level: asked.level };
    throw refusal("level_invalid", 400, {}, "this is no level", "give a whole number from 0 to 4");
  }

  async function what(
    tx: WriteTx,
    tally: Tally,
    agent: AgentName,
  ): Promise<{ fingerprint: Fingerprint; newest: ReturnType<typeof newestOf> }> {
    await bring(tx, tally, agent);
    const newest = newestOf(await seenOf(tx, tally, agent));
    return { newest, fingerprint: { parts: newest?.parts ?? {}, tools: tally.open.tools } };
  }

  async function held(tx: WriteTx, tally: Tally, agent: AgentName, capability: Capability): Promise<Level> {
    const { newest } = await what(tx, tally, agent);
    return levelOf(judge(parts, tally, agent, newest, parts.clock.now()).levels, capability);
  }

  async function rule(kind: "promotion" | "demotion", asked: Ruled): Promise<Level> {
    const { agent, level } = check(asked);
    return counting.within(async (tx, tally) => {
      const at = parts.clock.now();
      const { fingerprint, newest } = await what(tx, tally, agent);
      if (kind === "promotion" && asked.capability !== "*") {
        const ground = groundOf(parts, tally, agent, newest, at);
        const { shown, missing } = chainOf(ground, asked.capability, startOf(ground.own, asked.capability), []);
        if (level > shown) throw unearned(asked, shown, missing);
      }
      const { capability, why, person } = asked;
      await record(tx, tally, {
        kind,
        at,
        call: null,
        task: null,
        body: {
          agent,
          capability,
          level,
          by: person.name,
          why,
          fingerprint: { parts: { ...fingerprint.parts }, tools: fingerprint.tools } as never,
          counted: evidenceOf(tally, agent).uses[capability]?.supervised ?? 0,
        },
      });
      await tx.dropDocument("capability_proposal", wishKey({ agent, capability, level }));
      return held(tx, tally, agent, capability);
    });
  }

  return {
    promote: (asked) => rule("promotion", asked),
    demote: (asked) => rule("demotion", asked),
    async endorse(asked) {
      const { agent, level } = check(asked);
      const at = parts.clock.now();
      const { longestMs } = parts.inForce().rules;
      if (!Number.isSafeInteger(asked.until) || asked.until <= at || asked.until > at + longestMs)
        throw refusal(
          "endorsement_endless",
          400,
          { longestMs },
          "an endorsement always ends, and not later than the rules say",
          `give an end within ${Math.floor(longestMs / 86_400_000)} days`,
        );
      return counting.within(async (tx, tally) => {
        const { fingerprint } = await what(tx, tally, agent);
        const { capability, person, until, why } = asked;
        const body = { agent, capability, level, by: person.name, why, at, until, fingerprint: fingerprint as never };
        await record(tx, tally, { kind: "endorsement", at, call: null, task: null, body });
        return held(tx, tally, agent, capability);
      });
    },
    async refuse(asked) {
      const { agent, level } = check(asked);
      const key = wishKey({ agent, capability: asked.capability, level });
      await parts.store.write(async (tx) => {
        const proposal = await tx.document("capability_proposal", key);
        if (proposal === null)
          throw refusal(
            "proposal_unknown",
            404,
            {},
            "nothing like this is proposed",
            "`writ capability list` shows what is",
          );
        await tx.putDocument("capability_proposal", key, { ...proposal, refusedBy: asked.person.name }, null);
        const { capability, from, to } = proposal;
        await tx.append({
          kind: "capability_proposal",
          at: parts.clock.now(),
          call: null,
          task: null,
          body: { agent, capability, from, to, refusedBy: asked.person.name },
        });
        await tx.publish("capability", agent);
      });
    },
  };
}

function unearned({ agent, capability, level }: Ruled, shown: Level, missing: string): Error {
  return refusal(
    "promotion_unearned",
    409,
    { agent, capability, level, shown },
    `it has shown enough for ${shown}, and ${level} asks for more: ${missing}`,
    `promote it to ${shown}, or give your word for a time with \`writ capability endorse\``,
  );
}
