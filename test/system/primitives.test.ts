import { createSecretKey } from "node:crypto";
import { expect, test } from "vitest";
import { systemClock } from "../../src/system/clock.ts";
import { createDigests } from "../../src/system/digests.ts";
import { systemIds } from "../../src/system/ids.ts";

test("an id says what it names, holds 128 random bits and is never given twice", () => {
  const ids = Array.from({ length: 10_000 }, () => systemIds.mint("task"));
  expect(new Set(ids).size).toBe(ids.length);
  for (const id of ids.slice(0, 100)) expect(id).toMatch(/^t_[A-Za-z0-9_-]{22}$/);
  expect(systemIds.mint("instance")).toMatch(/^i_/);
  expect(systemIds.nonce()).toMatch(/^[A-Za-z0-9_-]{22}$/);
});

test("a plain digest is SHA-256, which anyone can compute", () => {
  expect(createDigests(createSecretKey(Buffer.alloc(32))).plain("abc")).toBe(
    "sha-256:ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0",
  );
});

test("a keyed digest is the same under one key, and tells nothing under another", () => {
  const [mine, theirs] = [
    createDigests(createSecretKey(Buffer.alloc(32, 1))),
    createDigests(createSecretKey(Buffer.alloc(32, 2))),
  ];
  expect(mine.keyed("yes")).toBe(mine.keyed("yes"));
  expect(mine.keyed("yes")).toMatch(/^hmac-sha-256:[A-Za-z0-9_-]{43}$/);
  expect(theirs.keyed("yes")).not.toBe(mine.keyed("yes"));
});

test("the clock counts milliseconds", () => {
  expect(Math.abs(systemClock.now() - Date.now())).toBeLessThan(60_000);
});
