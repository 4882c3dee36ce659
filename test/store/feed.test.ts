import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Store, StoreEvent } from "../../src/ports/store.ts";
import { aTask, id } from "../../src/store/conformance/values.ts";
import { openPostgresStore } from "../../src/store/sql/postgres.ts";
import { openSqliteStore } from "../../src/store/sql/sqlite.ts";
import { cutProxy } from "./cut-proxy.ts";
import { newFolder, quiet } from "./folder.ts";
import { realPostgres } from "./real-postgres.ts";

const server = realPostgres();

const KINDS = [
  ["PostgreSQL", async () => pairOf(await server.database(), (url) => openPostgresStore({ url, log: quiet }))],
  ["SQLite", async () => pairOf(join(await newFolder(), "writ.db"), (file) => openSqliteStore({ file, log: quiet }))],
] as const;

async function pairOf(place: string, open: (place: string) => Promise<Store>) {
  const [one, two] = await Promise.all([open(place), open(place)]);
  onTestFinished(async () => {
    await Promise.all([one.close(), two.close()]);
  });
  return { one, two, place };
}

function hear(store: Store): StoreEvent[] {
  const heard: StoreEvent[] = [];
  store.subscribe((event) => heard.push(event));
  return heard;
}

const sequences = (heard: readonly StoreEvent[]) => heard.map((event) => event.sequence);
const upTo = (count: number, from = 1) => Array.from({ length: count }, (_, n) => n + from);

/** Waits until it holds, for at most this long. */
async function soon(holds: () => boolean, ms = 8_000): Promise<void> {
  const until = performance.now() + ms;
  while (!holds() && performance.now() < until) await new Promise((resolve) => setTimeout(resolve, 20));
  expect(holds()).toBe(true);
}

describe.each(KINDS)("two processes on one %s", (_, open) => {
  it("each hear every event once and in order, their own before its write resolves", async () => {
    const { one, two } = await open();
    const [first, second] = [hear(one), hear(two)];
    await Promise.all(
      upTo(120).map(async (n) => {
        const [store, heard] = n % 2 === 0 ? [one, first] : [two, second];
        const sequence = await store.write((tx) => tx.publish("task", `t_${n}`));
        expect(heard.some((event) => event.sequence === sequence)).toBe(true);
      }),
    );
    await soon(() => first.length >= 120 && second.length >= 120);
    expect(sequences(first)).toEqual(upTo(120));
    expect(second).toEqual(first);
  });

  it("find what an event tells of in the tables", async () => {
    const { one, two } = await open();
    const seen: Promise<unknown>[] = [];
    two.subscribe((event) => seen.push(two.read((tx) => tx.task(id(event.id)))));
    for (const n of upTo(10)) {
      await one.write(async (tx) => {
        await tx.publish("task", `t_${n}`);
        await tx.putTask(aTask(`t_${n}`));
      });
    }
    await soon(() => seen.length === 10);
    expect((await Promise.all(seen)).filter((task) => task === null)).toEqual([]);
  });

  it("see at once what the other wrote, whatever they have read before", async () => {
    const { one, two } = await open();
    await one.write((tx) => tx.putTask(aTask("t_1", { objective: "0" })));
    for (const n of upTo(30)) {
      const [writer, reader] = n % 2 === 0 ? [one, two] : [two, one];
      await writer.write(async (tx) => {
        const task = await tx.task(id("t_1"));
        await tx.putTask(aTask("t_1", { objective: String(Number(task?.objective) + 1) }));
      });
      expect((await reader.read((tx) => tx.task(id("t_1"))))?.objective).toBe(String(n));
    }
  });

  it("are told to start over when events were swept before they were read", async () => {
    const { one, two, place } = await open();
    const heard = hear(two);
    await one.write((tx) => tx.publish("task", "t_1"));
    await soon(() => heard.length === 1);
    // In one transaction, so that no process reads in between.
    const sweep = "INSERT INTO events VALUES (5, 'task', 't_5'); UPDATE counters SET value = 5 WHERE name = 'sequence'";
    if (place.startsWith("postgres")) {
      const client = await server.client(place);
      await client.query(`BEGIN; SET LOCAL search_path = writ; ${sweep}; NOTIFY writ_events, '5'; COMMIT`);
      await client.end();
    } else {
      const database = new DatabaseSync(place);
      database.exec(`BEGIN IMMEDIATE; ${sweep}; COMMIT`);
      database.close();
    }
    await soon(() => heard.length === 3);
    expect(heard.slice(1)).toEqual([
      { sequence: 4, kind: "resync", id: "*" },
      { sequence: 5, kind: "task", id: "t_5" },
    ]);
  });
});

describe("the feed of PostgreSQL", () => {
  it("is not misled by notifications that are lost, doubled, reordered or forged", async () => {
    const { one, two, place } = await pairOf(await server.database(), (url) => openPostgresStore({ url, log: quiet }));
    const heard = hear(two);
    const client = await server.client(place);
    for (const n of upTo(20)) {
      await one.write((tx) => tx.publish("task", `t_${n}`));
      for (const forged of [n, n - 1, 1, 9_999, "'); DROP TABLE events; --", "", "{}"])
        await client.query("SELECT pg_notify('writ_events', $1)", [String(forged)]);
    }
    // A commit whose notification never comes: the next look finds it.
    await client.query(
      "BEGIN; INSERT INTO writ.events VALUES (21, 'task', 't_21'); UPDATE writ.counters SET value = 21 WHERE name = 'sequence'; COMMIT",
    );
    await client.end();
    await soon(() => heard.length >= 21);
    expect(sequences(heard)).toEqual(upTo(21));
  });

  it("is stale within four seconds when its line is cut, then lost, and tells all it missed when it is mended", async () => {
    const url = await server.database();
    const proxy = await cutProxy(server.port);
    const one = await openPostgresStore({ url, log: quiet });
    const two = await openPostgresStore({ url: url.replace(/:\d+\//, `:${proxy.port}/`), log: quiet });
    const heard = hear(two);
    await one.write((tx) => tx.publish("task", "t_1"));
    await soon(() => heard.length === 1);
    expect(two.feed()).toBe("live");

    proxy.cut("writ feed");
    const cutAt = performance.now();
    await one.write((tx) => tx.publish("task", "t_2"));
    await soon(() => two.feed() === "stale", 6_000);
    expect(performance.now() - cutAt).toBeLessThan(5_000);
    // What is asked of the tables is still answered.
    expect(await two.read((tx) => tx.sequence())).toBe(2);
    expect([one.feed(), heard.length]).toEqual(["live", 1]);
    await soon(() => two.feed() === "lost", 12_000);

    proxy.mend();
    await soon(() => two.feed() === "live" && heard.length === 2);
    expect(sequences(heard)).toEqual([1, 2]);
    await Promise.all([one.close(), two.close()]);
  }, 40_000);
});
