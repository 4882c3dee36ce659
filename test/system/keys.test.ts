import {
  chmodSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { KEY_FILES, openKeys, readKey } from "../../src/system/keys.ts";

let data: string;
const file = (name: keyof typeof KEY_FILES): string => join(data, "keys", KEY_FILES[name]);
const fault = (code: string, hint?: string) =>
  expect.objectContaining({
    code,
    ...(hint === undefined ? {} : { hint: expect.stringContaining(hint) as string }),
  }) as Error;

beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), "writ-keys-"));
});
afterEach(() => {
  rmSync(data, { recursive: true, force: true });
});

test("the first start makes every key, for its user alone, and the next start finds the same", () => {
  const first = openKeys(data, null);
  expect(statSync(join(data, "keys")).mode & 0o777).toBe(0o700);
  expect(readdirSync(join(data, "keys")).toSorted()).toEqual(Object.values(KEY_FILES).toSorted());
  for (const name of Object.values(KEY_FILES)) expect(statSync(join(data, "keys", name)).mode & 0o777).toBe(0o600);

  const second = openKeys(data, { signing: first.signing.kid });
  expect(second.signing.kid).toBe(first.signing.kid);
  expect(second.digest.equals(first.digest)).toBe(true);
  expect(second.sealing.equals(first.sealing)).toBe(true);
  expect([second.launcher, second.admin]).toEqual([first.launcher, first.admin]);
});

test("no two keys are alike", () => {
  const keys = openKeys(data, null);
  expect(
    new Set([
      keys.launcher,
      keys.admin,
      keys.digest.export().toString("base64url"),
      keys.sealing.export().toString("base64url"),
    ]).size,
  ).toBe(4);
});

test("a command reads the key it shows, and before the first start is told to start", () => {
  expect(() => readKey(data, "admin")).toThrow(fault("key_missing", "writ up"));
  const keys = openKeys(data, null);
  expect(readKey(data, "admin")).toBe(keys.admin);
  expect(readKey(data, "launcher")).toBe(keys.launcher);
});

describe.each(Object.keys(KEY_FILES) as (keyof typeof KEY_FILES)[])("the %s key", (name) => {
  test.each([0o640, 0o604, 0o620, 0o644])("refuses to load when others can reach it (%o)", (mode) => {
    openKeys(data, null);
    chmodSync(file(name), mode);
    expect(() => openKeys(data, null)).toThrow(fault("key_permissions", "chmod 600"));
  });

  test.each([
    ["empty", () => truncateSync(file(name), 0)],
    ["cut short", () => truncateSync(file(name), 20)],
    ["other text", () => writeFileSync(file(name), "not a key\n")],
    ["huge", () => writeFileSync(file(name), "A".repeat(10_000))],
    [
      "a link",
      () => {
        renameSync(file(name), `${file(name)}.moved`);
        symlinkSync(`${file(name)}.moved`, file(name));
      },
    ],
  ])("refuses to load when its file is %s, and is not replaced", (_, damage) => {
    openKeys(data, null);
    damage();
    const before = readFileSync(file(name));
    expect(() => openKeys(data, null)).toThrow(fault("key_damaged", "backup"));
    expect(readFileSync(file(name))).toEqual(before);
  });
});

test("a folder that others can enter is refused", () => {
  openKeys(data, null);
  chmodSync(join(data, "keys"), 0o755);
  expect(() => openKeys(data, null)).toThrow(fault("key_permissions", "chmod 700"));
});

describe("once a database knows the deployment", () => {
  test.each(["signing", "digest"] as const)("a missing %s key is refused and never made anew", (name) => {
    const { kid } = openKeys(data, null).signing;
    rmSync(file(name));
    expect(() => openKeys(data, { signing: kid })).toThrow(fault("key_missing", "backup"));
    expect(readdirSync(join(data, "keys"))).not.toContain(KEY_FILES[name]);
  });

  test("another signing key than the one it knows is refused", () => {
    openKeys(data, null);
    expect(() => openKeys(data, { signing: "the-thumbprint-it-knows" })).toThrow(fault("key_missing"));
  });

  test("keys that only sign people in are made anew", () => {
    const first = openKeys(data, null);
    rmSync(file("admin"));
    expect(openKeys(data, { signing: first.signing.kid }).admin).not.toBe(first.admin);
  });
});

test("a signing key whose public half belongs to another is refused", () => {
  openKeys(data, null);
  const mine = JSON.parse(readFileSync(file("signing"), "utf8")) as Record<string, string>;
  rmSync(file("signing"));
  openKeys(data, null);
  const theirs = JSON.parse(readFileSync(file("signing"), "utf8")) as Record<string, string>;
  writeFileSync(file("signing"), JSON.stringify({ ...mine, d: theirs["d"] }));
  expect(() => openKeys(data, null)).toThrow(fault("key_damaged"));
});

test("a start that died half way is finished by the next one", () => {
  const first = openKeys(data, null);
  rmSync(file("digest"));
  rmSync(file("admin"));
  writeFileSync(join(data, "keys", ".admin.key.0011223344556677"), "half");
  expect(openKeys(data, null).signing.kid).toBe(first.signing.kid);
});
