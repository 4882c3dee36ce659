import type { JsonObject } from "../../domain/json.ts";
import type { Via } from "../../domain/lineage.ts";
import type { Read } from "../leaves.ts";

/** Texts of one element that others could have written, and how they came to stand there. */
export interface OthersTexts {
  /** Null where elements could not be told apart. */
  readonly via: Via | null;
  readonly texts: readonly string[];
}

/** What a read of a memory brings into its session. What others could have written is text to it, were it one word in a
 *  place of its own: it grounds nothing. */
export interface Recalled {
  /** The result with nothing in it but what counts as somebody's here. */
  readonly plain: JsonObject;
  readonly others: readonly OthersTexts[];
}

/** The values of what was recalled: `plain` as it was read, and the rest as text, each at a path of its own. */
export function readRecalled(plain: Read, others: readonly OthersTexts[]): Read {
  const texts = others.flatMap((one, i) => one.texts.map((text) => ({ path: pathOfOthers(one, i), text })));
  return { ...plain, texts: [...plain.texts, ...texts] };
}

export function pathOfOthers({ via }: OthersTexts, at: number): string {
  return via === null ? "" : `${via.element}.${at}`;
}
