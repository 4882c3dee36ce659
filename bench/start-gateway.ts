import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { stringify } from "yaml";
import { launch } from "../src/doors/launcher/launch.ts";
import { readKey } from "../src/system/keys.ts";
import type { Behind, StartGateway } from "./gateway.ts";

const MAIN = fileURLToPath(new URL("./gateway-process.ts", import.meta.url));
/** More than any run makes. */
const CALLS = 100_000_000;

/** Starts Writ in a process of its own with these servers behind it, and an agent `bench` that may use all of them.
 *  The address is that of a launched agent: its loopback proxy runs in this process, as it would run in the launcher's. */
export const startGateway: StartGateway = async (servers) => {
  const folder = mkdtempSync(join(tmpdir(), "writ-bench-"));
  writeFileSync(join(folder, "writ.yaml"), stringify(configurationFor(servers)));
  const child = spawn(process.execPath, [MAIN, join(folder, "writ.yaml")], { stdio: ["ignore", "pipe", "inherit"] });
  try {
    const origin = await firstLine(child);
    const launched = await launch({
      origin,
      launcherKey: readKey(join(folder, ".writ"), "launcher"),
      agent: "bench",
      objective: "measure",
      checkTree: false,
    });
    return {
      url: (server) => `${launched.url}/${server}`,
      pid: child.pid ?? 0,
      async stop() {
        await launched.close("measured");
        await ended(child);
        rmSync(folder, { recursive: true, force: true });
      },
    };
  } catch (cause) {
    await ended(child);
    rmSync(folder, { recursive: true, force: true });
    throw cause;
  }
};

function configurationFor(servers: readonly Behind[]): object {
  return {
    owner: "bench",
    servers: Object.fromEntries(
      servers.map((server) => [
        server.name,
        {
          ...("url" in server
            ? { url: server.url, credential: "operation" }
            : { command: server.command, args: server.args }),
          tools: { "*": { effects: ["read"] } },
          // They are the same server over several wires.
          same_names: ["*"],
          allow: ["sampling", "elicitation", "roots"],
        },
      ]),
    ),
    agents: {
      bench: {
        scope: servers.map((server) => ({ tools: [`${server.name}__*`] })),
        budget: { calls: CALLS, writes: CALLS },
        lifetime: "6h",
      },
    },
  };
}

function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`the gateway stopped with ${code}`)));
    if (child.stdout !== null) createInterface({ input: child.stdout }).once("line", resolve);
  });
}

function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once("exit", () => resolve());
    child.kill();
  });
}
