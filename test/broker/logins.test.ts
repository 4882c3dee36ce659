import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type pg from "pg";
import { afterEach, expect, test } from "vitest";
import { endTask } from "../../src/authority/tasks/end-task.ts";
import type { Log, LogFacts } from "../../src/ports/system.ts";
import { createLog } from "../../src/system/log.ts";
import { type House, openHouse } from "../house.ts";
import { realPostgres } from "../store/real-postgres.ts";
import { BLIND, recordsOf, rowsOf, shopper, wordsOf } from "../upstream/databases.ts";
import { stock } from "../upstream/postgres/shop.ts";

const postgres = realPostgres();
const endings: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).toReversed()) await end();
});

let made = 0;
const SCOPE = `
agents:
  clerk:
    scope: [{ tools: [shop__query, shop__execute, shop__describe], tables: { orders: { read: "*", insert: "*" }, notes: { read: "*", insert: "*" } } }]
    budget: { calls: 1000, writes: 1000 }
  looker:
    scope: [{ tools: [shop__query] }]
`;

/** Logins are the whole server's; these may connect to this database. */
const LOGINS = `
SELECT rolname FROM pg_roles r WHERE rolname LIKE 'writ_task_%' AND EXISTS (
  SELECT FROM pg_database d, aclexplode(d.datacl) a WHERE d.datname = current_database() AND a.grantee = r.oid)`;

interface Shop {
  readonly url: string;
  readonly variable: string;
  readonly admin: pg.Client;
  open(more?: string, folder?: string, log?: Log): Promise<House>;
  logins(): Promise<readonly string[]>;
  all(sql: string): Promise<unknown[]>;
}

async function shop(): Promise<Shop> {
  const url = await postgres.database();
  const variable = `TEST_LOGINS_${made++}`;
  process.env[variable] = url;
  const admin = await postgres.client(url);
  await stock(admin);
  endings.push(
    () => delete process.env[variable],
    () => admin.end(),
  );
  const all = async (sql: string): Promise<unknown[]> => (await admin.query({ text: sql, rowMode: "array" })).rows;
  return {
    url,
    variable,
    admin,
    all,
    logins: async () => (await all(LOGINS)).flat() as string[],
    async open(
      more = "",
      folder = mkdtempSync(join(tmpdir(), "writ-logins-")),
      log = createLog({ level: "silent", file: null }),
    ) {
      const yaml = `servers: { shop: { kind: postgres, url_env: ${variable}, timeout: 5s ${more} } }\n${SCOPE}`;
      const house = await openHouse(yaml, {}, folder, log, { analysers: BLIND });
      endings.push(() => house.close());
      return house;
    },
  };
}

async function doctor(house: House): Promise<string> {
  const answer = await fetch(`${house.writ.origin}/v1/doctor`, {
    headers: { authorization: `Bearer ${house.writ.keys.admin}` },
  });
  return answer.text();
}

test("a login whose grant names no tables is made for one call, can touch nothing, and ends with the call", async () => {
  const { open, logins } = await shop();
  const house = await open();
  const looker = await shopper(house, "looker");
  expect(rowsOf(await looker.call("query", { sql: "SELECT 1 + 1" }))).toEqual([[2]]);
  expect((await looker.call("query", { sql: "SELECT * FROM orders" })).code).toBe("database_refused");
  await expect.poll(logins).toEqual([]);
});

test("a login of a task outlives the gateway that made it, and ends with the task on the next one", async () => {
  const { open, logins } = await shop();
  const folder = mkdtempSync(join(tmpdir(), "writ-logins-"));
  const first = await open("", folder);
  const clerk = await shopper(first, "clerk");
  await clerk.call("query", { sql: "SELECT 1" });
  expect(await logins()).toHaveLength(1);
  await first.writ.close();
  expect(await logins()).toHaveLength(1);
  const second = await open("", folder);
  await endTask(second.writ.authority, { task: clerk.task as never, by: "ada", why: "done" });
  await expect.poll(logins).toEqual([]);
  const leases = (await recordsOf(second, clerk.task)).filter(({ kind }) => kind === "lease");
  expect(leases.map(({ body }) => body["how"])).toEqual(["taken", "ended"]);
});

test("a login of ours that no task has is ended at the start, and another's is left alone", async () => {
  const { open, logins, all, admin, url } = await shop();
  const database = new URL(url).pathname.slice(1);
  const folder = mkdtempSync(join(tmpdir(), "writ-logins-"));
  const house = await open("", folder);
  const clerk = await shopper(house, "clerk");
  await clerk.call("query", { sql: "SELECT 1" });
  const [mine = ""] = await logins();
  const [[mark]] = (await all(
    `SELECT shobj_description(oid, 'pg_authid') FROM pg_roles WHERE rolname = '${mine}'`,
  )) as [[string]];
  await admin.query("CREATE ROLE writ_task_other LOGIN; COMMENT ON ROLE writ_task_other IS 'made by writ elsewhere'");
  endings.push(() => admin.query("DROP OWNED BY writ_task_other; DROP ROLE writ_task_other"));
  await admin.query(`CREATE ROLE writ_task_orphan LOGIN; COMMENT ON ROLE writ_task_orphan IS '${mark}'`);
  await admin.query(
    `GRANT SELECT ON secrets TO writ_task_orphan; GRANT CONNECT ON DATABASE ${database} TO writ_task_orphan, writ_task_other`,
  );
  await house.writ.close();
  await open("", folder);
  await expect.poll(async () => (await logins()).toSorted()).toEqual([mine, "writ_task_other"].toSorted());
});

