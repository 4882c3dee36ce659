/** Characters that a person does not see and a model reads: format and control characters, bidirectional controls, tags,
 *  variation selectors, fillers. */
const UNSEEN = /[\p{Default_Ignorable_Code_Point}\p{Cc}\ufff9-\ufffb]/u;
const EVERY_UNSEEN = new RegExp(UNSEEN.source, "gu");
const SPACE = /[\t\n\v\f\r]/;

export interface Marked {
  readonly text: string;
  /** How many characters were made visible. */
  readonly marked: number;
}

/** The text with every invisible character written as `\u{…}`; the same text where there is none. What writing needs is
 *  left alone, one at a time and in its place: a joiner inside an emoji or a script that joins, a mark of direction in a
 *  text written from the right, an emoji's own variation selector, the flags that are made of tags. */
export function markInvisible(text: string): Marked {
  if (!UNSEEN.test(text)) return { text, marked: 0 };
  let marked = 0;
  const fromTheRight = RIGHT_TO_LEFT.test(text);
  const shown = text.replace(EVERY_UNSEEN, (char, at: number) => {
    if (SPACE.test(char) || belongs(text, at, char, fromTheRight)) return char;
    marked++;
    return `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`;
  });
  return { text: shown, marked };
}

const RIGHT_TO_LEFT = /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u;
const JOINING =
  /[\p{Script=Arabic}\p{Script=Syriac}\p{Script=Mongolian}\p{Script=Devanagari}\p{Script=Bengali}\p{Script=Gurmukhi}\p{Script=Gujarati}\p{Script=Oriya}\p{Script=Tamil}\p{Script=Telugu}\p{Script=Kannada}\p{Script=Malayalam}\p{Script=Sinhala}\p{Script=Khmer}]$/u;
const PICTURE = /\p{Extended_Pictographic}$/u;
const PICTURE_DRESSED = /\p{Extended_Pictographic}(?:\ufe0f|\p{Emoji_Modifier})?$/u;
const KEYCAP = /[0-9#*]$/;
/** England, Scotland and Wales: a black flag, the tags of their letters, and the tag that ends them. */
const FLAGS = ["gbeng", "gbsct", "gbwls"].map(
  (name) =>
    `\u{1f3f4}${[...name].map((letter) => String.fromCodePoint(0xe0000 + (letter.codePointAt(0) ?? 0))).join("")}\u{e007f}`,
);
const FLAG_LENGTH = 14;

function belongs(text: string, at: number, char: string, fromTheRight: boolean): boolean {
  const before = text.slice(Math.max(0, at - 4), at).toWellFormed();
  const after = text.slice(at + char.length, at + char.length + 2);
  switch (char) {
    case "\ufeff":
      return at === 0;
    case "\ufe0e":
    case "\ufe0f":
      return PICTURE.test(before) || (KEYCAP.test(before) && after.startsWith("\u20e3"));
    case "\u200d":
      return JOINING.test(before) || (PICTURE_DRESSED.test(before) && /^\p{Extended_Pictographic}/u.test(after));
    case "\u200c":
      return JOINING.test(before);
    case "\u200e":
    case "\u200f":
    case "\u061c":
      return fromTheRight && !inRow(before, after);
    default:
      return isTag(char) && FLAGS.some((flag) => inside(text, at, flag));
  }
}

/** Whether another invisible character stands beside it: marks of direction come one at a time. */
function inRow(before: string, after: string): boolean {
  const last = [...before].at(-1) ?? "";
  const next = [...after].at(0) ?? "";
  return [last, next].some((char) => UNSEEN.test(char) && !SPACE.test(char));
}

function isTag(char: string): boolean {
  const code = char.codePointAt(0) ?? 0;
  return code >= 0xe0000 && code <= 0xe007f;
}

function inside(text: string, at: number, flag: string): boolean {
  const near = Math.max(0, at - FLAG_LENGTH);
  const start = text.slice(near, at).lastIndexOf("\u{1f3f4}");
  return start >= 0 && text.startsWith(flag, near + start);
}
