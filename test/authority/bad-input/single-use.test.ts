import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { WritError } from "../../../src/domain/error.ts";
import type { Store } from "../../../src/ports/store.ts";
import { openPostgresStore } from "../../../src/store/sql/postgres.ts";
import { openSqliteStore } from "../../../src/store/sql/sqlite.ts";
import { newFolder, quiet } from "../../store/folder.ts";
import { realPostgres } from "../../store/real-postgres.ts";

const server = realPostgres();
const CHILD = fileURLToPath(new URL("../../store/spend-child.ts", import.meta.url));
const PLACES = [
  ["PostgreSQL", () => server.database(), (url: string) => openPostgresStore({ url, log: quiet })],
  ["SQLite", async () => join(await newFolder(), "writ.db"), (file: string) => openSqliteStore({ file, log: quiet })],
] as const;

const spend = (store: Store, credential: string) => store.write((tx) => tx.spend("writ", credential, 1e15));

/** A process on the store that spends what it is told. */
async function spender(place: string) {
  const child = spawn(process.execPath, [CHILD], {
    env: { ...process.env, WRIT_TEST_PLACE: place },
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  expect((await lines.next()).value).toBe("ready");
  return {
    async spend(credential: string): Promise<number> {
      child.stdin.write(`${credential}\n`);
      return Number((await lines.next()).value);
    },
    async end(): Promise<void> {
      child.stdin.end();
      if (child.exitCode === null) await once(child, "exit");
    },
  };
}

describe.each(PLACES)("a credential on one %s", (_, make, open) => {
  it("that a hundred spend at once in two processes is spent by exactly one", async () => {
    const place = await make();
    const processes = await Promise.all([spender(place), spender(place)]);
    for (let round = 0; round < 20; round++) {
      const counts = await Promise.all(processes.map((one) => one.spend(`jti_${round}`)));
      expect(counts.reduce((sum, count) => sum + count)).toBe(1);
    }
    await Promise.all(processes.map((one) => one.end()));
  }, 60_000);

  it("stays spent when what it was spent for fails, and when the gateway starts anew", async () => {
    const place = await make();
    const first = await open(place);
    await expect(
      spend(first, "jti").then(() => {
        throw new Error("the upstream is down");
      }),
    ).rejects.toThrow("the upstream is down");
    expect(await spend(first, "jti")).toBe(false);
    await first.close();
    const second = await open(place);
    expect(await spend(second, "jti")).toBe(false);
    await second.close();
  });

  it("spent in a transaction that does not take effect is not spent", async () => {
    const store = await open(await make());
    await expect(
      store.write(async (tx) => {
        expect(await tx.spend("writ", "jti", 1e15)).toBe(true);
        throw new Error("the record cannot be written");
      }),
    ).rejects.toThrow("the record cannot be written");
    expect(await spend(store, "jti")).toBe(true);
    await store.close();
  });
});

describe("when the database server dies", () => {
  it("no credential that was said to be spent can be spent again, and the gateway goes on by itself", async () => {
    const store = await openPostgresStore({ url: await server.database(), log: quiet });
    const said: string[] = [];
    const unsure: string[] = [];
    let next = 0;
    const over = new AbortController();
    const spending = Array.from({ length: 16 }, async () => {
      while (!over.signal.aborted) {
        const credential = `jti_${next++}`;
        try {
          expect(await spend(store, credential)).toBe(true);
          said.push(credential);
        } catch (error) {
          // Not known to be written: whoever asked denies.
          expect(error instanceof WritError && error.code).toBe("store_unavailable");
          unsure.push(credential);
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
      }
    });
    for (let round = 0; round < 3; round++) {
      await new Promise((resolve) => setTimeout(resolve, 300));
      await server.crash();
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
    over.abort();
    await Promise.all(spending);
    expect(said.length).toBeGreaterThan(0);
    expect(unsure.length).toBeGreaterThan(0);
    const again = await Promise.all(said.map((credential) => spend(store, credential)));
    expect(again.filter(Boolean)).toEqual([]);
    await store.close();
  }, 60_000);
});
