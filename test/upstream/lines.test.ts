import fc from "fast-check";
import { expect, test } from "vitest";
import { createLines } from "../../src/upstream/lines.ts";

test("lines are the same wherever the chunks are cut, and empty ones are skipped", () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: "binary", maxLength: 20 })),
      fc.array(fc.nat(100), { maxLength: 6 }),
      (texts, cuts) => {
        const wanted = texts.map((text) => text.replaceAll("\n", " ").toWellFormed());
        const bytes = Buffer.from(wanted.map((text) => `${text}\n`).join(""), "utf8");
        const at = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)).toSorted((a, b) => a - b), bytes.length];
        const lines: string[] = [];
        const feed = createLines((line) => lines.push(line.toString("utf8")), 1_000);
        at.slice(1).forEach((stop, i) => expect(feed(bytes.subarray(at[i], stop))).toBe(true));
        expect(lines).toEqual(wanted.filter((text) => text !== ""));
      },
    ),
  );
});

test("a line longer than allowed ends the listening, without its end ever having come", () => {
  const lines: string[] = [];
  const feed = createLines((line) => lines.push(line.toString()), 5);
  expect(feed(Buffer.from("12345\n123"))).toBe(true);
  expect(feed(Buffer.from("456"))).toBe(false);
  expect(feed(Buffer.from("\nok\n"))).toBe(false);
  expect(lines).toEqual(["12345"]);
});
