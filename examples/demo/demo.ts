import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import type { Writable } from "node:stream";
import { endTask } from "../../src/authority/tasks/end-task.ts";
import { compose, type Writ } from "../../src/compose/compose.ts";
import { WritError } from "../../src/domain/error.ts";
import type { ApprovalId, TaskId } from "../../src/domain/ids.ts";
import type { LedgerRecord } from "../../src/domain/record.ts";
import { runAgent } from "../../src/doors/launcher/run-agent.ts";
import type { Configuration } from "../../src/ports/configuration.ts";
import { readConfiguration } from "../../src/system/config.ts";
import { createLog } from "../../src/system/log.ts";
import { AGREED_REFUND } from "./plan.ts";
import { makeTill } from "./till.ts";
import { replay, startTap, type Tap } from "./tap.ts";

/** One line of the demo. */
export interface Line {
  readonly name: string;
  readonly tool: string;
  readonly decision: "permit" | "ask" | "deny";
  readonly reason: string;
  readonly code: string;
  /** For `writ why`; null where Writ was not asked. */
  readonly call: string | null;
}

export interface Stage {
  readonly writ: Writ;
  readonly shopUrl: string;
  readonly tap: Tap;
  close(): Promise<void>;
}

const HERE = import.meta.dirname;

/** Where everything of one demo listens. A pin is for one place: whoever starts twice on the same data keeps the ports. */
export interface Ports {
  readonly writ: number;
  readonly wire: number;
  readonly shop: number;
}

export async function freePorts(): Promise<Ports> {
  return { writ: await freePort(), wire: await freePort(), shop: await freePort() };
}

/** Starts Writ and the servers behind it: as `writ.yaml` says, or with its data and its ports elsewhere. */
export async function setUp(elsewhere: { readonly dataFolder: string; readonly ports: Ports } | null): Promise<Stage> {
  const written = await readConfiguration(join(HERE, "writ.yaml"));
  const ports = elsewhere?.ports ?? portsOf(written);
  const undo: (() => unknown)[] = [];
  try {
    const shop = await startShop(`http://127.0.0.1:${ports.writ}`, ports.shop);
    undo.push(() => stop(shop.process));
    // Between Writ and the shop sits somebody who listens.
    const tap = await startTap(shop.url, ports.wire);
    undo.push(() => tap.stop());
    const till = elsewhere === null ? fileOf(written) : join(dirname(elsewhere.dataFolder), "till.db");
    makeTill(till);
    const configuration: Configuration = {
      ...written,
      listen: { ...written.listen, port: ports.writ },
      dataFolder: elsewhere?.dataFolder ?? written.dataFolder,
      servers: written.servers.map((one) =>
        one.name === "shop" && one.launch.kind === "http"
          ? { ...one, launch: { ...one.launch, url: tap.url, audience: shop.url } }
          : one.launch.kind === "sqlite"
            ? { ...one, launch: { ...one.launch, file: till } }
            : one,
      ),
    };
    const writ = await compose(
      configuration,
      createLog({ level: "info", file: join(configuration.dataFolder, "writ.log") }),
    );
    undo.push(() => writ.close());
    return {
      writ,
      shopUrl: shop.url,
      tap,
      async close() {
        for (const step of undo.toReversed()) await step();
      },
    };
  } catch (cause) {
    for (const step of undo.toReversed()) await step();
    throw cause;
  }
}

/** Lets the scripted agent make its calls, with dana at another desk, and tells `say` of each. */
export async function play({ writ, shopUrl, tap }: Stage, say: (line: Line) => void): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "writ-demo-"));
  const signal = join(folder, "the-task-is-over");
  const dana = await startApprover(writ.origin, await writ.people.issueKey("dana", "admin"));
  let heard = Promise.resolve();
  let failure: unknown = null;
  try {
    await run("clerk", "settle the return of order A-1001");
    await heard;
    await run("support", "tell one customer from another");
    await heard;
    if (failure !== null) throw failure;
  } finally {
    await stop(dana);
    rmSync(folder, { recursive: true, force: true });
  }

  /** One agent at its task, from its first call to its last. */
  async function run(agent: string, objective: string): Promise<void> {
    await runAgent({
      origin: writ.origin,
      launcherKey: writ.keys.launcher,
      agent,
      objective,
      command: [process.execPath, join(HERE, "agent.ts"), agent],
      env: { ...process.env, DEMO_SIGNAL: signal },
      stdio: ["ignore", "pipe", "inherit"],
      say: () => {},
      onStarted(child, { task }) {
        if (child.stdout === null) return;
        // One thing is told after the other, in the order in which it was heard of.
        const next = (tell: () => Promise<void>): void => {
          heard = heard.then(tell).catch((cause: unknown) => {
            failure ??= cause;
            child.kill();
          });
        };
        const stopListening = onAsk(writ, (id) => next(() => tellOfAsk(writ, task as TaskId, id, say)));
        createInterface({ input: child.stdout }).on("line", (text) => next(() => onLine(text, task as TaskId)));
        child.once("exit", stopListening);
      },
    });
  }

  async function onLine(text: string, task: TaskId): Promise<void> {
    const { name, tool } = JSON.parse(text) as { name: string; tool: string };
    const { reason, ...rest } = told(await lastRecord(writ, task));
    say({ name, tool, reason: reason.replaceAll(`${HERE}/`, "./"), ...rest });
    if (name === "refund what was agreed") {
      say({ name: "replay its credential at the shop", tool, ...(await replayed(tap, shopUrl)), call: null });
    }
    if (name === "quote beyond counting") {
      await endTask(writ.authority, { task, by: "ada", why: "the return is settled" });
      writeFileSync(signal, "");
    }
  }
}

