import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import type { CallId } from "../../src/domain/ids.ts";
import type { LedgerRecord } from "../../src/domain/record.ts";
import type { Log, LogFacts } from "../../src/ports/system.ts";
import { type RawClient, rawClient } from "../gate/client.ts";
import { type House, openHouse } from "../house.ts";

const COUNT = fileURLToPath(new URL("count-server.ts", import.meta.url));
const TINY = fileURLToPath(new URL("tiny-server.sh", import.meta.url));

/** A whole Writ in front of two servers that write down what they run. */
export interface Box extends House {
  /** A task, and an agent of it that talks to `server`. */
  agent(server?: string, agent?: string): Promise<Held>;
  /** What the servers ran, in order. */
  ran(): readonly string[];
  /** Their processes that live. */
  processes(): readonly number[];
  /** What was logged as an error. */
  readonly errors: readonly { readonly message: string; readonly facts: LogFacts }[];
  records(kind: LedgerRecord["kind"]): Promise<readonly LedgerRecord[]>;
  stateOf(call: string): Promise<string | undefined>;
}

export interface Held extends RawClient {
  readonly task: string;
  readonly token: string;
}

export async function openBox(more = "", files: Readonly<Record<string, string>> = {}): Promise<Box> {
  const errors: { message: string; facts: LogFacts }[] = [];
  const log: Log = {
    debug: () => {},
    info: () => {},
    warn: () => {},
    error: (facts, message) => void errors.push({ message, facts }),
  };
  const house = await openHouse(
    `
${more}
people: { dana: { roles: [approver] }, erik: { roles: [security] } }
servers:
  count:
    command: node
    args: [${COUNT}, .]
    tools: { add: { effects: [write] }, see: { effects: [read] }, hang: { effects: [write] }, pay: { effects: [spend] } }
  tiny:
    command: sh
    args: [${TINY}, .]
    tools: { touch: { effects: [read] } }
agents:
  clerk:
    scope: [{ tools: [count__see, count__hang, count__pay, tiny__touch] }, { tools: [count__add], uses: 500 }]
    budget: { calls: 10000, writes: 5000 }
  brief:
    scope: [{ tools: [tiny__touch] }]
    lifetime: 1s
`,
    { counted: "", pids: "", ...files },
    mkdtempSync(join(tmpdir(), "writ-box-")),
    log,
  );
  const lines = (name: string): string[] => readFileSync(join(house.folder, name), "utf8").split("\n").slice(0, -1);
  return {
    ...house,
    errors,
    async agent(server = "count", agent = "clerk") {
      const { token, task } = await house.task(agent, "count");
      return { ...(await rawClient(`${house.writ.origin}/mcp/${server}`, token)), task: task.id, token };
    },
    ran: () => lines("counted").map((line) => /"n":"([^"]*)"/.exec(line)?.[1] ?? ""),
    processes: () => lines("pids").map(Number).filter(lives),
    records: (kind) => house.writ.store.read((tx) => tx.ledger({ after: 0, limit: 10_000, kind })),
    stateOf: (call) => house.writ.store.read(async (tx) => (await tx.call(call as CallId))?.state),
  };
}

/** Waits as long as a busy machine may need, and no longer than it takes. */
export function soon<T>(look: () => T | Promise<T>) {
  return expect.poll(look, { timeout: 30_000 });
}

export function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Puts `during` before the next write of this store, in the way of whoever makes it. */
export function beforeNextWrite({ writ }: House, during: () => Promise<unknown>): void {
  const { store } = writ;
  const { write } = store;
  store.write = async (body) => {
    store.write = write;
    await during();
    return write(body);
  };
}

/** A store whose every write fails that appends an entry of this kind, after all that went before it in the write. Returns
 *  the way to mend it. */
export function failAppending({ writ }: House, kind: LedgerRecord["kind"], fault: () => Error): () => void {
  const { store } = writ;
  const { write } = store;
  store.write = (body) =>
    write((tx) =>
      body(
        new Proxy(tx, {
          get(target, name) {
            const value: unknown = Reflect.get(target, name);
            if (typeof value !== "function") return value;
            return async (...given: unknown[]) => {
              if (name === "append" && (given[0] as { kind: string }).kind === kind) throw fault();
              return (await Reflect.apply(value, target, given)) as unknown;
            };
          },
        }),
      ),
    );
  return () => {
    store.write = write;
  };
}