test("a login that somebody dropped is made anew for a read, once", async () => {
  const { open, logins, admin } = await shop();
  const house = await open();
  const clerk = await shopper(house, "clerk");
  await clerk.call("query", { sql: "SELECT 1" });
  const [name = ""] = await logins();
  await admin.query(`DROP OWNED BY ${name}; DROP ROLE ${name}`);
  expect(rowsOf(await clerk.call("query", { sql: "SELECT count(*) FROM orders" }))).toEqual([[3]]);
});

test("many calls at once of many tasks each get the login of their task", async () => {
  const { open, logins } = await shop();
  const house = await open();
  const clerks = await Promise.all(Array.from({ length: 6 }, () => shopper(house, "clerk")));
  const answers = await Promise.all(
    clerks.flatMap((clerk) =>
      Array.from({ length: 4 }, () => clerk.call("query", { sql: "SELECT current_user::text" })),
    ),
  );
  expect(new Set(answers.map((answer) => JSON.stringify(rowsOf(answer)))).size).toBe(6);
  await Promise.all(
    clerks.map(({ task }) => endTask(house.writ.authority, { task: task as never, by: "ada", why: "done" })),
  );
  await expect.poll(logins).toEqual([]);
});

test("Writ's own login need be no superuser: one that makes logins and owns the tables is enough", async () => {
  const { open, logins, admin, variable, url } = await shop();
  await admin.query(`
    CREATE ROLE keeper LOGIN CREATEROLE PASSWORD 'keeps the shop';
    ALTER TABLE customers OWNER TO keeper; ALTER TABLE orders OWNER TO keeper; ALTER TABLE notes OWNER TO keeper;
    GRANT USAGE ON SCHEMA public TO keeper WITH GRANT OPTION;
    GRANT CONNECT ON DATABASE ${new URL(url).pathname.slice(1)} TO keeper WITH GRANT OPTION`);
  endings.push(() => admin.query("DROP OWNED BY keeper CASCADE; DROP ROLE keeper"));
  const own = new URL(url);
  own.username = "keeper";
  own.password = encodeURIComponent("keeps the shop");
  process.env[variable] = own.href;
  const house = await open();
  const clerk = await shopper(house, "clerk");
  expect(rowsOf(await clerk.call("query", { sql: "SELECT count(*) FROM orders" }))).toEqual([[3]]);
  expect((await clerk.call("query", { sql: "SELECT * FROM customers" })).code).toBe("database_refused");
  const running = clerk.call("query", { sql: "SELECT pg_sleep(4)" });
  await expect
    .poll(
      async () =>
        (
          await admin.query(
            "SELECT FROM pg_stat_activity WHERE query LIKE '%pg_sleep(4)%' AND usename LIKE 'writ_task_%'",
          )
        ).rowCount,
    )
    .toBe(1);
  await endTask(house.writ.authority, { task: clerk.task as never, by: "ada", why: "done" });
  expect((await running).code).toBe("credential_revoked");
  await expect.poll(logins).toEqual([]);
});

test("what everybody may do in a database is in every admission and in what the doctor says", async () => {
  const { open } = await shop();
  const house = await open();
  const said = await doctor(house);
  expect(said).toContain("run as their owners public.leak()");
  expect(said).toContain("make temporary tables");
  const clerk = await shopper(house, "clerk");
  expect(rowsOf(await clerk.call("query", { sql: "SELECT leak()" }))).toEqual([["the crown jewels"]]);
  const admission = (await recordsOf(house, clerk.task)).find(({ kind }) => kind === "admission");
  expect(admission?.body["credential"]).toMatchObject({
    kind: "postgres",
    remains: expect.stringContaining("run as their owners public.leak()"),
  });
});

test("with `public: revoke` everybody loses it, and a function that runs as its owner is refused", async () => {
  const { open } = await shop();
  const house = await open(", public: revoke");
  const said = await doctor(house);
  expect(said).not.toMatch(/leak\(\)|temporary tables|large objects|plpgsql/);
  expect(said).toContain("send notifications");
  const clerk = await shopper(house, "clerk");
  for (const sql of ["SELECT leak()", "CREATE TEMP TABLE mine (x int)", "SELECT lo_create(0)", "DO $$ BEGIN END $$"])
    expect((await clerk.call("execute", { sql })).code).toBe("database_refused");
});

