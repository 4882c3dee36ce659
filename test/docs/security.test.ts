import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { read, ROOT, rows } from "./pages.ts";

test.each([
  ["SECURITY.md", 30],
  ["docs/threat-model.md", 40],
])("every test that %s names exists, and every claim of its tables names one", (page, least) => {
  const claims = rows(read(page)).filter(([first = ""]) => !first.startsWith("`"));
  expect(claims.length).toBeGreaterThan(least);
  const wrong = claims.flatMap((cells) => {
    const claim = cells.slice(0, -1).join(", ");
    const named = [...(cells.at(-1) ?? "").matchAll(/`(test\/[^`]+\.test\.ts)`: ("[^"]+"(?:, "[^"]+")*)/g)];
    if (named.length === 0) return [`${claim}: names no test`];
    return named.flatMap(([, file = "", names = ""]) => {
      if (!existsSync(join(ROOT, file))) return [`${claim}: there is no ${file}`];
      const text = read(file);
      return [...names.matchAll(/"([^"]+)"/g)].flatMap(([quoted]) =>
        text.includes(quoted) ? [] : [`${claim}: ${file} has no ${quoted}`],
      );
    });
  });
  expect(wrong).toEqual([]);
});

test("the threat model has each of the thirteen kinds of bad input", () => {
  const numbers = rows(read("docs/threat-model.md")).flatMap(([first = ""]) =>
    /^\d+$/.test(first) ? [Number(first)] : [],
  );
  expect(numbers).toEqual(Array.from({ length: 13 }, (_, i) => i + 1));
});
