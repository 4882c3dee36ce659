/** Letters and digits that look like a Latin letter, by what they look like. */
const LOOKS_LIKE: Readonly<Record<string, string>> = {
  a: "аɑαａ",
  b: "ЬＢ",
  c: "сϲᴄｃ",
  d: "ԁⅾ",
  e: "еҽєｅ",
  g: "ɡց",
  h: "һհ",
  i: "іıɩι",
  j: "јϳ",
  k: "κкᴋ",
  l: "1|ӏⅼǀ",
  m: "мⅿᴍ",
  n: "ոп",
  o: "0оοօσᴏ",
  p: "рρ",
  q: "ԛգ",
  r: "гᴦ",
  s: "ѕꜱ",
  t: "тτᴛ",
  u: "υսᴜ",
  v: "νѵᴠ",
  w: "ԝѡω",
  x: "хχ",
  y: "уүγ",
  z: "ᴢᴣ",
};
const LATIN = new Map(Object.entries(LOOKS_LIKE).flatMap(([letter, like]) => [...like].map((one) => [one, letter])));

/** What a name looks like: two names with the same skeleton are taken for each other. Case, width and accents go, what looks
 *  like a Latin letter is one. */
export function skeleton(name: string): string {
  const plain = name
    .normalize("NFKD")
    .replace(/\p{M}|\p{Default_Ignorable_Code_Point}/gu, "")
    .toLowerCase();
  const latin = [...plain].map((char) => LATIN.get(char) ?? char).join("");
  return latin.replaceAll("rn", "m").replaceAll("vv", "w");
}

/** A name that reads like Latin letters and is written in others: beside Latin ones, or in nothing but ones that look like
 *  them. An accent, a picture or a name in another script is what it is. */
export function isDisguised(name: string): boolean {
  return [...name].some(poses) && (/[A-Za-z]/.test(name) || /^[ -~]*$/.test(skeleton(name)));
}

function poses(char: string): boolean {
  if (/^[ -~]$/.test(char)) return false;
  if (LATIN.has(char.toLowerCase()) || /^[ -~]$/.test(char.normalize("NFKC"))) return true;
  return /\p{L}/u.test(char) && !/\p{Script=Latin}/u.test(char);
}
