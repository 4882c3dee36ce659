import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { stringify } from "yaml";
import type { JsonObject } from "../../src/domain/json.ts";
import { verifyLedger } from "../../src/ledger/verify.ts";
import type { Store } from "../../src/ports/store.ts";
import { openSqliteStore } from "../../src/store/sql/sqlite.ts";
import { createDigests } from "../../src/system/digests.ts";
import { openKeys } from "../../src/system/keys.ts";
import { createLog } from "../../src/system/log.ts";
import { type Client, connect, hammer, type Told } from "./agent.ts";
import { type Audited, createAudit } from "./audit.ts";
import { freePort, type Gateway, startGateway } from "./gateway.ts";
import { startTally, type Tally } from "./tally.ts";

const COUNT = fileURLToPath(new URL("count-server.ts", import.meta.url));
const IN_FLIGHT = 16;
const TASKS = 2;
const RETRIED = 4;
const PATIENCE_MS = 30_000;
/** Answers after which it is killed, at most. */
const ANSWERS = 150;

/** A gateway in front of two servers, started again on the same folder as often as it is killed. */
export interface Rig {
  readonly gateway: () => Gateway;
  /** Agents call, 16 in flight, until the gateway is killed at some moment; it is started again on the same folder,
   *  and what happened is held against the record. */
  round(): Promise<Round>;
  /** Agents call for so long and nobody is killed; how many calls were answered. */
  calls(ms: number): Promise<number>;
  /** Walks the whole ledger; what is wrong with it, if anything. */
  verify(): Promise<readonly string[]>;
  /** Processes that servers of gateways now gone left behind. */
  orphans(): Promise<readonly number[]>;
  close(): Promise<void>;
}

export interface Round extends Audited {
  readonly answered: number;
  readonly lost: number;
  readonly restartMs: number;
}

