import { isObject, type Json, type JsonObject, own } from "../../domain/json.ts";
import type { MemoryElements } from "../../domain/memory.ts";
import { stepsOf } from "../result/path.ts";
import { isProse } from "../result/prose.ts";

export interface FoundPart {
  readonly as: string;
  readonly text: string;
}

/** An element as it stands somewhere. */
export interface Found {
  readonly key: readonly string[];
  readonly parts: readonly FoundPart[];
}

export type Edit =
  /** As it is, but for the parts at these places in `parts`: written as `mark` writes them, or left out. */
  | { readonly kind: "keep"; readonly marked: ReadonlySet<number>; readonly dropped: ReadonlySet<number> }
  | { readonly kind: "drop" };

const NONE: ReadonlySet<number> = new Set();
export const AS_IT_IS: Edit = { kind: "keep", marked: NONE, dropped: NONE };

/** `value` with each of its elements as `edit` says. What stands where an element should and is none is given as null. With
 *  a part, a name that is a sentence is marked too; an element is left out whose only text is. */
export function editElements(
  value: Json,
  places: readonly MemoryElements[],
  edit: (found: Found | null) => Edit,
  mark: (text: string) => string,
): Json {
  return places.reduce((now, place) => {
    const steps = stepsOf(place.at);
    return steps === null ? now : (walk(now, steps, (item) => edited(item, place, edit, mark)) ?? null);
  }, value);
}

/** The elements that stand in `value`; null for each thing that stands in the place of one and is none. */
export function elementsIn(value: Json, places: readonly MemoryElements[]): readonly (Found | null)[] {
  const found: (Found | null)[] = [];
  const look = (one: Found | null): Edit => {
    found.push(one);
    return AS_IT_IS;
  };
  editElements(value, places, look, (text) => text);
  return found;
}

/** Undefined: the item is dropped. */
function walk(here: Json, steps: readonly string[], at: (item: Json) => Json | undefined): Json | undefined {
  const [step, ...rest] = steps;
  if (step === undefined) return at(here);
  if (Array.isArray(here)) {
    const items = here as readonly Json[];
    return items.flatMap((item, i) => {
      if (step !== "*" && step !== String(i)) return [item];
      const kept = walk(item, rest, at);
      return kept === undefined ? [] : [kept];
    });
  }
  if (!isObject(here)) return here;
  const members = Object.keys(here).flatMap((name): [string, Json][] => {
    const member = here[name] ?? null;
    if (step !== "*" && step !== name) return [[name, member]];
    const kept = walk(member, rest, at);
    return kept === undefined ? [] : [[name, kept]];
  });
  return Object.fromEntries(members);
}

function edited(
  item: Json,
  place: MemoryElements,
  edit: (found: Found | null) => Edit,
  mark: (text: string) => string,
): Json | undefined {
  const found = read(item, place);
  const says = edit(found);
  if (says.kind === "drop") return undefined;
  if (found === null || says.marked.size + says.dropped.size === 0) return item;
  if (!isObject(item)) return says.dropped.size > 0 ? undefined : isProse(String(item)) ? mark(String(item)) : item;
  const changed: Record<string, Json> = { ...item };
  if (says.marked.size > 0)
    for (const [i, name] of place.key.entries())
      if (isProse(found.key[i] ?? "")) changed[name] = mark(found.key[i] ?? "");
  let next = 0;
  const kept = (text: string): readonly string[] => {
    const at = next++;
    return says.dropped.has(at) ? [] : [says.marked.has(at) ? mark(text) : text];
  };
  for (const written of place.text) {
    const { name } = memberOf(written);
    const held = own(item, name);
    if (Array.isArray(held)) changed[name] = (held as readonly string[]).flatMap(kept);
    else if (typeof held === "string") {
      const [text] = kept(held);
      if (text === undefined) return undefined;
      changed[name] = text;
    }
  }
  return changed;
}

/** Null for what is no element of this form. */
function read(item: Json, { key, text, as }: MemoryElements): Found | null {
  if (key.length === 0) return typeof item === "string" ? { key: [item], parts: [ITSELF] } : null;
  if (!isObject(item)) return null;
  const named = key.map((name) => own(item, name));
  if (!named.every((one): one is string => typeof one === "string")) return null;
  const parts: FoundPart[] = [];
  for (const [i, written] of text.entries()) {
    const texts = textsOf(item, written);
    if (texts === null) return null;
    for (const one of texts) parts.push({ as: as?.[i] ?? memberOf(written).name, text: one });
  }
  return { key: named, parts: text.length === 0 ? [ITSELF] : parts };
}

/** What an element says that says nothing but its name. */
const ITSELF: FoundPart = { as: "", text: "" };

/** `observations[*]` is a member with a list of texts. */
function memberOf(written: string): { readonly name: string; readonly list: boolean } {
  return written.endsWith("[*]") ? { name: written.slice(0, -3), list: true } : { name: written, list: false };
}

function textsOf(item: JsonObject, written: string): readonly string[] | null {
  const { name, list } = memberOf(written);
  const held = own(item, name);
  if (held === undefined) return [];
  if (list !== Array.isArray(held)) return null;
  const texts = list ? (held as readonly Json[]) : [held];
  return texts.every((one): one is string => typeof one === "string") ? texts : null;
}

/** The arguments that a tool with elements at `place` takes for this one; null where it has no place for what it says. */
export function argumentsFor(place: MemoryElements, { key, parts }: Found): JsonObject | null {
  const { at, key: names, text, as } = place;
  if (names.length === 0 || names.length !== key.length) return null;
  const item: Record<string, Json> = Object.fromEntries(names.map((name, i) => [name, key[i] ?? ""]));
  const left = new Set(parts);
  for (const [i, written] of text.entries()) {
    const { name, list } = memberOf(written);
    const mine = parts.filter((part) => part.as === (as?.[i] ?? name));
    if (!list && mine.length !== 1) return null;
    for (const part of mine) left.delete(part);
    item[name] = list ? mine.map((part) => part.text) : (mine[0]?.text ?? "");
  }
  if (left.size > 0) return null;
  const steps = stepsOf(at) ?? [];
  const built = steps.toReversed().reduce<Json>((inside, step) => (step === "*" ? [inside] : { [step]: inside }), item);
  return isObject(built) ? built : null;
}
