import { join } from "node:path";
import { expect, test } from "vitest";
import { hint, REASON_CODES, type ReasonCode, reason, sentence } from "../../src/domain/reason.ts";
import { read, ROOT } from "./pages.ts";

/** The first reason of each part of the walk. */
const PARTS: readonly (readonly [title: string, first: ReasonCode])[] = [
  ["Who is calling", "credential_missing"],
  ["What is called", "call_unparsed"],
  ["What is decided", "self_target"],
  ["Admitting", "approval_pending"],
  ["Carrying, and how it ended", "upstream_failed"],
];
const FACTS = [
  "tool",
  "server",
  "client",
  "diff",
  "argument",
  "target",
  "limit",
  "method",
  "why",
  "state",
  "approval",
  "obligation",
  "what",
  "place",
  "elements",
];

test("the page of reasons has every reason, in the order of the walk, as it is said", async () => {
  const prose = read("docs/reasons.md").split("\n## ")[0]?.trimEnd() ?? "";
  const parts = PARTS.map(([title, first], i) => {
    const from = REASON_CODES.indexOf(first);
    const next = PARTS[i + 1];
    const to = next === undefined ? REASON_CODES.length : REASON_CODES.indexOf(next[1]);
    return `## ${title}\n\n${REASON_CODES.slice(from, to).map(entry).join("\n\n")}`;
  });
  expect(REASON_CODES.indexOf("credential_missing")).toBe(0);
  await expect(`${[prose, ...parts].join("\n\n")}\n`).toMatchFileSnapshot(join(ROOT, "docs", "reasons.md"));
});

test("every placeholder of a reason is a fact that the page knows", () => {
  expect(REASON_CODES.filter((code) => sentence(filled(code)).includes("undefined"))).toEqual([]);
});

function entry(code: ReasonCode): string {
  return `- **\`${code}\`**: ${sentence(filled(code))}.\n  Next: ${hint(code)}.`;
}

function filled(code: ReasonCode): ReturnType<typeof reason> {
  return reason(code, Object.fromEntries(FACTS.map((name) => [name, `{${name}}`])));
}
