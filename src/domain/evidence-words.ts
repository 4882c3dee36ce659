import { type Capability, isLevel, type Level } from "./capability.ts";
import type { Endorsement, Evaluation, Evidence, Ruling, Seen } from "./evidence.ts";
import {
  COMPONENTS,
  type Fingerprint,
  type NamedComponent,
  type Part,
  STRENGTHS,
  type Strength,
} from "./fingerprint.ts";
import type { AgentName, InstanceId, PersonName } from "./ids.ts";
import { isObject, type Json, type JsonObject, own } from "./json.ts";
import type { LedgerRecord } from "./record.ts";

/** What an entry may change. */
export interface Words {
  change(agent: AgentName, by: (held: Evidence) => Evidence): void;
  seen(instance: InstanceId): Seen | null;
  see(instance: InstanceId, seen: Seen): void;
  tools(): Readonly<Record<string, string>>;
  setTools(tools: Readonly<Record<string, string>>): void;
}

const RULINGS_KEPT = 200;
const CHANGES_KEPT = 32;

/** Takes an entry that says something of an agent, and not of a call of it: what it is, how it was evaluated, what people
 *  ruled. Entries of other kinds change nothing. */
export function takeWord(words: Words, record: LedgerRecord): void {
  const { body, at, number } = record;
  const agent = own(body, "agent");
  if (record.kind === "fingerprint") return takeFingerprint(words, record);
  if (typeof agent !== "string") return;
  const change = (by: (held: Evidence) => Evidence): void => words.change(agent as AgentName, by);
  switch (record.kind) {
    case "evaluation": {
      const one = body as unknown as Omit<Evaluation, "number">;
      const { id, evaluator, suite, passed, score, capabilities, fingerprint, expiresAt } = one;
      const about = { id, evaluator, suite, passed, score, capabilities, fingerprint };
      const evaluation: Evaluation = { ...about, at: one.at, expiresAt, number };
      change((held) => ({ ...held, evaluations: [...held.evaluations, evaluation].slice(-RULINGS_KEPT) }));
      return;
    }
    case "endorsement": {
      const one = body as unknown as Omit<Endorsement, "number">;
      const { capability, level, by, until, fingerprint } = one;
      const endorsement: Endorsement = { capability, level, by, at: one.at, until, fingerprint, number };
      change((held) => ({ ...held, endorsements: [...held.endorsements, endorsement].slice(-RULINGS_KEPT) }));
      return;
    }
    case "promotion":
    case "demotion": {
      const ruling = readRuling(record.kind, body, at, number);
      if (ruling === null) return;
      change((held) => ({
        ...held,
        rulings: [...held.rulings, ruling].slice(-RULINGS_KEPT),
        usesBefore: ruling.kind === "demotion" ? before(held, ruling.capability) : held.usesBefore,
      }));
      return;
    }
    case "finding": {
      const code = own(body, "finding") ?? own(body, "code");
      // That it changes to and fro is answered by holding it at the lowest.
      if (typeof code !== "string" || code === "fingerprint_flaps") return;
      change((held) => ({ ...held, findings: [...held.findings, { code, at }].slice(-RULINGS_KEPT) }));
      return;
    }
    case "capability_profile": {
      const profile = own(body, "to");
      const more = own(body, "narrowed") === true ? 1 : 0;
      const now = <T extends { readonly narrowed: number; readonly profile: string | null }>(held: T): T => ({
        ...held,
        narrowed: held.narrowed + more,
        profile: typeof profile === "string" ? profile : held.profile,
      });
      const instance = own(body, "instance");
      const seen = typeof instance === "string" ? words.seen(instance as InstanceId) : null;
      if (seen === null) change(now);
      else words.see(seen.instance, now(seen));
      return;
    }
    default:
  }
}

function readRuling(kind: Ruling["kind"], body: JsonObject, at: number, number: number): Ruling | null {
  const [capability, level, by] = ["capability", "level", "by"].map((name) => own(body, name));
  const fingerprint = readFingerprint(own(body, "fingerprint"));
  if (typeof capability !== "string" || !isLevel(level) || typeof by !== "string" || fingerprint === null) return null;
  return { kind, capability, level: level as Level, by: by as PersonName, at, fingerprint, number };
}

/** Uses as they stand, of the capability or of all of them. */
function before(held: Evidence, capability: Capability): Evidence["usesBefore"] {
  if (capability === "*") return held.uses;
  const uses = held.uses[capability];
  return uses === undefined ? held.usesBefore : { ...held.usesBefore, [capability]: uses };
}

function takeFingerprint(words: Words, { body, at }: LedgerRecord): void {
  const tools = own(body, "tools");
  if (isObject(tools)) return words.setTools(tools as Readonly<Record<string, string>>);
  const [agent, instance, component] = ["agent", "instance", "component"].map((name) => own(body, name));
  const part = readPart(own(body, "is"));
  if (typeof agent !== "string" || typeof instance !== "string" || !isNamed(component) || part === null) return;
  const was = words.seen(instance as InstanceId);
  const seen: Seen = was ?? {
    instance: instance as InstanceId,
    agent: agent as AgentName,
    parts: {},
    at,
    lately: [],
    narrowed: 0,
    profile: null,
  };
  const known = seen.parts[component];
  const moved = known !== undefined && (known.id !== part.id || known.version !== part.version);
  words.see(seen.instance, {
    ...seen,
    at,
    parts: { ...seen.parts, [component]: part },
    lately: moved ? [...seen.lately, { at, component, parts: seen.parts }].slice(-CHANGES_KEPT) : seen.lately,
  });
  words.change(seen.agent, (held) => {
    const first: Fingerprint = held.first ?? { parts: {}, tools: words.tools() };
    // What was not known of the agent at first is taken as what it always was.
    const kept =
      first.parts[component] === undefined ? { ...first, parts: { ...first.parts, [component]: part } } : first;
    return kept === held.first ? held : { ...held, first: kept };
  });
}

function isNamed(value: Json | undefined): value is NamedComponent {
  return typeof value === "string" && value !== "tools" && (COMPONENTS as readonly string[]).includes(value);
}

function readPart(value: Json | undefined): Part | null {
  if (!isObject(value)) return null;
  const [id, version, strength] = ["id", "version", "strength"].map((name) => own(value, name));
  if (typeof id !== "string" || (version !== null && typeof version !== "string")) return null;
  if (!(STRENGTHS as readonly (Json | undefined)[]).includes(strength)) return null;
  return { id, version, strength: strength as Strength };
}

/** As it stands in an entry; null for what is none. */
export function readFingerprint(value: Json | undefined): Fingerprint | null {
  const parts = isObject(value) ? own(value, "parts") : undefined;
  const tools = isObject(value) ? own(value, "tools") : undefined;
  if (!isObject(parts) || !isObject(tools)) return null;
  const read = Object.entries(parts).map(([name, part]) => [name, isNamed(name) ? readPart(part) : null] as const);
  if (read.some(([, part]) => part === null)) return null;
  if (Object.values(tools).some((hash) => typeof hash !== "string")) return null;
  return { parts: Object.fromEntries(read) as Fingerprint["parts"], tools: tools as Readonly<Record<string, string>> };
}
