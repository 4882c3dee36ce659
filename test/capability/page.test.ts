import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readFlow } from "../docs/flows/page.ts";
import { runFlow } from "../docs/flows/run.ts";
import { read, ROOT } from "../docs/pages.ts";

const page = readFlow("docs/capability.md");

test("the page on capabilities has a diagram, a transcript, and tests that exist", () => {
  expect(page.problems).toEqual([]);
  expect(page.steps.length).toBeGreaterThan(0);
  for (const { file, names } of page.shownBy) {
    expect(existsSync(join(ROOT, file))).toBe(true);
    expect(names.filter((name) => !read(file).includes(name))).toEqual([]);
  }
});

test("what the page shows is what Writ does, step by step", async () => {
  expect(await runFlow(page)).toEqual([]);
}, 60_000);
