import { type ChildProcess, spawn } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { readKey } from "../../src/system/keys.ts";

const STARTER = fileURLToPath(new URL("start-gateway.ts", import.meta.url));

/** A Writ in a process of its own. */
export interface Gateway {
  readonly origin: string;
  readonly pid: number;
  /** What is alive in its heap, in MiB. */
  heapMiB(): Promise<number>;
  /** Opens a task for `agent`, as its launcher would. */
  task(agent: string): Promise<HeldTask>;
  /** SIGKILL; resolves once the process is gone. */
  kill(): Promise<void>;
  /** Asks it to end, and resolves once it has. */
  stop(): Promise<void>;
}

export interface HeldTask {
  readonly id: string;
  readonly token: string;
}

/** Starts one on `writ.yaml` of `folder`; resolves once it is up.
 *  @throws when it ends before. */
export async function startGateway(folder: string): Promise<Gateway> {
  const child = spawnGateway(folder);
  const lines = createInterface({ input: child.stdout ?? process.stdin });
  const origin = await Promise.race([
    once(lines, "line").then(([line]) => String(line)),
    once(child, "exit").then(() => null),
  ]);
  if (origin === null) throw new Error(`the gateway did not start (exit ${child.exitCode})`);
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, "exit");
    child.kill(signal);
    await gone;
  };
  async function post<T>(path: string, bearer: string, body: object, more: Record<string, string> = {}): Promise<T> {
    const response = await fetch(`${origin}${path}`, {
      method: "POST",
      headers: { authorization: `Bearer ${bearer}`, "content-type": "application/json", ...more },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(await response.text());
    return (await response.json()) as T;
  }
  return {
    origin,
    pid: child.pid ?? 0,
    async heapMiB() {
      const said = once(lines, "line");
      child.kill("SIGUSR2");
      return Number((await said)[0]) / 2 ** 20;
    },
    async task(agent) {
      // Without a proof of its key, as a client that can only send a header has it.
      const launcher = readKey(join(folder, ".writ"), "launcher");
      const { publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
      const key = publicKey.export({ format: "jwk" });
      const { credential } = await post<{ credential: string }>("/v1/instances", launcher, { agent, key });
      const vouched = { "writ-launcher-key": launcher };
      const opened = await post<{ task: { id: string }; token: string }>("/v1/tasks", credential, {}, vouched);
      return { id: opened.task.id, token: opened.token };
    },
    kill: () => end("SIGKILL"),
    stop: () => end("SIGTERM"),
  };
}

/** The process alone, which may yet be anywhere on its way up. */
export function spawnGateway(folder: string): ChildProcess {
  return spawn(process.execPath, ["--expose-gc", STARTER, join(folder, "writ.yaml")], {
    stdio: ["ignore", "pipe", "inherit"],
    // It starts again and again: what was compiled once is not compiled anew.
    env: { ...process.env, NODE_COMPILE_CACHE: join(folder, "compiled") },
  });
}

/** A port that nobody listens on now: a gateway that comes back has to come back to the same. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
