import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { classifyPath } from "../../src/analysis/files/path.ts";
import { realPath } from "../../src/system/real-path.ts";

let root: string;
let work: string;
let home: string;
const seen = (text: string, workspace = work) => classifyPath(text, { workspace, home, real: realPath });

beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), "writ-links-")));
  [work, home] = [join(root, "work"), join(root, "home")];
  mkdirSync(join(work, "docs"), { recursive: true });
  mkdirSync(join(home, ".ssh"), { recursive: true });
  writeFileSync(join(home, ".ssh/id_rsa"), "x");
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

test("a link in the workspace to where keys are kept is outside it, and a place of secrets", () => {
  symlinkSync(join(home, ".ssh"), join(work, "notes"));
  const { paths, traits } = seen("notes/id_rsa");
  expect(paths).toEqual([join(work, "notes/id_rsa"), join(home, ".ssh/id_rsa")]);
  expect(traits).toEqual(expect.arrayContaining(["outside", "secret-place"]));
});

test("what does not exist yet is judged by the folder it would be made in", () => {
  symlinkSync(home, join(work, "out"));
  expect(seen("out/new/deep.txt").paths).toContain(join(home, "new/deep.txt"));
});

test("a link that leads to nothing is judged by where a write through it would go", () => {
  symlinkSync("../home/.bashrc", join(work, "notes.txt"));
  const { paths, traits } = seen("notes.txt");
  expect(paths).toContain(join(home, ".bashrc"));
  expect(traits).toEqual(expect.arrayContaining(["outside", "runs-later"]));
});

test("`..` behind a link is followed as the kernel follows it, and as readers of text do", () => {
  symlinkSync(join(home, ".ssh"), join(work, "docs/keys"));
  const { paths } = seen("docs/keys/../.netrc");
  expect(paths).toEqual([join(work, "docs/.netrc"), join(home, ".netrc")]);
});

test("a link that stays in the workspace leaves it nowhere", () => {
  symlinkSync("docs", join(work, "manual"));
  expect(seen("manual/a.md").paths).toEqual([join(work, "manual/a.md"), join(work, "docs/a.md")]);
  expect(seen("manual/a.md").traits).toEqual([]);
});

test("a workspace that is itself behind a link is the workspace under both names", () => {
  symlinkSync(work, join(root, "link"));
  const { paths, traits } = seen("docs/a.md", join(root, "link"));
  expect(paths).toEqual([join(root, "link/docs/a.md")]);
  expect(traits).toEqual([]);
});

test.each(["loop", "x".repeat(5_000), "a/".repeat(1_000)])(
  "what cannot be followed is judged by its text: %#",
  (text) => {
    symlinkSync("loop", join(work, "loop"));
    expect(seen(text).paths[0]).toMatch(/^\//);
    expect(realPath(join(work, "loop"))).toBeNull();
  },
);

test("an ordinary path has one name", () => {
  expect(seen("docs/a.md").paths).toEqual([join(work, "docs/a.md")]);
});
