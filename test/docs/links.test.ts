import { existsSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { expect, test } from "vitest";
import { FILES, PAGES, read, ROOT } from "./pages.ts";

test("every link of the documents leads somewhere", () => {
  const broken = PAGES.flatMap((page) =>
    linksOf(read(page)).flatMap((link) => {
      const [path = "", anchor] = link.split("#");
      const target = path === "" ? page : normalize(join(dirname(page), path));
      if (!existsSync(join(ROOT, target))) return [`${page}: ${link}`];
      return anchor === undefined || anchors(read(target)).includes(anchor) ? [] : [`${page}: ${link}`];
    }),
  );
  expect(broken).toEqual([]);
});

test("every file that the documents name is there", () => {
  const named = /`((?:src|test|docs|examples|policies|bench)\/[\w./-]+\.\w+)`/g;
  const missing = PAGES.flatMap((page) =>
    [...read(page).matchAll(named)].flatMap(([, file]) =>
      existsSync(join(ROOT, file ?? "")) ? [] : [`${page}: ${file}`],
    ),
  );
  expect(missing).toEqual([]);
});

test("every decision is listed, and every page has its one heading", () => {
  const listed = read("docs/decisions/README.md");
  const decisions = PAGES.filter((page) => /^docs\/decisions\/\d/.test(page));
  expect(decisions.filter((page) => !listed.includes(`(${page.split("/").at(-1)})`))).toEqual([]);
  const headings = PAGES.map((page) => [page, (withoutCode(read(page)).match(/^# /gm) ?? []).length] as const);
  expect(headings.filter(([, count]) => count !== 1)).toEqual([]);
});

test("no file names a folder of the machine it was written on, nor the host of a registry", () => {
  const foreign = /\/(?:work|tmp|root|home)\/\w|\bregistry\.|npmjs\./;
  const texts = FILES.filter((file) => /\.(?:ts|mjs|md|json|ya?ml|cedar)$|^\.|^LICENSE$/.test(file));
  expect(texts.length).toBeGreaterThan(100);
  expect(texts.filter((file) => foreign.test(read(file)))).toEqual([]);
});

function linksOf(text: string): readonly string[] {
  return [...withoutCode(text).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, link]) => link ?? "")
    .filter((link) => !/^[a-z]+:/.test(link));
}

function anchors(text: string): readonly string[] {
  return [...withoutCode(text).matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
    (heading ?? "")
      .toLowerCase()
      .replaceAll(/[^\w\s-]/g, "")
      .trim()
      .replaceAll(/\s/g, "-"),
  );
}

function withoutCode(text: string): string {
  return text.replaceAll(/^```[\s\S]*?^```$/gm, "");
}
