import { type Capability, neededBy } from "./capability.ts";
import { type Effects, NO_EFFECTS } from "./effect.ts";
import { type Evidence, noEvidence, type Seen, sinceKey } from "./evidence.ts";
import { counted, isSensitive, targetsOf, turned } from "./evidence-uses.ts";
import { takeWord, type Words } from "./evidence-words.ts";
import type { AgentName, InstanceId } from "./ids.ts";
import { isObject, type JsonObject, own } from "./json.ts";
import type { LedgerRecord, RecordKind } from "./record.ts";

/** A person who says yes sooner than this has not looked. */
const LEAST_LOOK_MS = 2_000;
/** Calls and questions under way that are remembered at once; older ones count for nothing. */
const MOST_OPEN = 500;
/** Denials that say something of the agent, and not of how things stood. */
const ITS_OWN_DOING = new Set([
  "policy_forbidden",
  "outside_grant",
  "self_target",
  "call_reused",
  "argument_undeclared",
]);

interface OpenCall {
  readonly agent: AgentName;
  readonly instance: InstanceId;
  readonly needs: readonly Capability[];
  readonly digest: string;
  readonly effects: Effects;
  readonly looked: boolean;
}

interface OpenAsk {
  readonly agent: AgentName;
  readonly needs: readonly Capability[];
  readonly at: number;
  /** Whether whoever said yes had looked; null while nobody has. */
  readonly looked: boolean | null;
}

/** What is under way between two entries of the ledger. */
export interface Open {
  /** Up to and with this entry everything was counted. */
  readonly after: number;
  readonly asks: Readonly<Record<string, OpenAsk>>;
  readonly calls: Readonly<Record<string, OpenCall>>;
  /** The hash of each accepted tool. */
  readonly tools: Readonly<Record<string, string>>;
  /** Agents whose evidence moved since their profiles were last looked at. */
  readonly owing: readonly AgentName[];
}

export const NOTHING_OPEN: Open = { after: 0, asks: {}, calls: {}, tools: {}, owing: [] };

/** The evidence of agents as the ledger has it so far. Changed in place, entry by entry. */
export interface Tally {
  open: Open;
  readonly agents: Map<AgentName, Evidence>;
  readonly seen: Map<InstanceId, Seen>;
  /** Whose evidence moved. */
  readonly touched: Set<AgentName>;
}

/** The agent and instance that an entry is about, which have to be in the tally before it is taken. */
export function namedBy({ body }: Pick<LedgerRecord, "body">): {
  readonly agent: AgentName | null;
  readonly instance: InstanceId | null;
} {
  return { agent: text(body, "agent") as AgentName | null, instance: text(body, "instance") as InstanceId | null };
}

export function evidenceOf(tally: Pick<Tally, "agents">, agent: AgentName): Evidence {
  return tally.agents.get(agent) ?? noEvidence(agent);
}

/** Takes one entry. The same entries in the same order give the same evidence, wherever and however often. */
export function fold(tally: Tally, record: LedgerRecord): void {
  const { body, call } = record;
  const { agent, instance } = namedBy(record);
  switch (record.kind satisfies RecordKind) {
    case "ask": {
      const approval = own(body, "approval");
      const id = isObject(approval) ? text(approval, "id") : null;
      if (agent === null || id === null) break;
      const open: OpenAsk = { agent, needs: needsOf(body), at: record.at, looked: null };
      tally.open = { ...tally.open, asks: capped({ ...tally.open.asks, [id]: open }) };
      break;
    }
    case "answer":
      takeAnswer(tally, record);
      break;
    case "admission":
      if (agent === null || instance === null || call === null || own(body, "observed") !== undefined) break;
      takeAdmission(tally, call, body, agent, instance);
      break;
    case "outcome":
      if (call !== null) takeOutcome(tally, call, record.at, text(body, "state") === "completed");
      break;
    case "denial":
      if (agent !== null && ITS_OWN_DOING.has(text(body, "reason") ?? ""))
        change(tally, agent, (held) => turned(held, needsOf(body), "denied"));
      break;
    default:
      takeWord(words(tally), record);
  }
  tally.open = { ...tally.open, after: record.number };
}

