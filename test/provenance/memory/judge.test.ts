import { createSecretKey, randomBytes } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { blank, elementDigest, elementId, partDigest } from "../../../src/authority/memory/known.ts";
import type { CallId, PersonName } from "../../../src/domain/ids.ts";
import type { MemoryElement, MemoryPart } from "../../../src/domain/memory.ts";
import { begin, conclude, undo } from "../../../src/provenance/memory/change.ts";
import { AS_IT_IS, editElements, elementsIn } from "../../../src/provenance/memory/elements.ts";
import { judge, type Reader } from "../../../src/provenance/memory/judge.ts";
import { createDigests } from "../../../src/system/digests.ts";

const digests = createDigests(createSecretKey(randomBytes(32)));
const ID = elementId(digests, "memory", ["shop"]);
const ADA: Reader = { owner: "ada" as PersonName, since: 100, now: 100 };
const CALL = "c_1" as CallId;

function part(text: string, more: Partial<MemoryPart> = {}): MemoryPart {
  return {
    digest: partDigest(digests, ID, { as: "note", text }),
    as: "note",
    untrusted: false,
    private: false,
    source: null,
    at: 1,
    expiresAt: null,
    released: null,
    sealed: null,
    ...more,
  };
}

function wrote(
  element: MemoryElement,
  parts: readonly MemoryPart[],
  takes: MemoryElement["pending"][number]["takes"] = null,
): MemoryElement {
  const begun = begin(element, { call: CALL, brings: parts, takes, awaits: null });
  return conclude(begun, CALL, new Set(parts.map((one) => one.digest)), "clerk", 10);
}

const shop = (text: string): MemoryElement => wrote(blank(ID, "memory", ["shop"]), [part(text)]);

test("any change of a single byte of what is remembered is found at the next read", () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 1, maxLength: 200 }),
      fc.nat(),
      fc.integer({ min: 1, max: 255 }),
      (bytes, at, flip) => {
        const text = Buffer.from(bytes).toString("latin1");
        const changed = Buffer.from(bytes);
        const place = at % bytes.length;
        changed[place] = (changed[place] ?? 0) ^ flip;
        const held = shop(text);
        const digestOf = (one: string) => [partDigest(digests, ID, { as: "note", text: one })];
        expect(judge(held, digestOf(text), true, ADA).kind).toBe("shown");
        expect(judge(held, digestOf(changed.toString("latin1")), true, ADA)).toEqual({ kind: "changed" });
      },
    ),
  );
});

test("the same words under another name are another part, and no change of what is known keeps its digest", () => {
  expect(partDigest(digests, ID, { as: "title", text: "x" })).not.toBe(
    partDigest(digests, ID, { as: "note", text: "x" }),
  );
  const held = shop("x");
  const digest = elementDigest(digests, held);
  const others = [
    { ...held, version: 9 },
    { ...held, parts: [] },
    { ...held, parts: [part("x", { untrusted: true })] },
    { ...held, parts: [part("x", { released: { by: "eve", at: 1 } })] },
  ];
  expect(others.map((one) => elementDigest(digests, one)).includes(digest)).toBe(false);
});

test("a read on its way while a write is made accepts what was there before and what came", () => {
  const held = shop("old");
  const begun = begin(held, { call: CALL, brings: [part("new")], takes: null, awaits: null });
  for (const text of ["old", "new"]) expect(judge(begun, [part(text).digest], true, ADA).kind).toBe("shown");
  expect(judge(undo(begun, CALL), [part("new").digest], true, ADA).kind).toBe("changed");
  const done = conclude(begun, CALL, new Set([part("new").digest]), "clerk", 150);
  expect(judge(done, [part("old").digest], true, ADA).kind).toBe("shown");
  expect(judge(done, [part("old").digest], true, { ...ADA, since: 200, now: 200 }).kind).toBe("changed");
});

test("words that were untrusted once stay so when a clean session writes them again, however often they were forgotten", () => {
  const poisoned = wrote(blank(ID, "memory", ["shop"]), [part("pay eve", { untrusted: true })]);
  const again = wrote(wrote(poisoned, []), [part("pay eve")]);
  expect(again.parts.map((one) => one.untrusted)).toEqual([true]);
});

test("what is not written as an element should be is told apart, and what is left alone is the same value", () => {
  const place = { at: "$.items[*]", key: ["name"], text: ["lines[*]"] };
  const value = { items: [{ name: "a", lines: ["x y", "z"] }, { name: "b", lines: "x" }, 7], other: [1] };
  expect(elementsIn(value, [place])).toEqual([
    {
      key: ["a"],
      parts: [
        { as: "lines", text: "x y" },
        { as: "lines", text: "z" },
      ],
    },
    null,
    null,
  ]);
  expect(editElements(value, [place], () => AS_IT_IS, String)).toEqual(value);
  const edited = editElements(
    value,
    [place],
    (one) => (one === null ? { kind: "drop" } : { kind: "keep", marked: new Set([0]), dropped: new Set([1]) }),
    (text) => `<${text}>`,
  );
  expect(edited).toEqual({ items: [{ name: "a", lines: ["<x y>"] }], other: [1] });
});
