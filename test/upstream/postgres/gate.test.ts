import type pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { answerApproval } from "../../../src/authority/tasks/answer-approval.ts";
import { endTask } from "../../../src/authority/tasks/end-task.ts";
import type { ApprovalId, PersonName } from "../../../src/domain/ids.ts";
import type { JsonObject } from "../../../src/domain/json.ts";
import type { Answer } from "../../gate/client.ts";
import { type House, openHouse } from "../../house.ts";
import { realPostgres } from "../../store/real-postgres.ts";
import { contentOf, lastOutcome, recordsOf, rowsOf, shopper, wordsOf } from "../databases.ts";
import { stock } from "./shop.ts";

const postgres = realPostgres();
const DANA = { name: "dana" as PersonName, roles: ["approver"] };
const URL_ENV = "TEST_SHOP_GATE";
let house: House;
let admin: pg.Client;

beforeAll(async () => {
  const url = await postgres.database();
  process.env[URL_ENV] = url;
  admin = await postgres.client(url);
  await stock(admin);
  await admin.query(`
    CREATE TABLE parents (id int PRIMARY KEY);
    CREATE TABLE children (id int PRIMARY KEY, parent int REFERENCES parents ON DELETE CASCADE);
    INSERT INTO parents VALUES (1); INSERT INTO children SELECT g, 1 FROM generate_series(1, 5) g`);
  house = await openHouse(
    `
approvals: { timeout: 5s, hold: 5s }
people: { dana: { roles: [approver] } }
servers:
  shop: { kind: postgres, url_env: ${URL_ENV}, timeout: 5s }
agents:
  packer:
    scope: [{ tools: [shop__query, shop__execute, shop__describe], tables: { orders: { read: [id, state], update: [state], rows: 1 } } }]
  support:
    scope: [{ tools: [shop__query, shop__describe], tables: { customers: { read: [id, name] } } }]
  boss:
    scope: []
  keeper:
    scope: [{ tools: [shop__execute], tables: { parents: { read: "*", delete: true, rows: 3 } } }]
  reader:
    scope: [{ tools: [shop__query, shop__describe] }]
  filer:
    scope: [{ tools: [shop__execute], tables: { notes: { read: "*", insert: "*", rows: 5 } } }]
`,
    {
      "policies/own.cedar": `@id("few-notes")
@obligation("rows=2")
permit (principal, action in Writ::Action::"call", resource)
when { context.effects.tables.contains("notes") };
`,
    },
  );
}, 60_000);
afterAll(async () => {
  await house.close();
  await admin.end();
  delete process.env[URL_ENV];
});

async function all(sql: string): Promise<unknown[]> {
  return (await admin.query({ text: sql, rowMode: "array" })).rows;
}

