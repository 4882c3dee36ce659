// npm run demo [-- --json]: the demo alone, in a throw-away folder. Ends by itself; fails when anything is not as expected.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePorts, type Line, play, setUp } from "./demo.ts";
import { EXPECTED } from "./plan.ts";
import { printLine, unexpected } from "./print.ts";

const json = process.argv.includes("--json");
const folder = mkdtempSync(join(tmpdir(), "writ-demo-data-"));
const lines: Line[] = [];
try {
  const stage = await setUp({ dataFolder: folder, ports: await freePorts() });
  try {
    await play(stage, (line) => {
      lines.push(line);
      const { name, tool, decision, reason, code } = line;
      if (json) process.stdout.write(`${JSON.stringify({ name, tool, decision, reason, code })}\n`);
      else printLine(line);
    });
  } finally {
    await stage.close();
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
for (const problem of unexpected(lines, EXPECTED)) {
  process.exitCode = 1;
  process.stderr.write(`${problem}\n`);
}
