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
import type { JsonObject } from "../../src/domain/json.ts";
import { generateSigningJwk } from "../../src/wire/jose/sign.ts";
import { dropSigningFile, KEY_FILES, openKeys, readKey } from "../../src/system/keys.ts";

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
  const first = openKeys(data, false);
  expect(statSync(join(data, "keys")).mode & 0o777).toBe(0o700);
  expect(readdirSync(join(data, "keys")).toSorted()).toEqual(Object.values(KEY_FILES).toSorted());
  for (const name of Object.values(KEY_FILES)) expect(statSync(join(data, "keys", name)).mode & 0o777).toBe(0o600);

  const second = openKeys(data, true);
  expect(second.signingSeal.equals(first.signingSeal)).toBe(true);
  expect(second.digest.equals(first.digest)).toBe(true);
  expect(second.sealing.equals(first.sealing)).toBe(true);
  expect([second.launcher, second.admin]).toEqual([first.launcher, first.admin]);
});

test("no two keys are alike", () => {
  const keys = openKeys(data, false);
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
  const keys = openKeys(data, false);
  expect(readKey(data, "admin")).toBe(keys.admin);
  expect(readKey(data, "launcher")).toBe(keys.launcher);
});

describe.each(Object.keys(KEY_FILES) as (keyof typeof KEY_FILES)[])("the %s key", (name) => {
  test.each([0o640, 0o604, 0o620, 0o644])("refuses to load when others can reach it (%o)", (mode) => {
    openKeys(data, false);
    chmodSync(file(name), mode);
    expect(() => openKeys(data, false)).toThrow(fault("key_permissions", "chmod 600"));
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
    openKeys(data, false);
    damage();
    const before = readFileSync(file(name));
    expect(() => openKeys(data, false)).toThrow(fault("key_damaged", "backup"));
    expect(readFileSync(file(name))).toEqual(before);
  });
});

test("a folder that others can enter is refused", () => {
  openKeys(data, false);
  chmodSync(join(data, "keys"), 0o755);
  expect(() => openKeys(data, false)).toThrow(fault("key_permissions", "chmod 700"));
});

describe("once a database knows the deployment", () => {
  test("a missing digest key is refused and never made anew", () => {
    openKeys(data, false);
    rmSync(file("digest"));
    expect(() => openKeys(data, true)).toThrow(fault("key_missing", "backup"));
    expect(readdirSync(join(data, "keys"))).not.toContain(KEY_FILES.digest);
  });

  test("keys that only sign people in are made anew", () => {
    const first = openKeys(data, false);
    rmSync(file("admin"));
    expect(openKeys(data, true).admin).not.toBe(first.admin);
  });
});

describe("the signing key of a version that kept it in a file", () => {
  const signing = (): string => join(data, "keys", "signing.jwk");
  const write = (jwk: JsonObject): void => writeFileSync(signing(), JSON.stringify(jwk), { mode: 0o600 });

  test("is read, to be moved into the store, and then removed", () => {
    const keys = openKeys(data, false);
    expect(keys.signingFile).toBeNull();
    const jwk = generateSigningJwk();
    write(jwk);
    expect(openKeys(data, true).signingFile).toEqual(jwk);
    dropSigningFile(keys);
    expect(openKeys(data, true).signingFile).toBeNull();
  });

  test("is refused when its public half belongs to another, and when others can read it", () => {
    openKeys(data, false);
    const [mine, theirs] = [generateSigningJwk(), generateSigningJwk()];
    write({ ...mine, d: theirs["d"] ?? "" });
    expect(() => openKeys(data, true)).toThrow(fault("key_damaged"));
    write(mine);
    chmodSync(signing(), 0o644);
    expect(() => openKeys(data, true)).toThrow(fault("key_permissions"));
  });
});

test("a start that died half way is finished by the next one", () => {
  const first = openKeys(data, false);
  rmSync(file("digest"));
  rmSync(file("admin"));
  writeFileSync(join(data, "keys", ".admin.key.0011223344556677"), "half");
  expect(openKeys(data, false).launcher).toBe(first.launcher);
});
