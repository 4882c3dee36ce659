/** Ways to write a value so that a reader who is told of it can read it and one who compares letters cannot. */
export const CODINGS: Readonly<Record<string, (value: string) => string>> = {
  base64: (value) => Buffer.from(value).toString("base64"),
  base64url: (value) => Buffer.from(value).toString("base64url"),
  hexadecimal: (value) => Buffer.from(value).toString("hex"),
  percent: (value) => [...Buffer.from(value)].map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join(""),
  entities: (value) => Array.from(value, (char) => `&#${char.codePointAt(0) ?? 0};`).join(""),
  reversed: (value) => Array.from(value).toReversed().join(""),
  rot13: (value) => value.replaceAll(/[a-z]/gi, (char) => rotated(char)),
  "zero-width": (value) => Array.from(value).join("\u200b"),
  "full-width": (value) =>
    value.replaceAll(/[!-~]/g, (char) => String.fromCodePoint((char.codePointAt(0) ?? 0) + 0xfee0)),
  homoglyphs: (value) => value.replaceAll(/[aceopxyACEHKMOPTX]/g, (char) => LOOKALIKES[char] ?? char),
  spelled: (value) => Array.from(value).join(" "),
};

/** Cyrillic letters that look like Latin ones. */
export const LOOKALIKES: Readonly<Record<string, string>> = Object.fromEntries(
  Array.from("aceopxyACEHKMOPTX").map((char, i) => [char, Array.from("асеорхуАСЕНКМОРТХ")[i] ?? char]),
);

function rotated(char: string): string {
  const base = char <= "Z" ? 65 : 97;
  return String.fromCodePoint((((char.codePointAt(0) ?? 0) - base + 13) % 26) + base);
}
