import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export const ROOT = join(import.meta.dirname, "..", "..");
const NOT_OURS = new Set(["node_modules", "dist", "coverage", ".git", ".writ"]);

/** Every file of the project, by its path from the root. */
export const FILES: readonly string[] = list("");
export const PAGES: readonly string[] = FILES.filter((file) => file.endsWith(".md") && !file.includes("/sample/"));

export function read(file: string): string {
  return readFileSync(join(ROOT, file), "utf8");
}

/** The cells of every table row of a page, heads and rules left out. */
export function rows(text: string): readonly (readonly string[])[] {
  const lines = text.split("\n").map((line) => line.trim());
  return lines.flatMap((line, i) => {
    const head = /^\|[\s|:-]+$/.test(lines[i + 1] ?? "");
    return line.startsWith("|") && !head && !/^\|[\s|:-]+$/.test(line) ? [cells(line)] : [];
  });
}

/** What stands in fenced blocks of one language. */
export function blocks(text: string, language: string): readonly string[] {
  return [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].flatMap(([, name, body]) =>
    name === language ? [body ?? ""] : [],
  );
}

function cells(line: string): readonly string[] {
  return line
    .slice(1, line.endsWith("|") ? -1 : undefined)
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim());
}

function list(folder: string): readonly string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (NOT_OURS.has(entry.name)) return [];
    return entry.isDirectory() ? list(path) : entry.isFile() ? [path] : [];
  });
}
