import { expect, test } from "vitest";
import { TRAITS } from "../../src/domain/effect.ts";
import { OBLIGATIONS } from "../../src/domain/obligation.ts";
import { read, rows } from "./pages.ts";

const first = new Set(rows(read("docs/policies.md")).map(([key = ""]) => key));

test("the page of policies has every trait and every obligation", () => {
  const named = [...TRAITS, ...OBLIGATIONS].map((word) => `\`${word}\``);
  expect(named.filter((word) => !first.has(word))).toEqual([]);
});