export async function openRig(): Promise<Rig> {
  const folder = mkdtempSync(join(tmpdir(), "writ-crash-"));
  const tally = await startTally();
  writeFileSync(join(folder, "counted"), "");
  writeFileSync(join(folder, "pids"), "");
  writeFileSync(join(folder, "writ.yaml"), stringify(configurationFor(tally, await freePort())));
  const file = join(folder, ".writ", "writ.sqlite");
  const audit = createAudit();
  let gateway = await startGateway(folder);
  /** How far what the servers wrote has been looked at. */
  const at = { seen: 0, counted: 0, pids: 0 };
  let told: Told[] = [];

  async function round(): Promise<Round> {
    const clients = await begin();
    tally.watch(file);
    const killed = Promise.withResolvers<void>();
    let left = Math.ceil(Math.random() * ANSWERS);
    const calls = await hammer(clients, IN_FLIGHT, () => {
      if (--left === 0) void killSoon().then(killed.resolve, killed.reject);
    });
    await killed.promise;
    for (const client of clients) client.close();
    at.pids = lines("pids").length;
    told.push(...calls);

    const from = performance.now();
    const [next, early] = await Promise.all([startGateway(folder), knock(gateway.origin)]);
    gateway = next;
    const restartMs = performance.now() - from;
    const audited = await judge();
    const problems = [...audited.problems, ...early, ...(await worksAgain(clients, calls))];
    const answered = calls.filter((one) => one.how === "answered").length;
    return { ...audited, problems, restartMs, answered, lost: calls.filter((one) => one.how === "lost").length };
  }

  /** Whoever comes while it starts is told to come again, and does not wait for an answer that never comes. */
  async function knock(origin: string): Promise<string[]> {
    for (;;) {
      try {
        const { status } = await fetch(`${origin}/healthz`, { signal: AbortSignal.timeout(PATIENCE_MS) });
        if (status !== 503) return status === 200 ? [] : [`a starting gateway answers ${status}`];
      } catch (cause) {
        if (cause instanceof Error && cause.name === "TimeoutError") return ["a starting gateway does not answer"];
      }
      await sleep(20);
    }
  }

  /** The reader of the database lets go first: whoever keeps it open would spare the next start its recovery. */
  async function killSoon(): Promise<void> {
    await sleep(Math.random() * 10);
    tally.watch(null);
    await gateway.kill();
  }

  async function begin(): Promise<Client[]> {
    const clients: Client[] = [];
    for (let i = 0; i < TASKS; i++) clients.push(await connect(gateway.origin, await gateway.task("clerk")));
    return clients;
  }

  async function judge(): Promise<Audited> {
    const counted = lines("counted").map((line) => JSON.parse(line) as JsonObject);
    const life = { told, seen: tally.seen.slice(at.seen), counted: counted.slice(at.counted) };
    [at.seen, at.counted, told] = [tally.seen.length, counted.length, []];
    return withStore((store) => audit.life(store, life));
  }

  /** The old conversation is over, the old task goes on, what it had named is not done twice, and a new one runs. */
  async function worksAgain(before: readonly Client[], calls: readonly Told[]): Promise<string[]> {
    const problems: string[] = [];
    const [old] = before;
    if (old === undefined) return ["there was no task"];
    const response = await fetch(`${gateway.origin}/mcp`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${old.task.token}`,
        "content-type": "application/json",
        "mcp-session-id": old.session,
      },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "ping" }),
    });
    if (response.status !== 404) problems.push(`the old conversation answers ${response.status}`);
    await response.arrayBuffer();

    const unheard = calls.filter((one) => one.how === "lost" && one.key !== null && one.tool !== "tally__look");
    for (const one of unheard.slice(0, RETRIED)) {
      const client = await connect(gateway.origin, one.task);
      const again = await client.call(one.tool, one.n, one.key);
      // It never ran and runs now, or its state is given: whichever it was, the audit sees to it that it ran once.
      if (!["answered", "call_repeated", "outside_grant"].includes(again.how))
        problems.push(`${one.n}, made again, is told ${again.how}`);
      told.push(again);
      client.close();
    }
    for (const task of [old.task, await gateway.task("clerk")]) {
      const client = await connect(gateway.origin, task);
      for (const tool of ["tally__look", "tally__mark"]) {
        const said = await client.call(tool, `after ${at.seen} ${tool} ${task.id}`, null);
        if (said.how !== "answered") problems.push(`after the restart ${tool} is told ${said.how}`);
        told.push(said);
      }
      client.close();
    }
    return problems;
  }

  async function calls(ms: number): Promise<number> {
    const clients = await begin();
    const until = performance.now() + ms;
    const all = await hammer(
      clients,
      IN_FLIGHT,
      () => {},
      () => performance.now() > until,
    );
    for (const client of clients) client.close();
    told.push(...all);
    return all.filter((one) => one.how === "answered").length;
  }

  async function withStore<T>(use: (store: Store) => Promise<T>): Promise<T> {
    const store = await openSqliteStore({ file, log: createLog({ level: "silent", file: null }) });
    try {
      return await use(store);
    } finally {
      await store.close();
    }
  }

  async function orphans(): Promise<readonly number[]> {
    const former = lines("pids").slice(0, at.pids).map(Number);
    for (let tries = 0; ; tries++) {
      const left = former.filter(lives);
      if (left.length === 0 || tries === 50) return left;
      await sleep(100);
    }
  }

  function lines(name: string): string[] {
    return readFileSync(join(folder, name), "utf8").split("\n").slice(0, -1);
  }

  return {
    gateway: () => gateway,
    round,
    calls,
    verify: () =>
      withStore(async (store) => {
        const verdict = await verifyLedger(store, createDigests(openKeys(join(folder, ".writ"), false).digest));
        return verdict.kind === "intact" ? [] : [`entry ${verdict.at}: ${verdict.why}`];
      }),
    orphans,
    async close() {
      await gateway.stop();
      await tally.close();
      if (existsSync(folder)) rmSync(folder, { recursive: true, force: true });
    },
  };
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function configurationFor(tally: Tally, port: number): object {
  const write = { effects: ["write"] };
  const read = { effects: ["read"] };
  return {
    owner: "ada",
    listen: { port },
    servers: {
      tally: {
        url: tally.url,
        credential: "operation",
        tools: { note: write, mark: write, look: read },
      },
      count: {
        command: process.execPath,
        args: [COUNT, "."],
        cwd: ".",
        tools: { add: write, see: read, hang: write },
      },
    },
    agents: {
      clerk: {
        scope: [
          { tools: ["tally__note"], uses: 15 },
          { tools: ["tally__mark", "tally__look"] },
          { tools: ["count__add"], uses: 40 },
        ],
        budget: { calls: 1_000_000, writes: 1_000_000 },
        lifetime: "6h",
      },
    },
  };
}
