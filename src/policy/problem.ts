/** Something wrong in a policy file, where it is, and what to do. Lines and columns count from one. */
export interface Problem {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly code: string;
  readonly message: string;
  readonly hint: string;
}

export interface PolicyFile {
  readonly name: string;
  readonly text: string;
}

/** Where each line of a file starts, found once. */
const LINES = new WeakMap<PolicyFile, readonly number[]>();

export function position(file: PolicyFile, offset: number): { readonly line: number; readonly column: number } {
  const starts = linesOf(file);
  let low = 0;
  let high = starts.length;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if ((starts[middle] ?? 0) <= offset) low = middle;
    else high = middle;
  }
  return { line: low + 1, column: Array.from(file.text.slice(starts[low], offset)).length + 1 };
}

function linesOf(file: PolicyFile): readonly number[] {
  const known = LINES.get(file);
  if (known !== undefined) return known;
  const starts = [0, ...[...file.text.matchAll(/\n/g)].map((match) => match.index + 1)];
  LINES.set(file, starts);
  return starts;
}

export function problem(file: PolicyFile, offset: number, code: string, message: string, hint: string): Problem {
  return { file: file.name, ...position(file, offset), code, message, hint };
}

/** The engine counts UTF-8 bytes; we count UTF-16 units. */
export function unitsOf(text: string, bytes: number): number {
  return Buffer.from(text, "utf8").subarray(0, bytes).toString("utf8").length;
}

/** The nearest of `known`, when it is near enough to be what was meant. */
export function nearest(word: string, known: Iterable<string>): string | null {
  let best: string | null = null;
  let least = Math.max(2, Math.floor(word.length / 3)) + 1;
  for (const candidate of known) {
    if (Math.abs(candidate.length - word.length) >= least) continue;
    const steps = distance(word.toLowerCase(), candidate.toLowerCase());
    if (steps < least) {
      least = steps;
      best = candidate;
    }
  }
  return best;
}

export function didYouMean(word: string, known: Iterable<string>): string | null {
  const near = nearest(word, known);
  return near === null ? null : `did you mean \`${near}\`?`;
}

/** Insertions, deletions, replacements and swaps of neighbours. */
function distance(a: string, b: string): number {
  let older: number[] = [];
  let above = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let least = Math.min((above[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (above[j - 1] ?? 0) + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        least = Math.min(least, (older[j - 2] ?? 0) + 1);
      row.push(least);
    }
    older = above;
    above = row;
  }
  return above[b.length] ?? 0;
}
