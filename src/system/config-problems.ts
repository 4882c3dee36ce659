import { isMap, isNode, isPair, isScalar, isSeq, type Document, type LineCounter } from "yaml";
import { schema } from "./config-schema.ts";

/** One thing wrong with a file a person wrote, where it is, and what to do. */
export interface Problem {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly code: string;
  readonly message: string;
  readonly hint: string;
}

export type Path = readonly PropertyKey[];

/** Where a path of the document stands: its value, or with `key` its name. The nearest ancestor when it is not there. */
export function place(
  document: Document,
  lines: LineCounter,
  path: Path,
  key: boolean,
): { line: number; column: number } {
  let node: unknown = document.contents;
  let offset = 0;
  for (const [depth, step] of path.entries()) {
    const last = depth === path.length - 1;
    if (isMap(node)) {
      const pair = node.items.find(
        (item) => isPair(item) && isScalar(item.key) && String(item.key.value) === String(step),
      );
      if (pair === undefined) break;
      if (isNode(pair.key)) offset = pair.key.range?.[0] ?? offset;
      node = pair.value;
      if (!(key && last) && isNode(node)) offset = node.range?.[0] ?? offset;
    } else if (isSeq(node)) {
      const item = node.items[Number(step)];
      if (!isNode(item)) break;
      offset = item.range?.[0] ?? offset;
      node = item;
    } else break;
  }
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(1, line), column: Math.max(1, col) };
}

/** The names that may stand in the object at `path`, or an empty list where any may. */
export function namesAt(path: Path, root: object = schema): readonly string[] {
  let here: readonly Shape[] = [root as Shape];
  for (const step of path) {
    here = here.flatMap(alternatives).flatMap((shape) => {
      const found = shape.properties?.[String(step)] ?? (shape.additionalProperties || shape.items);
      return found ? [found] : [];
    });
  }
  return [...new Set(here.flatMap(alternatives).flatMap((shape) => Object.keys(shape.properties ?? {})))];
}

interface Shape {
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly additionalProperties?: Shape | false;
  readonly items?: Shape;
  readonly anyOf?: readonly Shape[];
}

function alternatives(shape: Shape): readonly Shape[] {
  return shape.anyOf?.flatMap(alternatives) ?? [shape];
}

/** The nearest of `known` to what was written, when it is near enough to be meant. */
export function nearest(written: string, known: readonly string[]): string | null {
  let best: string | null = null;
  let least = Math.max(2, Math.floor(written.length / 3)) + 1;
  for (const candidate of known) {
    const distance = edits(written.toLowerCase(), candidate.toLowerCase());
    if (distance < least) [best, least] = [candidate, distance];
  }
  return best;
}

export function didYouMean(written: string, known: readonly string[]): string {
  const near = nearest(written, known);
  if (near !== null) return `did you mean \`${near}\`?`;
  return known.length === 0 ? "take it out" : `use one of ${known.map((one) => `\`${one}\``).join(", ")}`;
}

/** Insertions, deletions, substitutions and swaps of neighbours between two short words. */
function edits(a: string, b: string): number {
  const rows: number[][] = [[...Array(b.length + 1).keys()]];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const up = rows[i - 1] ?? [];
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      let least = Math.min((up[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (up[j - 1] ?? 0) + cost);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        least = Math.min(least, (rows[i - 2]?.[j - 2] ?? 0) + 1);
      row.push(least);
    }
    rows.push(row);
  }
  return rows[a.length]?.[b.length] ?? 0;
}
