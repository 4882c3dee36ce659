import { basename } from "node:path";
import { FILES, read } from "../pages.ts";

/** One step of a transcript, in the order of the page. */
export type Step =
  | { readonly kind: "http"; readonly line: number; readonly request: string; readonly response: string }
  | { readonly kind: "console"; readonly line: number; readonly command: string; readonly shown: readonly string[] };

/** A page of `docs/flows` as `docs/flows/README.md` says it is written. */
export interface FlowPage {
  readonly file: string;
  readonly diagrams: number;
  /** The `writ.yaml` that the transcript runs against; null when the page shows none. */
  readonly yaml: string | null;
  /** Files beside it, by name. */
  readonly files: Readonly<Record<string, string>>;
  readonly steps: readonly Step[];
  /** Tests that show the page in place of a transcript, or beside it. */
  readonly shownBy: readonly { readonly file: string; readonly names: readonly string[] }[];
  /** What is not written as it should be. */
  readonly problems: readonly string[];
}

export const FLOW_PAGES: readonly string[] = FILES.filter(
  (file) =>
    (file.startsWith("docs/flows/") && file.endsWith(".md") && basename(file) !== "README.md") ||
    file === "docs/operations.md" ||
    file === "docs/memory.md",
);

export function readFlow(file: string, text: string = read(file)): FlowPage {
  const files: Record<string, string> = {};
  const steps: Step[] = [];
  const problems: string[] = [];
  let yaml: string | null = null;
  let diagrams = 0;
  let asked: { line: number; text: string } | null = null;
  for (const { line, language, name, body } of fences(text)) {
    if (language === "mermaid") diagrams++;
    else if (language === "http") {
      const answer = body.startsWith("HTTP/");
      if (answer === (asked === null)) problems.push(`${file}:${line}: a request is followed by its response`);
      if (answer && asked !== null)
        steps.push({ kind: "http", line: asked.line, request: asked.text, response: body.trimEnd() });
      asked = answer ? null : { line, text: body.trimEnd() };
    } else if (language === "console") steps.push(...commands(line, body));
    else if (name !== "") files[name] = body;
    else if (language === "yaml") yaml ??= body;
  }
  if (asked !== null) problems.push(`${file}:${asked.line}: this request has no response`);
  const shownBy = [...text.matchAll(/<!-- shown by: (\S+)((?:\s+"[^"]+")*)\s*-->/g)].map(
    ([, test = "", names = ""]) => ({
      file: test,
      names: [...names.matchAll(/"([^"]+)"/g)].map(([, name]) => name ?? ""),
    }),
  );
  if (diagrams === 0) problems.push(`${file}: has no diagram`);
  if (steps.length === 0 && shownBy.length === 0) problems.push(`${file}: has neither a transcript nor a test`);
  for (const { file: test, names } of shownBy)
    if (names.length === 0) problems.push(`${file}: names no test of ${test}`);
  return { file, diagrams, yaml, files, steps, shownBy, problems };
}

interface Fence {
  readonly line: number;
  readonly language: string;
  readonly name: string;
  readonly body: string;
}

function fences(text: string): readonly Fence[] {
  return [...text.matchAll(/^```(\w*)[ \t]*(\S*)[^\n]*\n([\s\S]*?)^```$/gm)].map((found) => ({
    line: text.slice(0, found.index).split("\n").length,
    language: found[1] ?? "",
    name: found[2] ?? "",
    body: found[3] ?? "",
  }));
}

/** `$ command`, and below it what it prints. */
function commands(line: number, body: string): readonly Step[] {
  const lines = body.trimEnd().split("\n");
  const starts = lines.flatMap((text, i) => (text.startsWith("$ ") ? [i] : []));
  return starts.map((start, i) => ({
    kind: "console",
    line: line + 1 + start,
    command: (lines[start] ?? "").slice(2),
    shown: lines.slice(start + 1, starts[i + 1]),
  }));
}
