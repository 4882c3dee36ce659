// npm run demo [-- --json] [--store postgres]: the demo alone, in a throw-away folder. Ends by itself; fails when anything
// is not as expected. With `--store postgres` on a real PostgreSQL server, which it starts and ends.
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePorts, type Line, play, setUp } from "./demo.ts";
import { EXPECTED } from "./plan.ts";
import { startPostgres } from "./postgres.ts";
import { printLine, unexpected } from "./print.ts";

const json = process.argv.includes("--json");
const onPostgres = process.argv.join(" ").includes("--store postgres");
const folder = mkdtempSync(join(tmpdir(), "writ-demo-data-"));
const database = onPostgres ? mkdtempSync(join(tmpdir(), "writ-demo-postgres-")) : null;
const lines: Line[] = [];
let server: Awaited<ReturnType<typeof startPostgres>> | null = null;
try {
  if (database !== null) {
    // The server runs as another user than root, and has to get to its folder.
    chmodSync(database, 0o755);
    server = await startPostgres(join(database, "data"), true);
    process.env["DATABASE_URL"] = await server.database("writ");
  }
  const stage = await setUp({ dataFolder: join(folder, "data"), ports: await freePorts() });
  // What Writ has read is nobody else's to read: the agent gets the environment of this process.
  delete process.env["DATABASE_URL"];
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
  await server?.stop();
  for (const one of [folder, database]) if (one !== null) rmSync(one, { recursive: true, force: true });
}
for (const problem of unexpected(lines, EXPECTED)) {
  process.exitCode = 1;
  process.stderr.write(`${problem}\n`);
}
