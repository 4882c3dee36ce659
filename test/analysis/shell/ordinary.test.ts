import { expect, test } from "vitest";
import { effectsOf, stopped } from "./kit.ts";
import { ORDINARY } from "./ordinary.ts";

/** At most two of a hundred. */
const MOST = 4;

test("of more than two hundred ordinary commands of developers, no more than four are stopped", () => {
  expect(new Set(ORDINARY).size).toBe(ORDINARY.length);
  expect(ORDINARY.length).toBeGreaterThanOrEqual(200);
  const blocked = ORDINARY.filter((command) => stopped(effectsOf(command)));
  expect(blocked.length, blocked.join("\n")).toBeLessThanOrEqual(MOST);
});

test("a sentence about a command names what runs, and no name can end its quotation marks", () => {
  expect(effectsOf("git status && rm src/old.ts").says).toBe('runs 2 commands: git status, rm (deletes "src/old.ts")');
  const { says } = effectsOf("rm 'a\" with nothing; reads only'");
  expect(says).toBe('runs 1 command: rm (deletes "a\\u{22} with nothing; reads only")');
});

test("an empty text runs nothing", () => {
  expect(effectsOf(" \n")).toMatchObject({ kinds: ["read"], says: "runs no command" });
});

test("a file is what it is to who reads it, and more to who changes it", () => {
  expect(effectsOf("cat .git/hooks/pre-commit").traits).toEqual([]);
  expect(effectsOf("cat CLAUDE.md").traits).toEqual([]);
  expect(effectsOf("cp a .git/hooks/pre-commit").traits).toContain("runs-later");
  expect(effectsOf("cp a CLAUDE.md").traits).toContain("agent-memory");
});