/** What the shop says to the credential of the refund, shown a second time by somebody who listened. */
async function replayed(tap: Tap, shopUrl: string): Promise<Pick<Line, "decision" | "reason" | "code">> {
  const carried = tap.last("refund_order");
  if (carried === null) return { decision: "deny", reason: "the refund did not go over the wire", code: "not_sent" };
  const { status, message, error } = await replay(carried, shopUrl);
  return { decision: status === 401 || status === 403 ? "deny" : "permit", reason: message, code: error };
}

/** Tells of each question when it is put to people, before anybody has answered. */
function onAsk(writ: Writ, tell: (id: ApprovalId) => void): () => void {
  const known = new Set<string>();
  return writ.store.subscribe((event) => {
    if (event.kind !== "approval" || known.has(event.id)) return;
    known.add(event.id);
    tell(event.id as ApprovalId);
  });
}

async function tellOfAsk(writ: Writ, task: TaskId, id: ApprovalId, say: (line: Line) => void): Promise<void> {
  const asked = await writ.store.read((tx) => tx.approval(id));
  if (asked === null || asked.task !== task) return;
  const { amount } = (JSON.parse(asked.summary.arguments) as { arguments: { amount: number } }).arguments;
  const name = amount === AGREED_REFUND.amount ? "ask for the agreed refund" : "ask for another refund";
  const reason = asked.asks.map((ask) => ask.why).join("; ");
  say({ name, tool: asked.summary.tool, decision: "ask", reason, code: asked.asks[0]?.policy ?? "", call: asked.call });
}

async function lastRecord(writ: Writ, task: TaskId): Promise<LedgerRecord> {
  const records = await writ.store.read((tx) => tx.ledger({ after: 0, limit: 10_000, task }));
  const last = records.findLast((one) => one.kind === "admission" || one.kind === "denial");
  if (last === undefined) throw new Error("the call left no record");
  return last;
}

function told(record: LedgerRecord): Pick<Line, "decision" | "reason" | "code" | "call"> {
  const { body, call } = record;
  if (record.kind === "denial")
    return { decision: "deny", reason: String(body["says"]), code: String(body["reason"]), call };
  const approval = body["approval"] as { by: readonly string[] } | null;
  const grant = body["grant"] as { allows: string } | null;
  if (approval !== null)
    return {
      decision: "permit",
      reason: `${approval.by.join(" and ")} allowed exactly this call`,
      code: "approved",
      call,
    };
  return {
    decision: "permit",
    reason: grant === null ? "policy permits it" : `the task may use ${grant.allows}`,
    code: "granted",
    call,
  };
}

function startShop(origin: string, port: number): Promise<{ readonly url: string; readonly process: ChildProcess }> {
  const child = withUs(
    spawn(process.execPath, [join(HERE, "..", "shop-server", "main.ts"), origin, String(port)], {
      stdio: ["ignore", "pipe", "ignore"],
    }),
  );
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", () =>
      reject(
        new WritError({
          code: "shop_failed",
          status: 500,
          facts: { port },
          message: `the shop of the demo cannot start on port ${port}`,
          hint: "stop what listens there (another `npm start`?), and start again",
        }),
      ),
    );
    createInterface({ input: child.stdout }).once("line", (line) =>
      resolve({ url: (JSON.parse(line) as { url: string }).url, process: child }),
    );
  });
}

/** Resolves once dana is signed in and watches the questions. */
function startApprover(origin: string, key: string): Promise<ChildProcess> {
  const { order, amount } = AGREED_REFUND;
  const agreed = ["--order", order, "--amount", String(amount)];
  const child = withUs(
    spawn(process.execPath, [join(HERE, "approver.ts"), "--api", origin, "--key-fd", "3", ...agreed], {
      stdio: ["ignore", "pipe", "inherit", "pipe"],
    }),
  );
  (child.stdio[3] as Writable).end(key);
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`dana left with ${code}`)));
    if (child.stdout !== null) createInterface({ input: child.stdout }).once("line", () => resolve(child));
  });
}

/** However this process ends, what it started ends with it. */
function withUs<T extends ChildProcess>(child: T): T {
  const kill = (): void => void child.kill();
  process.once("exit", kill);
  child.once("exit", () => process.off("exit", kill));
  return child;
}

function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once("exit", () => resolve());
    child.kill();
  });
}

function portsOf({ listen, servers }: Configuration): Ports {
  const shop = servers.find((one) => one.name === "shop")?.launch;
  if (shop?.kind !== "http") throw new TypeError("the demo's writ.yaml has no shop");
  return { writ: listen.port, wire: Number(new URL(shop.url).port), shop: Number(new URL(shop.audience).port) };
}

function fileOf({ servers }: Configuration): string {
  const till = servers.find((one) => one.name === "till")?.launch;
  if (till?.kind !== "sqlite") throw new TypeError("the demo's writ.yaml has no till");
  return till.file;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject).listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}
