import { expect, test } from "vitest";
import { ESCAPES } from "./escapes.ts";
import { effectsOf, stopped } from "./kit.ts";

/** Of the effects that a case says, those that were not seen. */
function unseen(command: string, expected: string): readonly string[] {
  const { kinds, traits } = effectsOf(command);
  const seen = [...kinds, ...traits.map((one) => `@${one}`)] as readonly string[];
  return expected.split(" ").filter((one) => !seen.includes(one));
}

test.each(Object.entries(ESCAPES))("%s hides no effect", (_, cases) => {
  const missed = cases.map(([expected, command]) => ({ command, unseen: unseen(command, expected) }));
  expect(missed.filter((one) => one.unseen.length > 0)).toEqual([]);
});

test.each(Object.entries(ESCAPES))("%s does not get past the policies that Writ starts with", (_, cases) => {
  expect(cases.filter(([, command]) => !stopped(effectsOf(command))).map(([, command]) => command)).toEqual([]);
});

test("there are more than 150 ways to hide a command, each of them another", () => {
  const all = Object.values(ESCAPES).flatMap((cases) => cases.map(([, command]) => command));
  expect(new Set(all).size).toBe(all.length);
  expect(all.length).toBeGreaterThanOrEqual(150);
});
