import { type Delegator, MOST_ACTORS } from "../../domain/delegation.ts";
import { type AgentName, type InstanceId, spiffeId } from "../../domain/ids.ts";
import { isObject, type JsonObject, own } from "../../domain/json.ts";

type Actor = Delegator;

/** `act` of RFC 8693 §4.1: who acts outermost, each one that handed the work down one level further in. */
export function actClaim(trustDomain: string, acts: Actor, delegators: readonly Actor[] = []): JsonObject {
  const inner = delegators.toReversed().reduce<JsonObject | null>((below, one) => level(trustDomain, one, below), null);
  return level(trustDomain, acts, inner);
}

/** Who acts, and who handed it down, the nearest first; null for a chain that is not one of ours. */
export function readAct(
  trustDomain: string,
  claims: JsonObject,
): { readonly acts: Actor; readonly delegators: readonly Actor[] } | null {
  const chain: Actor[] = [];
  for (let act = own(claims, "act"); act !== undefined; act = own(act, "act")) {
    if (!isObject(act) || chain.length >= MOST_ACTORS) return null;
    const sub = own(act, "sub");
    const actor = typeof sub === "string" ? readActor(trustDomain, sub) : null;
    if (actor === null || Object.keys(act).some((name) => name !== "sub" && name !== "act")) return null;
    chain.push(actor);
  }
  const [acts, ...delegators] = chain;
  return acts === undefined ? null : { acts, delegators };
}

function level(trustDomain: string, one: Actor, inner: JsonObject | null): JsonObject {
  const sub = spiffeId(trustDomain, one.agent, one.instance);
  return inner === null ? { sub } : { sub, act: inner };
}

function readActor(trustDomain: string, sub: string): Actor | null {
  const [agent, instance, ...more] = sub.replace(`spiffe://${trustDomain}/agent/`, "").split("/");
  if (agent === undefined || instance === undefined || more.length > 0) return null;
  const actor = { agent: agent as AgentName, instance: instance as InstanceId };
  return spiffeId(trustDomain, actor.agent, actor.instance) === sub ? actor : null;
}
