/** How long a task's calls still get through once somebody ends it, while other agents keep the gateway busy.
 *  A trial: a task's calls run in several lanes; `POST /v1/tasks/{id}/end` is issued, which is what `writ task end` sends;
 *  time to dead is from the moment of issuing to the last call of the task that reached its server after it, 0 if none
 *  did. The server and the clock are in this process, the gateway in one of its own. */
import { spawn } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { readKey } from "../../src/system/keys.ts";

export interface TimeToDead {
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly trials: number;
  /** From issuing to the answer, at the median: when the command says that it has ended. */
  readonly answered: number;
  /** Calls of other agents per second while it was measured. */
  readonly load: number;
}

const GATEWAY = fileURLToPath(new URL("../gateway-process.ts", import.meta.url));
const LANES = 4;
const OTHERS = 4;
const PROTOCOL = "2026-07-28";

export async function measureTimeToDead(trials: number): Promise<TimeToDead> {
  const server = await startServer();
  const gateway = await startWrit(server.url);
  try {
    const stop = new AbortController();
    const others = await Promise.all(Array.from({ length: OTHERS }, () => gateway.task()));
    const began = performance.now();
    const busy = others.map((task) => lane(gateway.origin, task, stop.signal));
    const times: number[] = [];
    const answers: number[] = [];
    for (let n = 0; n < trials; n++) {
      const { dead, answered } = await trial(gateway, server.reached);
      times.push(dead);
      answers.push(answered);
    }
    stop.abort();
    const calls = (await Promise.all(busy)).reduce((sum, made) => sum + made, 0);
    const load = Math.round(calls / ((performance.now() - began) / 1000));
    return { p50: quantile(times, 0.5), p99: quantile(times, 0.99), trials, answered: quantile(answers, 0.5), load };
  } finally {
    await gateway.stop();
    server.stop();
  }
}

interface Task {
  readonly id: string;
  readonly token: string;
}

async function trial(
  gateway: Awaited<ReturnType<typeof startWrit>>,
  reached: Map<string, number>,
): Promise<{ readonly dead: number; readonly answered: number }> {
  const task = await gateway.task();
  const stop = new AbortController();
  const lanes = Array.from({ length: LANES }, () => lane(gateway.origin, task, stop.signal));
  const refused = Promise.all(lanes).then(() => true);
  while (!reached.has(task.id))
    if (await Promise.race([refused, sleep(1, false)])) throw new Error("no call of the task got through");
  await sleep(20 + Math.random() * 20);
  const issued = performance.now();
  await gateway.end(task);
  const answered = performance.now() - issued;
  // Each lane ends with its first refusal.
  await Promise.all(lanes);
  return { dead: Math.max(0, (reached.get(task.id) ?? 0) - issued), answered };
}

/** Calls one after the other until one is refused or `signal` aborts; how many were answered. */
async function lane(origin: string, task: Task, signal: AbortSignal): Promise<number> {
  for (let made = 0; ; made++) {
    if (signal.aborted) return made;
    const response = await fetch(`${origin}/mcp/echo`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${task.token}`,
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
        "mcp-protocol-version": PROTOCOL,
        "mcp-method": "tools/call",
        "mcp-name": "echo",
      },
      body: JSON.stringify({
        jsonrpc: "2.0",
        id: made,
        method: "tools/call",
        params: {
          name: "echo",
          arguments: { task: task.id },
          _meta: {
            "io.modelcontextprotocol/protocolVersion": PROTOCOL,
            "io.modelcontextprotocol/clientCapabilities": {},
            "io.modelcontextprotocol/clientInfo": { name: "bench", version: "1" },
          },
        },
      }),
    });
    const text = await response.text();
    if (!response.ok || !text.includes("echoed")) return made;
  }
}

/** A server of one tool that notes when each task last reached it. */
export async function startServer(): Promise<{
  readonly url: string;
  readonly reached: Map<string, number>;
  stop(): void;
}> {
  const reached = new Map<string, number>();
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (chunk: string) => (body += chunk));
    request.on("end", () => {
      const asked = JSON.parse(body === "" ? "{}" : body) as {
        id?: unknown;
        method?: string;
        params?: { arguments?: { task?: string } };
      };
      if (asked.method === "tools/call") reached.set(asked.params?.arguments?.task ?? "", performance.now());
      if (asked.id === undefined) return void response.writeHead(202).end();
      response.writeHead(200, { "content-type": "application/json" });
      response.end(JSON.stringify({ jsonrpc: "2.0", id: asked.id, result: resultOf(asked.method ?? "") }));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`;
  return {
    url,
    reached,
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
}

function resultOf(method: string): object {
  const task = { type: "string" };
  const tool = { name: "echo", inputSchema: { type: "object", properties: { task }, required: ["task"] } };
  const about = { capabilities: { tools: {} }, serverInfo: { name: "echo", version: "1" } };
  switch (method) {
    case "initialize":
      return { protocolVersion: "2025-11-25", ...about };
    case "server/discover":
      return { resultType: "complete", supportedVersions: [PROTOCOL], ...about };
    case "tools/list":
      return { resultType: "complete", ttlMs: 0, cacheScope: "private", tools: [tool] };
    default:
      return { resultType: "complete", content: [{ type: "text", text: "echoed" }] };
  }
}

async function startWrit(server: string) {
  const folder = mkdtempSync(join(tmpdir(), "writ-bench-"));
  const file = join(folder, "writ.yaml");
  writeFileSync(
    file,
    `owner: bench
servers: { echo: { url: "${server}", tools: { "*": { effects: [read] } } } }
agents: { bench: { scope: [{ tools: [echo__echo] }], budget: { calls: 100000000, writes: 1 }, lifetime: 6h } }
`,
  );
  const child = spawn(process.execPath, [GATEWAY, file], { stdio: ["ignore", "pipe", "inherit"] });
  const [origin] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
  const [launcher, admin] = [readKey(join(folder, ".writ"), "launcher"), readKey(join(folder, ".writ"), "admin")];

  async function ask<T>(path: string, bearer: string, body: object): Promise<T> {
    const response = await fetch(`${origin}${path}`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${bearer}`,
        "content-type": "application/json",
        "writ-launcher-key": launcher,
      },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  }

  return {
    origin,
    async task(): Promise<Task> {
      const { publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
      const key = publicKey.export({ format: "jwk" });
      const { credential } = await ask<{ credential: string }>("/v1/instances", launcher, { agent: "bench", key });
      const opened = await ask<{ task: { id: string }; token: string }>("/v1/tasks", credential, { objective: "" });
      return { id: opened.task.id, token: opened.token };
    },
    end: (task: Task) => ask(`/v1/tasks/${task.id}/end`, admin, { why: "measured" }),
    async stop() {
      child.kill();
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function quantile(times: readonly number[], q: number): number {
  const sorted = times.toSorted((a, b) => a - b);
  return Math.round((sorted[Math.min(sorted.length - 1, Math.ceil(q * sorted.length) - 1)] ?? 0) * 100) / 100;
}
