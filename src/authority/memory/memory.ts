import type { CallState } from "../../domain/admission.ts";
import type { AccessRequest } from "../../domain/access-request.ts";
import { isObject, type Json, type JsonObject, own } from "../../domain/json.ts";
import type { MemoryUse } from "../../domain/memory.ts";
import { type Reason, reason } from "../../domain/reason.ts";
import type { WriteTx } from "../../ports/store.ts";
import { scalars } from "../../provenance/traced-call.ts";
import { AS_IT_IS, type Edit, editElements, type Found } from "../../provenance/memory/elements.ts";
import type { Hidden, Judgement } from "../../provenance/memory/judge.ts";
import { editResult, withNotice } from "../../provenance/memory/result.ts";
import type { Recalled } from "../../provenance/memory/recalled.ts";
import { fenced } from "../../provenance/result/spotlight.ts";
import type { Derive, MemoryParts } from "./parts.ts";
import { foundIn, judged, MOST_ELEMENTS, nameOf, putDown, type Reading } from "./reading.ts";
import { recalledOf } from "./recalling.ts";
import { beginChanges, endChanges } from "./writing.ts";

/** What an answer of a memory comes to. */
export interface Remembered {
  /** What is released in place of the result; null for the result as it came. */
  readonly result: JsonObject | null;
  /** Why none of it may be released. */
  readonly refusal: Reason | null;
  /** What is shown is, in part, what others could have written: whoever reads it is raised by it first. */
  readonly untrusted: boolean;
  /** What it brings into the session, by who wrote it; null for all of it as it came. */
  readonly recalled: Recalled | null;
  /** For the record; null for nothing. */
  readonly inspected: JsonObject | null;
  /** Goes down with the outcome, in one transaction. */
  readonly close: (tx: WriteTx) => Promise<void>;
}

/** What agents remember, as it passes through Writ. */
export interface Memory {
  /** In the transaction that admits the call. */
  begin(tx: WriteTx, request: AccessRequest, derive: Derive): Promise<void>;
  /** Once the call has ended, before anything of its answer is released; `result` null for an answer that is none. Null
   *  where the call has nothing to do with memory. */
  end(request: AccessRequest, state: CallState, result: JsonObject | null): Promise<Remembered | null>;
}

export function createMemory(parts: MemoryParts): Memory {
  return {
    begin: (tx, request, derive) => beginChanges(parts, tx, request, derive),
    async end(request, state, result) {
      const use = request.memory;
      if (use === undefined) return null;
      if (use.does !== "read") {
        const close = await endChanges(parts, request, use, state, result);
        return { ...AS_IT_CAME, close };
      }
      if (result === null) return null;
      // An error of a memory may quote what stands in it.
      return state === "completed" ? read(parts, request, use, result) : unread(parts, use, result);
    },
  };
}

async function read(
  parts: MemoryParts,
  request: AccessRequest,
  use: MemoryUse,
  result: JsonObject,
): Promise<Remembered> {
  const found = foundIn(use, result);
  if (found === null) return unread(parts, use, result);
  if (found.length > MOST_ELEMENTS) {
    const refusal = reason("result_withheld", { why: `it holds more than ${MOST_ELEMENTS} elements of a memory` });
    return { ...AS_IT_CAME, refusal };
  }
  const reading = await judged(parts, request, use, found);
  const counted = count(reading);
  const inspected = { memory: counted };
  const close = (tx: WriteTx): Promise<void> => putDown(parts, tx, request, use, reading);
  if (counted.changed + counted.strange > 0 && counted.shown === 0) {
    const refusal = reason("memory_changed", { place: use.place, elements: changedIds(reading) });
    return { ...AS_IT_CAME, refusal, inspected, close };
  }
  const untrusted = counted.quarantined > 0;
  if (use.kind === "file" && counted.shown === 0) {
    const refusal = reason("memory_withheld", {
      place: use.path,
      why: "its time has passed, or it is another owner's",
    });
    return { ...AS_IT_CAME, refusal, inspected, close };
  }
  const recalled = recalledOf(use, result, reading);
  return { result: shown(parts, use, result, reading), refusal: null, untrusted, recalled, inspected, close };
}

const AS_IT_CAME: Remembered = {
  result: null,
  refusal: null,
  untrusted: false,
  recalled: null,
  inspected: null,
  close: async () => {},
};

/** What cannot be told apart cannot be checked: all of it is shown as what others could have written. */
function unread(parts: MemoryParts, use: MemoryUse, result: JsonObject): Remembered {
  return {
    ...AS_IT_CAME,
    result: whole(result, markFor(parts, use)),
    untrusted: true,
    recalled: { plain: {}, others: [{ via: null, texts: scalars(result) }] },
    inspected: { memory: { unread: true } },
  };
}

