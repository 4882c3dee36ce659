import { fileURLToPath } from "node:url";
import type pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Answer } from "../../gate/client.ts";
import { type House, openHouse } from "../../house.ts";
import { realPostgres } from "../../store/real-postgres.ts";
import { recordsOf, shopper, type Shopper, wordsOf } from "../databases.ts";
import { stock } from "./shop.ts";

/** The old reference server: it begins a transaction that only reads, and hands on whatever text it is given. */
const SERVER = fileURLToPath(import.meta.resolve("@modelcontextprotocol/server-postgres/dist/index.js"));
const ESCAPE = "COMMIT; delete from secrets; select 1";

const postgres = realPostgres();
let house: House;
let admin: pg.Client;
let clerk: Shopper;

beforeAll(async () => {
  const url = await postgres.database();
  admin = await postgres.client(url);
  await stock(admin);
  const server = `command: node, args: ["${SERVER}", "${url}"]`;
  house = await openHouse(`
servers:
  shop: { ${server} }
  bare: { ${server}, same_names: [query], tools: { query: { effects: [read] } } }
agents:
  clerk:
    scope: [{ tools: [shop__query], tables: { orders: { read: "*" } } }]
  misled:
    scope: [{ tools: [bare__query] }]
`);
  clerk = await shopper(house, "clerk");
}, 60_000);
afterAll(async () => {
  await house.close();
  await admin.end();
});

const query = (sql: string): Promise<Answer> => clerk.call("query", { sql });
const secrets = async (): Promise<number> => (await admin.query("SELECT * FROM secrets")).rowCount ?? -1;

test("a third-party server's statement that ends its transaction and deletes changes nothing, and is recorded with its reason", async () => {
  const answer = await query(ESCAPE);
  expect(answer.code).toBe("query_refused");
  expect(wordsOf(answer)).toContain("3 statements");
  expect(await secrets()).toBe(1);
  expect((await recordsOf(house, clerk.task)).at(-1)).toMatchObject({
    kind: "denial",
    body: { tool: "shop__query", reason: "query_refused", says: expect.stringContaining("3 statements") },
  });
});

test.each([
  ["a table that the task does not name", "SELECT value FROM secrets"],
  ["a delete in a part of a query", "WITH d AS (DELETE FROM secrets RETURNING 1) SELECT * FROM d"],
  ["a function of the system's that reads files", "SELECT pg_read_file('/etc/passwd')"],
])("%s is refused on its argument alone", async (_, sql) => {
  expect((await query(sql)).code).not.toBeNull();
  expect(await secrets()).toBe(1);
});

test("what the task names is forwarded and answered", async () => {
  expect(wordsOf(await query("select count(*)::int as n from orders -- all of them"))).toContain('"n": 3');
});

test("without what Writ knows of statements the same text deletes everything, while the client sees an empty answer", async () => {
  const misled = await shopper(house, "misled", "bare");
  const answer = await misled.call("query", { sql: ESCAPE });
  expect(answer.json.result?.["content"]).toEqual([{ type: "text" }]);
  expect(await secrets()).toBe(0);
});
