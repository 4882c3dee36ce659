#!/usr/bin/env node
// Plain enough for any Node to read: an old one is told what to do instead of failing on the first modern import.
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  process.stderr.write(
    `writ: Node ${process.versions.node} is too old; Writ needs 22.18 or newer\n` +
      "next: in a clone, run it through npm, which brings its own Node (`npx writ …`); elsewhere, install a newer Node\n",
  );
  process.exit(1);
}
const { run } = await import("./command-line.ts");
export const exitCode = await run(process.argv.slice(2));
process.exitCode = exitCode;