function markFor(parts: MemoryParts, use: MemoryUse): (text: string) => string {
  const fence = { source: `the memory ${use.place}`, boundary: parts.ids.nonce() };
  return (text) => (text === "" ? text : fenced(text, fence));
}

/** A result with all that it says marked. */
function whole(result: JsonObject, mark: (text: string) => string): JsonObject {
  return editResult(
    result,
    (value) => marked(value, mark),
    (block) => markedBlock(block, mark),
    false,
  );
}

/** Null where all of it is shown as it came. */
function shown(parts: MemoryParts, use: MemoryUse, result: JsonObject, reading: Reading): JsonObject | null {
  const counted = count(reading);
  const dropped = counted.changed + counted.strange + counted.expired + counted.foreign + counted.withdrawn > 0;
  if (!dropped && counted.quarantined + counted.gone === 0) return null;
  const mark = markFor(parts, use);
  const edited =
    use.kind === "file"
      ? whole(result, mark)
      : editResult(
          result,
          (value) => editElements(value, use.elements, (one) => editOf(reading, one), mark),
          (block) => (dropped ? null : markedBlock(block, mark)),
        );
  const notice = noticeOf(counted);
  return notice === null ? edited : withNotice(edited, notice);
}

function editOf(reading: Reading, found: Found | null): Edit {
  const one = found === null ? undefined : reading.elements.get(nameOf(found));
  if (found === null || one === undefined) return { kind: "drop" };
  const { judgement } = one;
  switch (judgement.kind) {
    case "changed":
    case "withheld":
      return { kind: "drop" };
    case "met":
      return judgement.quarantined
        ? { kind: "keep", marked: new Set(found.parts.keys()), dropped: new Set() }
        : AS_IT_IS;
    case "shown":
      return judgement.quarantined.size + judgement.hidden.size === 0
        ? AS_IT_IS
        : { kind: "keep", marked: judgement.quarantined, dropped: new Set(judgement.hidden.keys()) };
  }
}

function marked(value: Json, mark: (text: string) => string): Json {
  if (typeof value === "string") return mark(value);
  if (Array.isArray(value)) return (value as readonly Json[]).map((item) => marked(item, mark));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, marked(member, mark)]));
}

function markedBlock(block: JsonObject, mark: (text: string) => string): JsonObject {
  const text = own(block, "text");
  return typeof text === "string" ? { ...block, text: mark(text) } : block;
}

interface Counted {
  readonly [what: string]: number;
  readonly shown: number;
  readonly quarantined: number;
  readonly changed: number;
  readonly strange: number;
  readonly expired: number;
  readonly foreign: number;
  readonly withdrawn: number;
  readonly gone: number;
}

function count({ elements, strange, gone }: Reading): Counted {
  const all = [...elements.values()].map((one) => one.judgement);
  const many = (is: (one: (typeof all)[number]) => boolean): number => all.filter(is).length;
  const hides = (why: Hidden): number =>
    many(
      (one) =>
        (one.kind === "withheld" && one.why === why) ||
        (one.kind === "shown" && [...one.hidden.values()].includes(why)),
    );
  return {
    shown: many((one) => one.kind === "shown" || one.kind === "met"),
    quarantined: many(
      (one) => (one.kind === "met" && one.quarantined) || (one.kind === "shown" && showsQuarantined(one)),
    ),
    changed: many((one) => one.kind === "changed"),
    strange,
    expired: hides("expired"),
    foreign: hides("foreign"),
    withdrawn: hides("withdrawn"),
    gone: gone.length,
  };
}

function showsQuarantined({ quarantined, hidden }: Extract<Judgement, { kind: "shown" }>): boolean {
  return [...quarantined].some((at) => !hidden.has(at));
}

function changedIds({ elements }: Reading): readonly string[] {
  return [...elements.values()].filter((one) => one.judgement.kind === "changed").map((one) => one.id);
}

/** What an agent is told of what it does not see; another owner's is none of its business. */
function noticeOf({ changed, strange, expired, withdrawn, gone }: Counted): string | null {
  const parts = [
    changed + strange > 0 ? `${changed + strange} changed outside Writ (memory_changed)` : "",
    gone > 0 ? `${gone} gone, and not through Writ` : "",
    expired > 0 ? `${expired} with something whose time has passed` : "",
    withdrawn > 0 ? `${withdrawn} with something that a person took back` : "",
  ].filter((text) => text !== "");
  return parts.length === 0
    ? null
    : `[Writ does not show all of this memory: ${parts.join(", ")}. A person finds them with \`writ memory list\`.]`;
}
