import { type ChildProcess, spawn } from "node:child_process";
import { Agent, type IncomingMessage, request } from "node:http";
import { createInterface } from "node:readline";

/** One conversation with a server, down to the bytes, with as little of a client as there can be. */
export interface Line {
  /** Calls `echo` once; true when the answer is the right one. */
  call(): Promise<boolean>;
  close(): Promise<void>;
}

export interface Sample {
  readonly p50Ms: number;
  readonly rps: number;
  readonly calls: number;
  readonly failed: number;
}

const PAYLOAD = "x".repeat(200);
const ANSWERED = `"text":"${PAYLOAD}"`;
const INITIALIZE = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "load", version: "1.0.0" } };

const message = (id: number, method: string, params: object) => JSON.stringify({ jsonrpc: "2.0", id, method, params });
const callMessage = (id: number) => message(id, "tools/call", { name: "echo", arguments: { text: PAYLOAD } });
const INITIALIZED = JSON.stringify({ jsonrpc: "2.0", method: "notifications/initialized" });

/** Keeps `inFlight` calls in flight for `ms`, and says how they went. Latency is that of each call, answer read. */
export async function measure(line: Line, inFlight: number, ms: number): Promise<Sample> {
  const times: number[] = [];
  let failed = 0;
  const start = performance.now();
  const one = async () => {
    for (let begun = performance.now(); begun - start < ms;) {
      if (!(await line.call())) failed++;
      const done = performance.now();
      times.push(done - begun);
      begun = done;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, one));
  const seconds = (performance.now() - start) / 1000;
  return { p50Ms: median(times), rps: times.length / seconds, calls: times.length, failed };
}

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** Over Streamable HTTP, kept alive; goes on with the session that the server opens, if it opens one. */
export async function httpLine(url: string): Promise<Line> {
  const { hostname, port, pathname } = new URL(url);
  const agent = new Agent({ keepAlive: true });
  const headers: Record<string, string> = {
    "content-type": "application/json",
    accept: "application/json, text/event-stream",
  };
  let id = 0;

  const post = (body: string) =>
    new Promise<{ response: IncomingMessage; text: string }>((resolve, reject) => {
      const sent = request({
        hostname,
        port,
        path: pathname,
        method: "POST",
        agent,
        headers: { ...headers, "content-length": Buffer.byteLength(body) },
      });
      sent.on("error", reject).on("response", (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (chunk: string) => void (text += chunk));
        response.on("end", () => resolve({ response, text })).on("error", reject);
      });
      sent.end(body);
    });

  const { response, text } = await post(message(++id, "initialize", INITIALIZE));
  if (response.statusCode !== 200)
    throw new Error(`${url} answered initialize with ${response.statusCode}: ${text.slice(0, 300)}`);
  const session = response.headers["mcp-session-id"];
  if (typeof session === "string") headers["mcp-session-id"] = session;
  headers["mcp-protocol-version"] = "2025-11-25";
  await post(INITIALIZED);

  return {
    async call() {
      const answer = await post(callMessage(++id)).catch(() => null);
      return answer !== null && answer.response.statusCode === 200 && answer.text.includes(ANSWERED);
    },
    async close() {
      agent.destroy();
    },
  };
}

/** Over the pipes of a child of our own. */
export async function stdioLine(
  command: string,
  args: readonly string[],
): Promise<Line & { readonly child: ChildProcess }> {
  const child = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] });
  const waiting = new Map<number, (line: string) => void>();
  let id = 0;
  createInterface({ input: child.stdout }).on("line", (line) => {
    const answered = (JSON.parse(line) as { id?: number }).id;
    if (answered === undefined) return;
    waiting.get(answered)?.(line);
    waiting.delete(answered);
  });
  const send = (text: string) => void child.stdin.write(`${text}\n`);
  const ask = (own: number, text: string) =>
    new Promise<string>((resolve) => {
      waiting.set(own, resolve);
      send(text);
    });

  await ask(++id, message(id, "initialize", INITIALIZE));
  send(INITIALIZED);
  return {
    child,
    async call() {
      const own = ++id;
      return (await ask(own, callMessage(own))).includes(ANSWERED);
    },
    async close() {
      const gone = new Promise((resolve) => child.once("close", resolve));
      child.stdin.end();
      child.kill();
      await gone;
    },
  };
}