function takeAnswer(tally: Tally, { body, at }: LedgerRecord): void {
  const id = text(body, "approval") ?? "";
  const asked = Object.hasOwn(tally.open.asks, id) ? tally.open.asks[id] : undefined;
  if (asked === undefined) return;
  if (text(body, "verdict") === "deny") {
    change(tally, asked.agent, (held) => turned(held, asked.needs, "refused"));
    return;
  }
  // Where several have to say yes, all of them have to have looked.
  const looked = at - asked.at >= LEAST_LOOK_MS && asked.looked !== false;
  tally.open = { ...tally.open, asks: { ...tally.open.asks, [id]: { ...asked, looked } } };
}

function takeAdmission(tally: Tally, call: string, body: JsonObject, agent: AgentName, instance: InstanceId): void {
  const approval = own(body, "approval");
  const id = isObject(approval) ? text(approval, "id") : null;
  const looked = id === null ? null : (tally.open.asks[id]?.looked ?? false);
  // A yes that nobody thought about is worth nothing, neither as a use that was watched nor as one that was not.
  if (looked === false) return;
  const open: OpenCall = {
    agent,
    instance,
    needs: needsOf(body),
    digest: (text(body, "digest") ?? "").slice(-16),
    effects: effectsOf(body),
    looked: looked ?? false,
  };
  tally.open = { ...tally.open, calls: capped({ ...tally.open.calls, [call]: open }) };
}

function takeOutcome(tally: Tally, call: string, at: number, well: boolean): void {
  const open = Object.hasOwn(tally.open.calls, call) ? tally.open.calls[call] : undefined;
  if (open === undefined) return;
  const { [call]: _, ...calls } = tally.open.calls;
  tally.open = { ...tally.open, calls };
  if (!well) return;
  const parts = tally.seen.get(open.instance)?.parts ?? {};
  change(tally, open.agent, (held) => {
    let next = held;
    for (const capability of open.needs) {
      const targets = targetsOf(open.effects, capability, open.digest);
      next = counted(next, capability, { ...open, targets, sensitive: isSensitive(open.effects), at });
    }
    if (next === held) return held;
    const since = { ...next.since };
    for (const [component, part] of Object.entries(parts)) {
      const key = sinceKey(component, part);
      since[key] = (since[key] ?? 0) + 1;
    }
    return { ...next, since: capped(since) };
  });
}

function words(tally: Tally): Words {
  return {
    change: (agent, by) => change(tally, agent, by),
    see: (instance, seen) => tally.seen.set(instance, seen),
    seen: (instance) => tally.seen.get(instance) ?? null,
    tools: () => tally.open.tools,
    setTools: (tools) => {
      tally.open = { ...tally.open, tools };
      for (const agent of tally.agents.keys()) tally.touched.add(agent);
    },
  };
}

function change(tally: Tally, agent: AgentName, by: (held: Evidence) => Evidence): void {
  const held = evidenceOf(tally, agent);
  const next = by(held);
  if (next !== held) tally.agents.set(agent, next);
  tally.touched.add(agent);
}

/** As they were recorded with the decision; of an earlier version's entry, as they are read from its effects. */
function needsOf(body: JsonObject): readonly Capability[] {
  const needs = own(body, "needs");
  if (Array.isArray(needs)) return needs.filter((one): one is string => typeof one === "string");
  return neededBy(effectsOf(body), text(body, "tool") ?? "");
}

function effectsOf(body: JsonObject): Effects {
  const effects = own(body, "effects");
  return isObject(effects) ? { ...NO_EFFECTS, ...(effects as unknown as Partial<Effects>) } : NO_EFFECTS;
}

function capped<T>(table: Record<string, T>): Record<string, T> {
  const keys = Object.keys(table);
  if (keys.length > MOST_OPEN) for (const key of keys.slice(0, keys.length - MOST_OPEN)) delete table[key];
  return table;
}

function text(body: JsonObject, name: string): string | null {
  const value = own(body, name);
  return typeof value === "string" ? value : null;
}
