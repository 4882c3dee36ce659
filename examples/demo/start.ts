// npm start: Writ with three real servers behind it, and a scripted agent that makes its calls. Stays up.
import { signInLink, untilStopped } from "../../src/command-line.ts";
import { WritError } from "../../src/domain/error.ts";
import { type Line, play, setUp } from "./demo.ts";
import { EXPECTED } from "./plan.ts";
import { printLine, unexpected } from "./print.ts";

const say = (text = ""): void => void process.stdout.write(`${text}\n`);

try {
  const stage = await setUp(null);
  const { writ } = stage;
  say(`Writ is up on ${writ.origin}, with servers ${writ.catalogue.servers().join(", ")}.`);
  say("An agent called clerk works for ada; dana answers questions, from another process.");
  say();
  const lines: Line[] = [];
  await play(stage, (line) => {
    lines.push(line);
    printLine(line);
  });
  const problems = unexpected(lines, EXPECTED);
  for (const problem of problems) process.stderr.write(`${problem}\n`);
  process.exitCode = problems.length === 0 ? 0 : 1;
  const shown = lines.find((line) => line.code === "outside_grant")?.call ?? lines.at(-1)?.call ?? "CALL";
  say();
  say("Writ stays up. Stop it with Ctrl-C.");
  say(`  status page     ${await signInLink(writ)}   (works once, for ten minutes)`);
  say(`  why a call      npx writ why ${shown}`);
  say("  the record      npx writ audit tail");
  say("  your own client npx writ run --agent clerk -- YOUR-CLIENT --mcp-config {mcp-config}");
  say("                  or with the address in $WRIT_MCP_URL");
  say("  your own server README.md: a folder of its own, and `npx writ init` there");
  await untilStopped();
  await stage.close();
} catch (cause) {
  if (!(cause instanceof WritError)) throw cause;
  process.stderr.write(`writ: ${cause.message} (${cause.code})\nnext: ${cause.hint}\n`);
  process.exitCode = 1;
}
