import type { Line } from "./demo.ts";

const COLOUR = { permit: 32, ask: 33, deny: 31 } as const;

/** What a line must be; the rest of it is for reading. */
export type Expected = Pick<Line, "name" | "tool" | "decision" | "code">;

export function printLine({ name, tool, decision, reason, code }: Line): void {
  const plain = process.env["NO_COLOR"] !== undefined || !process.stdout.isTTY;
  const verdict = decision.padEnd(6);
  const shown = plain ? verdict : `\u001b[${COLOUR[decision]}m${verdict}\u001b[0m`;
  process.stdout.write(`${shown}  ${name.padEnd(34)} ${tool.padEnd(22)} ${code}: ${reason}\n`);
}

/** How `lines` differ from what was expected, one sentence each. */
export function unexpected(lines: readonly Line[], expected: readonly Expected[]): readonly string[] {
  const problems = expected.flatMap((want, i) => {
    const got = lines[i];
    if (got === undefined) return [`the demo ended before "${want.name}"`];
    const same =
      got.name === want.name && got.tool === want.tool && got.decision === want.decision && got.code === want.code;
    return same
      ? []
      : [
          `line ${i + 1}: expected "${want.name}" ${want.decision} ${want.code}, got "${got.name}" ${got.decision} ${got.code}`,
        ];
  });
  return lines.length > expected.length
    ? [...problems, `${lines.length - expected.length} lines more than expected`]
    : problems;
}
