import { isObject, type Json, type JsonObject } from "../../domain/json.ts";
import { RULES, type SecretRule } from "./rules.ts";

export interface Secret {
  readonly start: number;
  readonly end: number;
  /** Whose it is, or what: `github`, `privatekey`. */
  readonly kind: string;
}

/** A text is looked at in pieces, so that what it costs grows with its length and no faster. Each overlaps the one before
 *  by more than the longest secret that any rule knows. */
const PIECE = 65_536;
const OVERLAP = 16_384;
/** No rule knows a shorter one: `ftp://a1:b2c3@d.ee`. */
const SHORTEST = 16;

const BY_MARK = new Map(RULES.flatMap((rule) => (rule.marks ?? []).map((mark) => [mark, rule] as const)));
const ALWAYS = RULES.filter(({ marks }) => marks === null);
/** Any mark, in any case. */
const MARK = new RegExp([...BY_MARK.keys()].map((mark) => mark.replaceAll(/\W/g, String.raw`\$&`)).join("|"), "gi");

/** The rules that may find something in the text, in one look at it. */
function rulesFor(text: string): ReadonlySet<SecretRule> {
  const rules = new Set(ALWAYS);
  MARK.lastIndex = 0;
  for (let mark = MARK.exec(text); mark !== null && rules.size < RULES.length; mark = MARK.exec(text)) {
    const rule = BY_MARK.get(mark[0].toLowerCase());
    if (rule !== undefined) rules.add(rule);
    // Marks may overlap.
    MARK.lastIndex = mark.index + 1;
  }
  return rules;
}

/** Every secret in a text, in order, none of them overlapping. Total, and synchronous: what does not hold the marks of a
 *  rule is not shown to it. */
export function secretsIn(text: string): readonly Secret[] {
  if (text.length < SHORTEST) return [];
  const found: Secret[] = [];
  for (const { kind, find, dear } of rulesFor(text)) {
    const crowd = dear === null ? null : crowdOf(text, dear);
    if (crowd !== null) {
      found.push({ start: crowd, end: text.length, kind });
      continue;
    }
    for (let from = 0; ; from += PIECE - OVERLAP) {
      find(text.slice(from, from + PIECE), (start, end) => {
        if (end > start) found.push({ start: from + start, end: from + end, kind });
      });
      if (from + PIECE >= text.length) break;
    }
  }
  return apart(found);
}

/** More beginnings of tokens than this are in no ordinary text: what is behind the first of them is taken for secret. */
const MOST_DEAR = 8;

/** Where a crowd of `mark` begins; null where there are few enough to look at each. */
function crowdOf(text: string, mark: string): number | null {
  const first = text.indexOf(mark);
  let at = first;
  for (let met = 0; at >= 0; at = text.indexOf(mark, at + 1)) if (++met > MOST_DEAR) return first;
  return null;
}

function apart(found: readonly Secret[]): readonly Secret[] {
  const kept: Secret[] = [];
  for (const one of found.toSorted((a, b) => a.start - b.start || b.end - a.end)) {
    const last = kept.at(-1);
    if (last === undefined || one.start >= last.end) kept.push(one);
    else if (one.end > last.end) kept[kept.length - 1] = { ...last, end: one.end };
  }
  return kept;
}

/** The text with each secret in it covered, and named by its kind. The same text where it holds none. */
export function masked(text: string): string {
  return covered(text, secretsIn(text));
}

function covered(text: string, secrets: readonly Secret[]): string {
  if (secrets.length === 0) return text;
  let from = 0;
  const shown = secrets.map(({ start, end, kind }) => {
    const before = text.slice(from, start);
    from = end;
    return `${before}•••• (${kind})`;
  });
  return shown.join("") + text.slice(from);
}

/** The value with every text in it masked, names of members too. The same value where it holds no secret. */
export function maskedValue(value: Json, mask: (text: string) => string = masked): Json {
  if (typeof value === "string") return mask(value);
  if (Array.isArray(value)) {
    const items = value as readonly Json[];
    const anew = items.map((item) => maskedValue(item, mask));
    return anew.every((item, i) => item === items[i]) ? value : anew;
  }
  if (!isObject(value)) return value;
  const members = Object.entries(value);
  const anew = members.map(
    ([name, one]) =>
      [masked(name), typeof one === "string" ? mask(maskedMember(name, one)) : maskedValue(one, mask)] as const,
  );
  const same = anew.every(([name, one], i) => name === members[i]?.[0] && one === members[i][1]);
  return same ? value : (Object.fromEntries(anew) as JsonObject);
}

function maskedMember(name: string, text: string): string {
  return covered(text, secretsOfMember(name, text));
}

/** The secrets in a text that may be one only by its name: `secret_access_key`. */
export function secretsOfMember(name: string, text: string): readonly Secret[] {
  const before = name.length + 1;
  return secretsIn(`${name}=${text}`)
    .filter(({ end }) => end > before)
    .map((one) => ({ ...one, start: Math.max(0, one.start - before), end: one.end - before }));
}

export function maskedObject(value: JsonObject): JsonObject {
  return maskedValue(value) as JsonObject;
}

/** Whether any text in the value holds a secret. */
export function holdsSecret(value: Json): boolean {
  return maskedValue(value) !== value;
}

/** What an upstream sends, masked. A text of it that is itself JSON stays JSON. */
export function maskedResult(value: Json): Json {
  return maskedValue(value, maskedJson);
}

/** The same for JSON text: it stays JSON. What is no JSON, or is nested beyond all use, is a text. */
export function maskedJson(text: string): string {
  if (text.length < SHORTEST) return text;
  try {
    const value = JSON.parse(text) as Json;
    const shown = maskedValue(value);
    // A member given twice hides the first of them from whoever reads it, and not from whoever looks at the text.
    return shown === value && secretsIn(text).length === 0 ? text : JSON.stringify(shown);
  } catch {
    return masked(text);
  }
}
