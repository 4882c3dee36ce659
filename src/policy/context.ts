import type { AccessRequest } from "../domain/access-request.ts";
import { stateAt } from "../domain/approval.ts";
import { inputOf } from "../domain/call.ts";
import { levelAt, needsOf } from "../domain/call-level.ts";
import { type Json, isObject, own } from "../domain/json.ts";
import { canonicalize } from "../wire/json/canonical.ts";
import type { InputType, RecordInput } from "./input-type.ts";

/** A value as Cedar's JSON takes it. */
export type CedarValue = string | number | boolean | readonly CedarValue[] | { readonly [key: string]: CedarValue };

const EMPTY: RecordInput = { kind: "record", members: new Map() };

/** The Cedar context of a call, built to fit the schema that `input` is part of. An argument that Cedar cannot hold
 *  exactly, or that the schema cannot type, is left out and named in `effects.unrepresented`, unless it changes nothing of
 *  what the call does; nothing is rounded. */
export function contextOf(request: AccessRequest, input: RecordInput | null): { readonly [key: string]: CedarValue } {
  const { task, session, approval } = request.standing;
  const { effects, provenance, at } = request;
  const unseen = new Set(effects.unrepresented.map(clean));
  const given = encodeRecord(inputOf(request.call), input ?? EMPTY, "", unseen);
  for (const name of effects.values ?? []) unseen.delete(name);
  const granted = approval !== null && stateAt(approval, at) === "allowed";
  return {
    input: given,
    task: {
      id: clean(task.id),
      objective: clean(task.objective),
      depth: whole(task.depth),
      calls: whole(task.used.calls),
      elapsed: whole(Math.floor(Math.max(0, at - task.openedAt) / 1000)),
      declared: task.declaredBy === "owner",
      planned: request.standing.grants.some(({ origin }) => origin === "plan"),
    },
    session: {
      readPrivate: session.readPrivate,
      readUntrusted: session.readUntrusted,
      sent: session.sent,
      denials: whole(session.denials),
      risk: whole(session.risk),
    },
    effects: {
      kinds: effects.kinds,
      reversible: effects.reversible,
      hosts: effects.hosts.map(clean),
      paths: effects.paths.map(clean),
      recipients: effects.recipients.map(clean),
      tables: effects.tables.map(clean),
      columns: effects.columns.map(clean),
      statements: whole(effects.statements),
      unrepresented: [...unseen],
      traits: effects.traits,
      routine: effects.routine,
      written: [...new Set(effects.access.filter(({ verb }) => verb !== "read").map(({ table }) => clean(table)))],
    },
    provenance: {
      ungrounded: provenance.ungrounded.map(clean),
      tainted: provenance.tainted.map(clean),
      low: provenance.low.map(clean),
      carried: provenance.carried.map(clean),
      unasked: provenance.unasked,
      repeated: provenance.repeated,
      excess: provenance.excess.map(clean),
      sole: provenance.sole,
      authorised: provenance.authorised,
      endorsed: provenance.endorsed,
      withdrawn: provenance.withdrawn,
      disclosed: provenance.disclosed.map(clean),
      classification: provenance.classification,
    },
    approval: {
      granted,
      by: granted
        ? approval.answers.filter((answer) => answer.verdict === "allow").map((answer) => clean(answer.person))
        : [],
    },
    capability: { needs: needsOf(request), level: levelAt(request) },
    tier: request.tier,
  };
}

function encodeRecord(
  value: Json,
  type: RecordInput,
  path: string,
  unseen: Set<string>,
): { readonly [key: string]: CedarValue } {
  const encoded: Record<string, CedarValue> = {};
  if (!isObject(value)) return encoded;
  for (const name of Object.keys(value)) {
    const at = clean(path === "" ? name : `${path}.${name}`);
    const member = type.members.get(name);
    const given = own(value, name);
    // Nothing was given, and no rule can speak of this argument.
    if (member === undefined && (given === null || isEmpty(given))) continue;
    if (member === undefined || given === undefined) {
      unseen.add(at);
      continue;
    }
    if (given === null && member.nullable) continue;
    const one = encode(given, member.type, at, unseen);
    if (one !== null) encoded[name] = one;
  }
  return encoded;
}

function isEmpty(value: Json | undefined): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}

/** Null when the value cannot be carried exactly; its path is then in `unseen`. */
function encode(value: Json, type: InputType, path: string, unseen: Set<string>): CedarValue | null {
  switch (type.kind) {
    case "string":
      return typeof value === "string" && value.isWellFormed() ? value : miss(path, unseen);
    case "bool":
      return typeof value === "boolean" ? value : miss(path, unseen);
    case "long":
      return Number.isSafeInteger(value) ? (value as number) + 0 : miss(path, unseen);
    case "decimal": {
      const text = typeof value === "number" ? decimalOf(value) : null;
      return text === null ? miss(path, unseen) : { __extn: { fn: "decimal", arg: text } };
    }
    case "json":
      return textOf(value, path, unseen);
    case "set": {
      if (!Array.isArray(value)) return miss(path, unseen);
      const inside = new Set<string>();
      const items = (value as readonly Json[]).map((item) => encode(item, type.element, path, inside));
      // A list that is only partly told would make `containsAll` lie: all of it or none.
      return inside.size > 0 ? miss(path, unseen) : items.filter((item) => item !== null);
    }
    case "record":
      return isObject(value) ? encodeRecord(value, type, path, unseen) : miss(path, unseen);
  }
}

function textOf(value: Json, path: string, unseen: Set<string>): CedarValue | null {
  try {
    return { json: canonicalize(value) };
  } catch {
    // A number or a text that JSON cannot say in one way only; the call is refused for it elsewhere.
    return miss(path, unseen);
  }
}

const DECIMAL_MAX = 9_223_372_036_854_775_807n;

/** Cedar's decimal: at most four places, and the digits as a 64-bit integer. Judged on the shortest spelling of the
 *  number, which is the one that is forwarded. Null when it does not fit. */
export function decimalOf(value: number): string | null {
  const parts = /^(-?)(\d+)(?:\.(\d{1,4}))?$/.exec(String(value));
  if (parts === null) return null;
  const [, sign = "", units = "0", places = ""] = parts;
  const scaled = BigInt(units + places.padEnd(4, "0"));
  if (scaled > DECIMAL_MAX) return null;
  return `${sign}${units}.${places === "" ? "0" : places}`;
}

function miss(path: string, unseen: Set<string>): null {
  unseen.add(path);
  return null;
}

/** A counter that Cedar can hold; one that it cannot becomes the largest it can, so that a limit still holds. */
function whole(value: number): number {
  return Number.isSafeInteger(value) ? value : Number.MAX_SAFE_INTEGER;
}

function clean(text: string): string {
  return text.toWellFormed();
}
