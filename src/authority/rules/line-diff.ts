const WIDTH = 200;
/** A server may list a thousand tools and change them all: what one costs is bounded. */
const MOST_CELLS = 40_000;

/** The lines that differ, as `- old` and `+ new`, in order, unchanged ones left out; a long line stands as several, so
 *  that no change hides behind its beginning. Beyond `most` lines it says how many more there are. */
export function lineDiff(before: string, after: string, most = 200): readonly string[] {
  const a = wrapped(before);
  const b = wrapped(after);
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head++;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail++;
  const lines = differ(a.slice(head, a.length - tail), b.slice(head, b.length - tail));
  return lines.length <= most ? lines : [...lines.slice(0, most), `… ${lines.length - most} more`];
}

function wrapped(text: string): readonly string[] {
  return text.split("\n").flatMap((line) => {
    const parts = [line.slice(0, WIDTH)];
    for (let at = WIDTH; at < line.length; at += WIDTH) parts.push(line.slice(at, at + WIDTH));
    return parts;
  });
}

/** By longest common subsequence while that stays small; else everything out and everything in. */
function differ(a: readonly string[], b: readonly string[]): readonly string[] {
  if (a.length * b.length > MOST_CELLS) return [...a.map((line) => `- ${line}`), ...b.map((line) => `+ ${line}`)];
  const common = Array.from({ length: a.length + 1 }, () => new Uint32Array(b.length + 1));
  const length = (i: number, j: number): number => common[i]?.[j] ?? 0;
  for (let i = a.length - 1; i >= 0; i--) {
    const row = common[i];
    if (row === undefined) continue;
    for (let j = b.length - 1; j >= 0; j--)
      row[j] = a[i] === b[j] ? length(i + 1, j + 1) + 1 : Math.max(length(i + 1, j), length(i, j + 1));
  }
  const out: string[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      i++;
      j++;
    } else if (i < a.length && (j >= b.length || length(i + 1, j) >= length(i, j + 1))) out.push(`- ${a[i++]}`);
    else out.push(`+ ${b[j++]}`);
  }
  return out;
}
