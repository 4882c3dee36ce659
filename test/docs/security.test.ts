import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { read, ROOT, rows } from "./pages.ts";

test("every test that SECURITY.md names exists, and every claim of its tables names one", () => {
  const claims = rows(read("SECURITY.md")).filter(([first = ""]) => !first.startsWith("`"));
  expect(claims.length).toBeGreaterThan(30);
  const wrong = claims.flatMap(([claim = "", shown = ""]) => {
    const named = [...shown.matchAll(/`(test\/[^`]+\.test\.ts)`: "([^"]+)"/g)];
    if (named.length === 0) return [`${claim}: names no test`];
    return named.flatMap(([, file = "", name = ""]) =>
      existsSync(join(ROOT, file)) && read(file).includes(`"${name}"`) ? [] : [`${claim}: ${file} has no "${name}"`],
    );
  });
  expect(wrong).toEqual([]);
});
