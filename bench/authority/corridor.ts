import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { enrol } from "../../src/authority/enrolment/enrol.ts";
import { openTask } from "../../src/authority/tasks/open-task.ts";
import { compose } from "../../src/compose/compose.ts";
import type { CallDraft } from "../../src/domain/call.ts";
import type { ServerName, ToolName } from "../../src/domain/ids.ts";
import type { JsonObject } from "../../src/domain/json.ts";
import type { Channel, Message } from "../../src/ports/upstream.ts";
import { readConfiguration } from "../../src/system/config.ts";
import { createLog } from "../../src/system/log.ts";
import { thumbprint } from "../../src/wire/jose/jwk.ts";
import { startServer } from "./time-to-dead.ts";

/** Microseconds at the median. */
export interface CorridorCost {
  /** One call of a read, from `authenticate` to `settle`, one after the other: with the durable write of its admission,
   *  which waits for the disk, and an operation credential made for it. */
  readonly p50: number;
  /** Of these, context and policy alone, without admission. */
  readonly judge_p50: number;
  /** Of these, a durable write of nothing else to the same store. */
  readonly store_write_p50: number;
}

const SERVER = "echo" as ServerName;

/** A whole Writ in this process, and an upstream in memory: no socket and no other process is on the way. */
export async function measureCorridor(calls: number): Promise<CorridorCost> {
  const folder = mkdtempSync(join(tmpdir(), "writ-bench-"));
  const file = join(folder, "writ.yaml");
  // Only asked for its tools, at the start.
  const server = await startServer();
  writeFileSync(
    file,
    `listen: { port: 0 }
owner: bench
servers: { ${SERVER}: { url: "${server.url}", tools: { "*": { effects: [read] } } } }
agents: { bench: { scope: [{ tools: [echo__echo] }], budget: { calls: 100000000, writes: 1 }, lifetime: 6h } }
`,
  );
  const configuration = await readConfiguration(file);
  const writ = await compose(
    { ...configuration, listen: { ...configuration.listen, port: 0 } },
    createLog({ level: "silent", file: null }),
  );
  try {
    const { publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const key = thumbprint(publicKey.export({ format: "jwk" }) as JsonObject) ?? "";
    const { instance } = await enrol(writ.authority, { agent: "bench", thumbprint: key, selectors: {} });
    const { token } = await openTask(writ.authority, { instance, objective: "", declaredBy: "owner", parent: null });
    const credential = { token: token.token, proven: null };
    const caller = await writ.gate.authenticate(credential);
    if (caller.kind === "stranger") throw new Error(caller.reason.code);
    const { signal } = new AbortController();
    const exchange = { channel: inMemory(), meta: null, headers: {}, sink: SINK, signal, present: signal };
    const call = async (n: number): Promise<void> => {
      const response = await writ.gate.call({ credential, call: draft(n) }, exchange);
      if (response.kind !== "answered") throw new Error(JSON.stringify(response));
    };
    const judge = (n: number): Promise<unknown> => writ.gate.advise(caller.principal, draft(n), false);
    const write = (n: number): Promise<unknown> => writ.store.write((tx) => tx.spend("bench", String(n), 1));
    await p50(calls / 4, (n) => call(-1 - n));
    return {
      p50: await p50(calls, call),
      judge_p50: await p50(calls, judge),
      store_write_p50: await p50(calls, write),
    };
  } finally {
    await writ.close();
    server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function draft(n: number): CallDraft {
  return {
    server: SERVER,
    method: "tools/call",
    tool: "echo" as ToolName,
    params: { name: "echo", arguments: { task: `t_${n}` } },
    clientKey: null,
    door: "mcp",
    protocol: "2026-07-28",
  };
}

const SINK = { notification() {}, request: () => Promise.resolve({ error: { code: -32601, message: "not here" } }) };

function inMemory(): Channel {
  const value = { jsonrpc: "2.0", id: 1, result: { content: [{ type: "text", text: "echoed" }] } };
  const message: Message = { value, text: JSON.stringify(value) };
  return {
    server: SERVER,
    request: () => Promise.resolve({ kind: "answered", message, mark: {} }),
    notify: () => Promise.resolve(),
    listen: () => Promise.resolve("unsupported"),
    close: () => Promise.resolve(),
  };
}

async function p50(times: number, body: (n: number) => Promise<unknown>): Promise<number> {
  const took: number[] = [];
  for (let n = 0; n < times; n++) {
    const began = performance.now();
    await body(n);
    took.push((performance.now() - began) * 1_000);
  }
  return Math.round(took.toSorted((a, b) => a - b)[Math.floor(took.length / 2)] ?? 0);
}
