import { type ChildProcessByStdio, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Readable } from "node:stream";
import { compose } from "../../src/compose/compose.ts";
import { readConfiguration } from "../../src/system/config.ts";
import { createLog } from "../../src/system/log.ts";
import { Browser } from "../../test/authority/sign-in/browser.ts";

export interface AuthorizationLeg {
  /** By scenario and check: passed, or why not. */
  readonly checks: readonly { readonly name: string; readonly passed: boolean; readonly why: string }[];
}

const SUITE = dirname(createRequire(import.meta.url).resolve("@modelcontextprotocol/conformance/package.json"));

/** Runs the suite's scenarios for authorization servers against a Writ of its own, and plays the person at the browser. */
export async function runAuthorization(): Promise<AuthorizationLeg> {
  const folder = mkdtempSync(join(tmpdir(), "writ-conformance-"));
  const results = join(folder, "results");
  mkdirSync(results);
  writeFileSync(
    join(folder, "writ.yaml"),
    `listen: { port: 0 }
owner: ada
agents:
  stock: { clients: [{ id: suite, redirect_uris: ["http://127.0.0.1/callback"] }] }
`,
  );
  const configuration = await readConfiguration(join(folder, "writ.yaml"));
  const writ = await compose(configuration, createLog({ level: "silent", file: null }));
  try {
    const port = String(await freePort());
    const asked = ["authorization", "--url", writ.origin, "--client-id", "suite", "--resource", `${writ.origin}/mcp`];
    const child = spawn(process.execPath, [join(SUITE, "dist", "index.js"), ...asked, "-p", port, "-o", results], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await answering(child, async (url) => {
      const back = await new Browser(writ).allow(url);
      await fetch(back);
    });
    return { checks: readdirSync(results).flatMap((scenario) => checksOf(results, scenario)) };
  } finally {
    await writ.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Resolves when the suite is done; each address that it sends a person to is opened. */
function answering(
  child: ChildProcessByStdio<null, Readable, null>,
  open: (url: string) => Promise<void>,
): Promise<void> {
  let said = "";
  let opened = 0;
  return new Promise((resolve, reject) => {
    const stop = (cause: unknown): void => {
      child.kill();
      reject(cause instanceof Error ? cause : new Error(String(cause)));
    };
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      said += chunk;
      const urls = said.match(/^http:\/\/\S+\/oauth\/authorize\?\S+$/gm) ?? [];
      for (const url of urls.slice(opened)) open(url).catch(stop);
      opened = urls.length;
    });
    child.once("error", reject).once("close", () => resolve());
  });
}

function checksOf(results: string, scenario: string): AuthorizationLeg["checks"] {
  const checks = JSON.parse(readFileSync(join(results, scenario, "checks.json"), "utf8")) as {
    id: string;
    status: string;
    errorMessage?: string;
  }[];
  return checks.map(({ id, status, errorMessage }) => ({
    name: id,
    passed: status === "SUCCESS",
    why: errorMessage ?? status,
  }));
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address !== null ? address.port : 0;
}
