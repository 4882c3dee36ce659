/** A text as values are looked for in it: its letters and digits alone, in one case and width. Whatever stands between them,
 *  spaces, marks or what nobody sees, parts no value from itself. */
export interface Squeezed {
  readonly text: string;
  /** 1 where a word begins; one more than there are letters, the last for the end. */
  readonly edges: Uint8Array;
}

const WIDE = /[\u0080-\uffff]/;
const LETTER = /[\p{L}\p{N}]/u;
const REPLACEMENT = 0xfffd;

export function squeezed(given: string): Squeezed {
  const from = (WIDE.test(given) ? given.normalize("NFKC") : given).toLowerCase();
  const edges = new Uint8Array(from.length + 1);
  let text = "";
  let start = 0;
  let edge = true;
  for (let i = 0; i < from.length;) {
    const code = from.codePointAt(i) ?? 0;
    const wide = code > 0xffff ? 2 : 1;
    if (isLetter(code, from, i, wide)) {
      if (edge) edges[text.length + i - start] = 1;
      edge = false;
    } else {
      // What was kept so far is taken over in one piece.
      text += from.slice(start, i);
      start = i + wide;
      edge = true;
    }
    i += wide;
  }
  text += from.slice(start);
  edges[text.length] = 1;
  return { text, edges: edges.subarray(0, text.length + 1) };
}

function isLetter(code: number, text: string, at: number, wide: number): boolean {
  if (code < 0x80) return (code >= 0x61 && code <= 0x7a) || (code >= 0x30 && code <= 0x39);
  return code !== REPLACEMENT && LETTER.test(text.slice(at, at + wide));
}

/** Several, one behind the other. */
export function joined(all: readonly Squeezed[]): Squeezed {
  const text = all.map((one) => one.text).join("");
  const edges = new Uint8Array(text.length + 1);
  let at = 0;
  for (const one of all) {
    edges.set(one.edges, at);
    at += one.text.length;
  }
  edges[text.length] = 1;
  return { text, edges };
}
