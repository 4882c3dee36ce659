import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openDataFolder } from "../../src/system/data-folder.ts";

test.each([
  ["is made for its owner alone", null],
  ["that others could enter is closed to them", 0o755],
  ["that a group could enter is closed to it", 0o770],
])("a data folder %s", (_, before) => {
  const place = mkdtempSync(join(tmpdir(), "writ-data-"));
  const folder = join(place, "data");
  if (before !== null) {
    mkdirSync(folder);
    chmodSync(folder, before);
  }
  openDataFolder(folder);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  rmSync(place, { recursive: true });
});
