import { isVerb } from "../../domain/lexicon.ts";
import type { Derived, MemoryOrigin } from "../../domain/memory.ts";
import type { Session } from "../../domain/principal.ts";
import type { Lineage, Sighting } from "../lineage.ts";
import { atomOf, atomsIn, isStrong, wordsOf } from "../normal.ts";
import { markInvisible } from "../result/invisible.ts";
import { vouchedFor } from "../vouched.ts";
import type { Words } from "../words.ts";

interface Derivation {
  readonly session: Pick<Session, "readUntrusted" | "readPrivate">;
  readonly words: Words;
  readonly lineage: Lineage;
}

const SENTENCE = /[.!?;]+(?=\s|$)|\n/;
const MOST_NAME = 3;
const MOST_ORIGINS = 3;
const MOST_LOOKED_AT = 64;

/** What is to be remembered, by what it was derived from. A session that has read what others could have written may hand it
 *  on in words that stand nowhere; so each sentence of what it remembers has to be the owner's own, word for word, a name
 *  out of them, or a value that configuration vouches for. All else is untrusted. `says`: a text with what names the thing
 *  it is about; null for one that is not known ahead. */
export function derivedFrom(says: readonly string[] | null, { session, words, lineage }: Derivation): Derived {
  if (says === null) return { untrusted: session.readUntrusted, private: session.readPrivate, from: [] };
  const owned = says.flatMap(sentencesIn).map((one) => behind(one, words, lineage));
  const untrusted = session.readUntrusted && owned.includes(null);
  return {
    untrusted,
    private: session.readPrivate && owned.some((one) => one?.private !== false),
    from: untrusted ? (says.map((one) => originsOf(one, lineage)).find((one) => one.length > 0) ?? []) : [],
  };
}

function sentencesIn(text: string): readonly string[] {
  return text
    .split(SENTENCE)
    .map((one) => one.trim())
    .filter((one) => one !== "");
}

/** Who stands behind a sentence; null for nobody. What nobody sees in it nobody said. */
function behind(sentence: string, words: Words, lineage: Lineage): { readonly private: boolean } | null {
  if (markInvisible(sentence).marked > 0) return null;
  const spoken = wordsOf(sentence);
  const name = spoken.length > 0 && spoken.length <= MOST_NAME && !spoken.some(isVerb) && words.names(sentence);
  if (name || (spoken.length > 0 && words.says(sentence))) return { private: false };
  const { key } = atomOf(sentence);
  const vouched = key === "" ? null : vouchedFor(key, lineage);
  return vouched === null ? null : { private: vouched.private };
}

/** Where the addresses of a text were first seen, or else its words; by way of another memory, where that had them from. */
function originsOf(text: string, lineage: Lineage): readonly MemoryOrigin[] {
  const seen = atomsIn(text)
    .slice(0, MOST_LOOKED_AT)
    .flatMap(({ key }) => [...lineage.inText(key).slice(0, 1), ...lineage.leaves(key).slice(0, 1)].slice(0, 1));
  const words = seen.length > 0 || isStrong(atomOf(text)) ? null : lineage.spelled(text);
  const places = [...seen, ...(words === null ? [] : [words])].flatMap(placesOf);
  return [...new Map(places.map((one) => [JSON.stringify(one), one])).values()].slice(0, MOST_ORIGINS);
}

function placesOf({ tool, path, line, via }: Sighting): readonly MemoryOrigin[] {
  return via !== undefined && via.from.length > 0 ? via.from : [{ tool, path, line }];
}
