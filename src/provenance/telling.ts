import { isCommon } from "../domain/lexicon.ts";
import { atomsIn } from "./normal.ts";
import { squeezed } from "./squeezed.ts";

/** Something to look for in what leaves. */
export interface Unit {
  /** As `squeezed` has it, of 4 to 64 letters. */
  readonly text: string;
  /** It counts only where it stands between words: it is too short, or too plain, to be found inside one. */
  readonly bound: boolean;
}

const SHORTEST = 4;
const LONGEST = 64;
/** A long token is recognised by this much of it. */
const RUN = 12;
const STEP = 4;
/** A text is recognised by as many of its words, one behind the other. */
const SHINGLE = 6;
const SHINGLE_LETTERS = 24;
const MOST_WORDS = 20_000;
/** More words than this are a text and no value. */
const MOST_NAME = 3;

const USERINFO = /:\/\/[^\s:@/]*:([^\s@/]+)@/;
const PEM_LINE = /-{5}[A-Z0-9 ]+-{5}/g;

/** What is looked for of a value that somebody classified at its very place, or that is a secret by itself. */
export function unitsOf(value: string): readonly Unit[] {
  const text = value.replaceAll(PEM_LINE, " ").trim();
  const words = text.split(/\s+/, MOST_WORDS).filter((word) => word !== "");
  const close = squeezed(text).text;
  const password = squeezed(USERINFO.exec(text)?.[1] ?? "").text;
  const inside = password.length < SHORTEST ? [] : [whole(password)];
  if (words.length > MOST_NAME && !isOneToken(words)) return [...inside, ...shingles(words), ...tellingOf(text)];
  const units = close.length <= LONGEST ? (counts(text, close) ? [whole(close)] : []) : [];
  return [...inside, ...units, ...(text.includes("://") ? [] : runs(text, close))];
}

/** Whether it is one token that was written in lines, such as a key. */
function isOneToken(words: readonly string[]): boolean {
  return words.length > 1 && words.slice(0, -1).every((word) => word.length >= 40);
}

function whole(close: string): Unit {
  return { text: close.slice(0, LONGEST), bound: close.length < 8 || !/\d/.test(close) };
}

/** Whether a value tells anything at all where somebody classified it: a common word, a day and a time do not. What is ordinary
 *  elsewhere, as `summer2024` and an amount, may be a password there, or a salary. */
function counts(text: string, close: string): boolean {
  if (close.length < SHORTEST || EVERYBODYS.some((pattern) => pattern.test(text))) return false;
  if (/\d/.test(close)) return true;
  return close.length >= 6 && !isCommon(close);
}

/** Pieces of a long token, each of which looks made up: half of it is as good as told. */
function runs(text: string, close: string): readonly Unit[] {
  if (close.length < RUN + STEP) return [];
  // As it was written: its letters may be made up in their case alone.
  const written = text.normalize("NFKC").replaceAll(/[^\p{L}\p{N}]/gu, "");
  const units: Unit[] = [];
  for (let at = 0; at + RUN <= close.length; at += STEP) {
    const run = close.slice(at, at + RUN);
    const cased = written.length === close.length ? written.slice(at, at + RUN) : run;
    if (/\d/.test(run) || (cased.match(/[a-z](?=[A-Z])|[A-Z](?=[a-z])/g)?.length ?? 0) >= 3)
      units.push({ text: run, bound: false });
  }
  return units;
}

function shingles(words: readonly string[]): readonly Unit[] {
  const close = words.map((word) => squeezed(word).text).filter((word) => word !== "");
  if (close.length <= SHINGLE) {
    const text = close.join("").slice(0, LONGEST);
    return text.length >= RUN ? [{ text, bound: true }] : [];
  }
  const units: Unit[] = [];
  for (let at = 0; at + SHINGLE <= close.length; at++) {
    const text = close.slice(at, at + SHINGLE).join("");
    if (text.length >= SHINGLE_LETTERS) units.push({ text: text.slice(0, LONGEST), bound: text.length <= LONGEST });
  }
  return units;
}

/** What in a private record tells whose it is: addresses of people, accounts, cards and telephone numbers, and the long marks
 *  that things are told apart by. Words, names, amounts, days and versions are everybody's. */
export function tellingOf(text: string): readonly Unit[] {
  const found = new Set<string>();
  for (const line of text.split("\n")) {
    for (const email of line.match(EMAIL) ?? []) found.add(squeezed(email).text);
    const digits = line.match(/\d/g)?.length ?? 0;
    if (digits < FEWEST_DIGITS) continue;
    for (const atom of digits < ACCOUNT_DIGITS ? [] : atomsIn(line))
      if (atom.form === "account" && !isOrdinary(atom.text)) found.add(squeezed(atom.key).text);
    for (const token of line.match(TOKEN) ?? []) if (isMark(token)) found.add(squeezed(token).text);
  }
  return [...found]
    .filter((one) => one.length >= 8 && one.length <= LONGEST)
    .map((one) => ({ text: one, bound: one.length < 12 }));
}

const EMAIL = /[^\s<>"'`()[\]{}|,;:=&?/@]{1,64}@[\w-]+(?:\.[\w-]+)+/g;
/** Nothing with fewer tells anything, and no account has fewer than the second. */
const FEWEST_DIGITS = 3;
const ACCOUNT_DIGITS = 6;
const TOKEN = /[^\s<>"'`()[\]{}|,;/?&=#:@]{8,}/g;
const EVERYBODYS = [
  /^\d{4}-?\d\d-?\d\d(?:[t\s_]?\d\d[:\-.]?\d\d.*)?$/i,
  /^\d{1,2}[./-]\d{1,2}[./-]\d{2,4}$/,
  /^\d{1,2}:\d\d(?::\d\d)?(?:[.,]\d+)?\s?(?:am|pm|z)?$/i,
  /^(?:true|false|null|none|unknown|yes|no)$/i,
];
/** Seconds, an amount, an address of a machine, a version, a measure, a word with a number. */
const ORDINARY = [
  ...EVERYBODYS,
  /^1[0-9]{9}(?:\d{3}|\d{6})?$/,
  /^[-+$€£¥]*\d{1,3}(?:[,.' ]\d{3})+(?:[.,]\d{1,2})?%?$/,
  /^[-+$€£¥]*\d+[.,]\d+(?:e[-+]?\d+)?%?$/i,
  /^\d+0{5,}$/,
  /^\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?$/,
  /^v?\d+(?:\.\d+){1,4}(?:[-+.][a-z0-9.]+)?$/i,
  /^\d+\s?[x×]\s?\d+$/i,
  /^\d+[a-z%]{1,4}$/i,
  /^[a-z]{2,}[-_]?\d{1,5}$/i,
];

function isOrdinary(text: string): boolean {
  const one = text.trim();
  return ORDINARY.some((pattern) => pattern.test(one));
}

/** Letters and digits that were made up to tell things apart. */
function isMark(token: string): boolean {
  if (isOrdinary(token)) return false;
  const close = squeezed(token.replaceAll(DAY, "")).text;
  const digits = close.replaceAll(/\D/g, "").length;
  if (close.length < 8 || digits === 0) return false;
  if (digits === close.length) return digits >= 9;
  const turns = close.match(/\d(?=\D)|\D(?=\d)/g)?.length ?? 0;
  return digits >= 6 || (digits >= 3 && turns >= 4);
}

const DAY = /(?:19|20)\d\d[-_.]?(?:0[1-9]|1[0-2])[-_.]?(?:0[1-9]|[12]\d|3[01])/g;
