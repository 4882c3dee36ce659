import type { Json } from "../domain/json.ts";
import type { Classification } from "../domain/lineage.ts";
import type { Leaf, SourceLabels } from "../domain/provenance.ts";
import type { Found } from "./classified.ts";
import { leavesOf } from "./result/leaves.ts";
import { tellingOf, type Unit, unitsOf } from "./telling.ts";

export interface Classifying {
  readonly found: readonly Found[];
  /** The highest classification of what was not looked at; null where all was. */
  readonly lost: Classification | null;
}

/** Who knows a secret by its form. */
export interface SecretForms {
  /** Whether there is any in it. */
  readonly anyIn: (value: Json) => boolean;
  /** Where they stand in the text of a member of this name. */
  readonly in: (name: string, text: string) => readonly { readonly start: number; readonly end: number }[];
}

const NOTHING: Classifying = { found: [], lost: null };

/** What of a result not everybody may see: what configuration says of its paths, what in a record that it calls private
 *  tells whose it is, and what is a secret by its form. What configuration calls public is, whatever it looks like.
 *  `source.private` counts here only where somebody said so. */
export function classify(result: Json, source: SourceLabels, secrets: SecretForms): Classifying {
  const said = (source.trust ?? []).flatMap(({ confidentiality }) => confidentiality ?? []);
  const labelled = source.private || said.some((level) => level !== "public");
  const shaped = secrets.anyIn(result);
  if (!labelled && !shaped) return NOTHING;
  const { leaves, complete } = leavesOf(result, source);
  const found = leaves.flatMap((leaf) => [...(shaped ? secretsOf(leaf, secrets) : []), ...labelledIn(leaf)]);
  if (complete) return { found, lost: null };
  return { found, lost: shaped || said.includes("secret") ? "secret" : "internal" };
}

function secretsOf({ path, value, label }: Leaf, secrets: SecretForms): readonly Found[] {
  if (label.said === true && label.confidentiality === "public") return [];
  const text = String(value);
  const units = secrets
    .in(path.split(".").at(-1) ?? "", text)
    .flatMap(({ start, end }) => unitsOf(text.slice(start, end)));
  return found("secret", path, units);
}

function labelledIn({ path, value, label }: Leaf): readonly Found[] {
  if (label.confidentiality === "public") return [];
  const text = String(value);
  return found(label.confidentiality, path, label.said === true ? unitsOf(text) : tellingOf(text));
}

function found(level: Classification, path: string, units: readonly Unit[]): readonly Found[] {
  return units.length === 0 ? [] : [{ level, path, units }];
}
