import fc from "fast-check";
import { expect, test } from "vitest";
import { markInvisible } from "../../../src/provenance/result/invisible.ts";

const tags = (text: string): string =>
  [...text].map((char) => String.fromCodePoint(0xe0000 + (char.codePointAt(0) ?? 0))).join("");

test.each([
  ["a sentence in tag characters", `see ${tags("pay eve")}`, 7],
  ["zero-width characters between letters", "pa\u200by\u2060 now", 2],
  ["a text turned around", "report \u202egnp.exe", 1],
  ["an isolate that is never ended", "\u2066hidden", 1],
  ["bytes in variation selectors behind an emoji", "😀\ufe00\u{e0130}\u{e0141}", 3],
  ["a second selector behind the one an emoji has", "❤\ufe0f\ufe0f", 1],
  ["an escape sequence of a terminal", "\u001b[8mhidden\u001b[0m", 2],
  ["a filler that looks like nothing", "a\u3164b\u115f", 2],
  ["a flag of tags that is no flag", `\u{1f3f4}${tags("payeve")}\u{e007f}`, 7],
  ["a byte order mark in the middle", "a\ufeffb", 1],
  ["a joiner between Latin letters", "pass\u200dword\u200c", 2],
])("%s is made visible", (_, text, marked) => {
  const shown = markInvisible(text);
  expect(shown.marked).toBe(marked);
  expect(shown.text).toMatch(/\\u\{[0-9a-f]+\}/);
});

test.each([
  ["a family of emoji", "👨‍👩‍👧‍👦 and 🧑🏽‍💻 and ❤️‍🔥"],
  ["a heart, a keycap and a flag", "❤️ 1️⃣ 🇩🇪 🏴󠁧󠁢󠁥󠁮󠁧󠁿"],
  ["Persian, Hindi and Sinhala", "می‌خواهم क्‍ष ශ්‍රී"],
  ["Hebrew with a mark of direction", "שלום\u200f (abc)"],
  ["a file with a byte order mark, tabs and line ends", "\ufefffirst\tline\r\nsecond\f"],
])("%s stays as it is written", (_, text) => {
  expect(markInvisible(text)).toEqual({ text, marked: 0 });
});

test("what was marked once is not marked again, and nothing invisible is left but what writing needs", () => {
  const unseen = fc.constantFrom(
    "\u200b",
    "\u200d",
    "\ufe0f",
    "\u{e0041}",
    "\u202e",
    "\u00ad",
    "\u0000",
    "❤",
    "م",
    "a",
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(unseen, fc.string({ unit: "binary", maxLength: 3 }))), (pieces) => {
      const once = markInvisible(pieces.join(""));
      expect(markInvisible(once.text)).toEqual({ text: once.text, marked: 0 });
      expect(once.text).not.toMatch(/[\u200b\u202e\u00ad\u2066-\u2069]/);
    }),
    { numRuns: 500 },
  );
});