test("a task has so many sessions and no more, and a call that gets none has not run", async () => {
  const { open } = await shop();
  const house = await open();
  const clerk = await shopper(house, "clerk");
  await clerk.call("query", { sql: "SELECT 1" });
  const answers = await Promise.all(
    Array.from({ length: 12 }, () => clerk.call("query", { sql: "SELECT pg_sleep(1)" })),
  );
  const refused = answers.filter(({ code }) => code === "server_unavailable");
  expect(answers.filter(({ code }) => code === null).length).toBeGreaterThanOrEqual(8);
  for (const answer of refused) expect(wordsOf(answer)).toContain("no connection left for this task");
  const states = (await recordsOf(house, clerk.task)).flatMap(({ kind, body }) =>
    kind === "outcome" ? [body["state"]] : [],
  );
  expect(states.filter((state) => state === "not_run")).toHaveLength(refused.length);
});

test("a large object that a task made goes with its login", async () => {
  const { open, logins, all } = await shop();
  const house = await open();
  const clerk = await shopper(house, "clerk");
  expect((await clerk.call("execute", { sql: "SELECT lo_create(4711)" })).code).toBeNull();
  expect(await all("SELECT count(*)::int FROM pg_largeobject_metadata")).toEqual([[1]]);
  await endTask(house.writ.authority, { task: clerk.task as never, by: "ada", why: "done" });
  await expect.poll(logins).toEqual([]);
  expect(await all("SELECT count(*)::int FROM pg_largeobject_metadata")).toEqual([[0]]);
});

test("numbers that a table draws by itself can be drawn by who may insert", async () => {
  const { open, all } = await shop();
  const house = await open();
  const clerk = await shopper(house, "clerk");
  const answer = await clerk.call("execute", {
    sql: "INSERT INTO notes (about, body) VALUES ($1, $2) RETURNING id",
    params: [7, "it's here"],
  });
  expect(answer.json.result?.["structuredContent"]).toMatchObject({ changed: 1, rows: [[1]] });
  expect(await all("SELECT about, body FROM notes")).toEqual([[7, "it's here"]]);
});

test("neither Writ's own address nor the password of a login is in a log, a record or an answer", async () => {
  const lines: string[] = [];
  const keep = (facts: LogFacts, message: string): void =>
    void lines.push(JSON.stringify([facts, message, String(facts["cause"])]));
  const { open, url, admin } = await shop();
  const house = await open("", undefined, { debug: keep, info: keep, warn: keep, error: keep });
  const clerk = await shopper(house, "clerk");
  const texts = [(await clerk.call("query", { sql: "SELECT 1" })).text];
  await admin.query("ALTER TABLE orders RENAME TO other");
  texts.push((await clerk.call("query", { sql: "SELECT * FROM orders" })).text);
  await postgres.crash();
  texts.push((await clerk.call("query", { sql: "SELECT 1" })).text, await doctor(house));
  const records = JSON.stringify(await recordsOf(house, clerk.task));
  const password = decodeURIComponent(new URL(url).password);
  for (const text of [...texts, ...lines, records]) expect(text.includes(password)).toBe(false);
});

test("Writ does not start where its own record is in a database server that agents get logins for", async () => {
  const { variable } = await shop();
  process.env["TEST_STORE_BESIDE"] = await postgres.database();
  endings.push(() => delete process.env["TEST_STORE_BESIDE"]);
  const yaml = `store: { url_env: TEST_STORE_BESIDE }\nservers: { shop: { kind: postgres, url_env: ${variable} } }`;
  await expect(openHouse(yaml)).rejects.toMatchObject({ code: "database_is_writs" });
});

test.each([
  ["no address", "", "database_url_missing"],
  ["something that is none", "mysql://x@127.0.0.1/shop", "database_url_invalid"],
  ["an address over a network that nothing verifies", "postgres://keeper:pw@db.example.com/shop", "database_needs_tls"],
  ["one that verifies half of it", "postgres://keeper:pw@db.example.com/shop?sslmode=require", "database_needs_tls"],
])("Writ does not start with %s for a database, and does not repeat it", async (_, url, code) => {
  process.env["TEST_SHOP_ODD"] = url;
  endings.push(() => delete process.env["TEST_SHOP_ODD"]);
  const failed = await openHouse("servers: { shop: { kind: postgres, url_env: TEST_SHOP_ODD } }").catch(
    (cause: unknown) => cause,
  );
  expect(failed).toMatchObject({ code });
  expect(JSON.stringify(failed) + String(failed)).not.toMatch(/:pw@/);
});

test("a database that cannot be reached is said to be so, and calls to it do not leave", async () => {
  const { open, variable, url } = await shop();
  const wrong = new URL(url);
  wrong.password = "wrong";
  process.env[variable] = wrong.href;
  const house = await open();
  expect(await doctor(house)).toContain("has not said what its tools are");
  const clerk = await shopper(house, "clerk").catch((cause: unknown) => String(cause));
  if (typeof clerk !== "string") expect(wordsOf(await clerk.call("query", { sql: "SELECT 1" }))).not.toBe("");
});
