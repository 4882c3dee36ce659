import { connect, createServer, type AddressInfo } from "node:net";
import type pg from "pg";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type House, openHouse } from "../../house.ts";
import { realPostgres } from "../../store/real-postgres.ts";
import { contentOf, lastOutcome, shopper, type Shopper } from "../databases.ts";
import { stock } from "./shop.ts";

const postgres = realPostgres();
const URL_ENV = "TEST_SHOP_LOST";
let house: House;
let admin: pg.Client;
let clerk: Shopper;
/** The line is cut when a client sends this; before or after it has gone through. */
let cutAt: { readonly text: string; readonly through: boolean } | null = null;

const proxy = createServer((near) => {
  const far = connect(postgres.port(), "127.0.0.1");
  for (const [one, other] of [
    [near, far],
    [far, near],
  ] as const) {
    one.on("error", () => other.destroy());
    one.on("close", () => other.destroy());
  }
  far.on("data", (chunk) => near.write(chunk));
  near.on("data", (chunk: Buffer) => {
    const cuts = cutAt !== null && chunk.includes(cutAt.text);
    if (!cuts) return void far.write(chunk);
    if (cutAt?.through === true) far.write(chunk, () => near.destroy());
    else near.destroy();
  });
});

beforeAll(async () => {
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  const url = new URL(await postgres.database());
  admin = await postgres.client(url.href);
  await stock(admin);
  url.port = String((proxy.address() as AddressInfo).port);
  process.env[URL_ENV] = url.href;
  house = await openHouse(`
servers:
  shop: { kind: postgres, url_env: ${URL_ENV}, timeout: 5s }
agents:
  clerk:
    scope: [{ tools: [shop__query, shop__execute], tables: { orders: { read: "*", update: "*" } } }]
`);
}, 60_000);
afterAll(async () => {
  await house.close();
  await admin.end();
  await new Promise((resolve) => proxy.close(resolve));
  delete process.env[URL_ENV];
});
beforeEach(async () => {
  cutAt = null;
  clerk = await shopper(house, "clerk");
  await clerk.call("query", { sql: "SELECT 1" });
});

const stateOf = async (id: number): Promise<unknown> =>
  (await admin.query({ text: "SELECT state FROM orders WHERE id = $1", values: [id], rowMode: "array" })).rows;

test("a connection that is lost before the commit has changed nothing, and that is known", async () => {
  cutAt = { text: "UPDATE orders", through: true };
  const answer = await clerk.call("execute", { sql: "UPDATE orders SET state = 'lost' WHERE id = 1" });
  expect(answer.code).toBe("upstream_failed");
  expect(await lastOutcome(house, clerk.task)).toMatchObject({
    state: "failed",
    why: expect.stringContaining("before anything was committed"),
  });
  expect(await stateOf(1)).toEqual([["open"]]);
});

test("a connection that is lost while the commit is on its way leaves the outcome unknown, and the call is not repeated", async () => {
  cutAt = { text: "COMMIT", through: true };
  const answer = await clerk.call("execute", { sql: "UPDATE orders SET state = 'sent' WHERE id = 2" });
  expect(answer.code).toBe("outcome_unknown");
  expect(await lastOutcome(house, clerk.task)).toMatchObject({ state: "outcome_unknown" });
  await expect.poll(() => stateOf(2)).toEqual([["sent"]]);
});

test("a commit that is lost on its way out is no different to Writ, and is called unknown too", async () => {
  cutAt = { text: "COMMIT", through: false };
  expect((await clerk.call("execute", { sql: "UPDATE orders SET state = 'sent' WHERE id = 3" })).code).toBe(
    "outcome_unknown",
  );
  expect(await stateOf(3)).toEqual([["paid"]]);
});

test("a database that is away and back again is asked again", async () => {
  await postgres.crash();
  await admin.end().catch(() => {});
  await expect
    .poll(async () => contentOf(await clerk.call("query", { sql: "SELECT id FROM orders WHERE id = 1" }))["rows"], {
      timeout: 15_000,
    })
    .toEqual([[1]]);
});