async function answerWhenAsked(task: string): Promise<JsonObject> {
  for (;;) {
    const open = await house.writ.store.read((tx) => tx.openApprovals(task as never));
    const first = open.find((one) => one.state === "pending");
    if (first !== undefined) {
      await answerApproval(house.writ.authority, {
        approval: first.id as ApprovalId,
        person: DANA,
        verdict: "allow",
        note: "",
      });
      return first.summary as unknown as JsonObject;
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

test("a query is permitted for one task and refused for another, because of the task's grant", async () => {
  const [packer, support] = [await shopper(house, "packer"), await shopper(house, "support")];
  const sql = "SELECT state FROM orders WHERE id = 1";
  expect(rowsOf(await packer.call("query", { sql }))).toEqual([["open"]]);
  const refused = await support.call("query", { sql });
  expect(refused.code).toBe("outside_grant");
  expect(wordsOf(refused)).toContain("it does not name the table orders");
  expect((await recordsOf(house, support.task)).at(-1)?.body).toMatchObject({
    verdict: "deny",
    reason: "outside_grant",
  });
});

test("an update of two rows under one that may be changed changes nothing, and is recorded with its reason", async () => {
  const packer = await shopper(house, "packer");
  const answer = await packer.call("execute", { sql: "UPDATE orders SET state = 'lost' WHERE state = 'open'" });
  expect(answer.code).toBe("rows_exceeded");
  expect(await all("SELECT count(*)::int FROM orders WHERE state = 'open'")).toEqual([[2]]);
  expect(await lastOutcome(house, packer.task)).toMatchObject({
    state: "failed",
    why: expect.stringContaining("changed 2 rows"),
  });
});

test("what a policy obliges a call to is held too: fewer rows than the grant says", async () => {
  const filer = await shopper(house, "filer");
  const insert = (rows: number): Promise<Answer> =>
    filer.call("execute", {
      sql: `INSERT INTO notes (body) SELECT 'x' FROM (VALUES ${"(1),".repeat(rows).slice(0, -1)}) v`,
    });
  expect((await insert(3)).code).toBe("rows_exceeded");
  expect((await insert(2)).json.result?.["structuredContent"]).toMatchObject({ changed: 2 });
  expect(await all("SELECT count(*)::int FROM notes")).toEqual([[2]]);
});

test("what a statement changes through a cascade counts too", async () => {
  const keeper = await shopper(house, "keeper");
  const [answer] = await Promise.all([
    keeper.call("execute", { sql: "DELETE FROM parents WHERE id = 1" }),
    answerWhenAsked(keeper.task),
  ]);
  expect(answer.code).toBe("rows_exceeded");
  expect(wordsOf(answer)).toContain("it changed 6 rows");
  expect(await all("SELECT count(*)::int FROM children")).toEqual([[5]]);
});

test.each([
  ["a change in a query", "UPDATE orders SET state = 'x' WHERE id = 1", "query_refused"],
  ["two statements", "COMMIT; DELETE FROM orders; SELECT 1", "query_refused"],
  ["what cannot be read", "SELEC 1", "query_unparsed"],
])("%s is refused before the database hears of it, and recorded", async (_, sql, code) => {
  const packer = await shopper(house, "packer");
  expect((await packer.call("query", { sql })).code).toBe(code);
  expect((await recordsOf(house, packer.task)).at(-1)).toMatchObject({ kind: "denial", body: { reason: code } });
});

test("a call that a person allowed runs as a login that can do that one thing, and ends with the call", async () => {
  const boss = await shopper(house, "boss");
  const sql = "UPDATE customers SET name = 'Anna' WHERE id = 1";
  const [answer, summary] = await Promise.all([boss.call("execute", { sql }), answerWhenAsked(boss.task)]);
  expect(answer.json.result?.["structuredContent"]).toMatchObject({ changed: 1 });
  expect(summary["says"]).toMatch(/^UPDATE: .*customers.*name.*, on shop$/);
  expect(await all("SELECT name FROM customers WHERE id = 1")).toEqual([["Anna"]]);
  await expect
    .poll(async () =>
      (await recordsOf(house, boss.task)).filter(({ kind }) => kind === "lease").map(({ body }) => body["how"]),
    )
    .toEqual(["taken", "ended"]);
});

test("what a query names is enough to run it where no grant speaks of tables", async () => {
  const reader = await shopper(house, "reader");
  for (const [sql, rows] of [
    ["SELECT count(*) FROM customers", [[2]]],
    [
      "SELECT c.name, count(*) FROM customers c JOIN orders o ON o.customer = c.id GROUP BY 1 ORDER BY 1 DESC LIMIT 1",
      [["Bob", 2]],
    ],
    ["SELECT state FROM open_orders ORDER BY id LIMIT 1", [["open"]]],
    [
      "SELECT c.email, o.total, o.placed FROM customers c, orders o WHERE o.customer = c.id AND o.id = 1",
      [["ann@example.com", "12.50", "2026-01-02T03:04:05Z"]],
    ],
    ["WITH t AS (SELECT id FROM orders WHERE total > 10) SELECT max(id) FROM t", [[2]]],
    [
      "SELECT 9007199254740993::bigint, 1.10::numeric, '\\x00ff'::bytea, NULL, true, '{\"a\": 1}'::jsonb, ARRAY['a', NULL]",
      [["9007199254740993", "1.10", "AP8=", null, true, { a: 1 }, ["a", null]]],
    ],
  ] as const) {
    const answer = await reader.call("query", { sql });
    expect([sql, wordsOf(answer).slice(0, 200), rowsOf(answer)]).toEqual([sql, expect.anything(), rows]);
  }
});

test("placeholders are filled with values, never with text of a statement", async () => {
  const reader = await shopper(house, "reader");
  const answer = await reader.call("query", {
    sql: "SELECT $1::text, $2::int, $3::text[], $4::jsonb",
    params: ["'; DROP TABLE orders; --", 7, ['a"b', null], { k: "v" }],
  });
  expect(rowsOf(answer)).toEqual([["'; DROP TABLE orders; --", 7, ['a"b', null], { k: "v" }]]);
});

test("`describe` says what the task may touch, and all of it where its grants name no tables", async () => {
  const [packer, reader] = [await shopper(house, "packer"), await shopper(house, "reader")];
  const tables = async (agent: typeof packer, table?: string): Promise<unknown> =>
    contentOf(await agent.call("describe", table === undefined ? {} : { table }))["tables"];
  expect(await tables(packer)).toEqual([
    {
      table: "orders",
      kind: "table",
      columns: ["id", "state"],
      may: "orders: read id, state and update state, at most 1 rows at once",
    },
  ]);
  expect(await tables(reader, "open_orders")).toEqual([
    { table: "open_orders", kind: "view", columns: ["id", "state"] },
  ]);
  expect(await tables(packer, "secrets")).toEqual([]);
});

test("a table that was made since is known after the first statement that names it", async () => {
  const reader = await shopper(house, "reader");
  await reader.call("query", { sql: "SELECT 1" });
  await admin.query("CREATE TABLE later (id int); INSERT INTO later VALUES (5)");
  await reader.call("query", { sql: "SELECT id FROM later" });
  await expect.poll(async () => rowsOf(await reader.call("query", { sql: "SELECT id FROM later" }))).toEqual([[5]]);
});

test("the tools are listed, pinned and answered to a client of either era", async () => {
  const packer = await shopper(house, "packer");
  const listed = await packer.request("tools/list", {});
  expect(((listed.json.result?.["tools"] ?? []) as { name: string }[]).map(({ name }) => name)).toEqual([
    "query",
    "execute",
    "describe",
  ]);
  const { token } = await house.task("packer");
  const modern = await fetch(`${house.writ.origin}/mcp/shop`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${token}`,
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      "mcp-protocol-version": "2026-07-28",
      "mcp-method": "tools/call",
      "mcp-name": "query",
    },
    body: JSON.stringify({
      jsonrpc: "2.0",
      id: 1,
      method: "tools/call",
      params: {
        name: "query",
        arguments: { sql: "SELECT id FROM orders WHERE id = 3" },
        _meta: {
          "io.modelcontextprotocol/protocolVersion": "2026-07-28",
          "io.modelcontextprotocol/clientInfo": { name: "t", version: "1" },
          "io.modelcontextprotocol/clientCapabilities": {},
        },
      },
    }),
  });
  const text = await modern.text();
  expect(text).toContain('"resultType":"complete"');
  expect(text).toContain('"rows":[[3]]');
});

test("a task that ends takes its login along, and its next call is refused before the database hears of it", async () => {
  const packer = await shopper(house, "packer");
  await packer.call("query", { sql: "SELECT id FROM orders" });
  await endTask(house.writ.authority, { task: packer.task as never, by: "ada", why: "done" });
  await expect
    .poll(async () =>
      (await recordsOf(house, packer.task)).filter(({ kind }) => kind === "lease").map(({ body }) => body["how"]),
    )
    .toEqual(["taken", "ended"]);
});
