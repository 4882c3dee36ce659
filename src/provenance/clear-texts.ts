import { isUtf8 } from "node:buffer";

/** What a text may stand for under the codings that are usual, wherever in it they begin: percent, hexadecimal and base64 in
 *  both alphabets, in lines, in the labels of a host, one inside another. Most of what base64 gives is noise: nothing of it is
 *  shown, it is only looked through. Null where that would be more than `most` letters. */
export function clearTexts(text: string, most: number): readonly string[] | null {
  const found: string[] = [];
  let left = most;
  let layer: readonly string[] = [text];
  for (let depth = 0; depth < DEEPEST && layer.length > 0; depth++) {
    const next: string[] = [];
    for (const coded of layer) {
      for (const clear of once(coded)) {
        left -= clear.length;
        if (left < 0) return null;
        next.push(clear);
      }
    }
    found.push(...next);
    layer = next;
  }
  return found;
}

const DEEPEST = 3;
const SHORTEST = 6;
const PERCENT = /(?:%[0-9a-f]{2})+/gi;
const HEX = /[0-9a-f]{8,}/gi;
const BASE64 = /[A-Za-z0-9+/_-]{6,}/g;
/** What may stand between the pieces of a coded text: ends of lines, the dots of a host's name. */
const BETWEEN = /[\s.]+/g;
const BETWEEN_HEX = /[\s.:,_-]+|\\x|0x/gi;
/** Of what is noise elsewhere, the text in it. */
const LEGIBLE = /[\t\n\r -~]{4,}/g;

function once(text: string): readonly string[] {
  const clear: string[] = [];
  const keep = (bytes: Buffer): void => {
    if (isUtf8(bytes)) clear.push(bytes.toString("utf8"));
    else clear.push(...(bytes.toString("latin1").match(LEGIBLE) ?? []));
  };
  if (text.includes("%")) {
    const plain = text.replaceAll(PERCENT, (coded) => Buffer.from(coded.replaceAll("%", ""), "hex").toString("utf8"));
    if (plain !== text) clear.push(plain);
  }
  for (const [run] of text.replaceAll(BETWEEN_HEX, "").matchAll(HEX)) {
    keep(Buffer.from(run, "hex"));
    keep(Buffer.from(run.slice(1), "hex"));
  }
  for (const [run] of text.replaceAll(BETWEEN, "").matchAll(BASE64)) {
    // One that begins behind other letters is off by one, two or three.
    for (let off = 0; off < 4 && run.length - off >= SHORTEST; off++) keep(Buffer.from(run.slice(off), "base64"));
  }
  return clear;
}
