import { randomBytes } from "node:crypto";
import { chmodSync, cpSync, mkdirSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { endTask } from "../../src/authority/tasks/end-task.ts";
import { type House, openHouse } from "../house.ts";
import { rawClient, type RawClient } from "../gate/client.ts";
import { realPostgres } from "../store/real-postgres.ts";
import { BLIND, recordsOf, rowsOf } from "../upstream/databases.ts";
import { stock } from "../upstream/postgres/shop.ts";

/** Two servers: the record is never where agents have logins. */
const keeping = realPostgres();
const serving = realPostgres();
let one: House;
let two: House;
let admin: pg.Client;

const YAML = `
origin: http://127.0.0.1:7998
store: { url_env: TEST_FLEET_STORE }
vault: { key: env }
servers:
  shop: { kind: postgres, url_env: TEST_FLEET_SHOP, timeout: 20s }
agents:
  clerk:
    scope: [{ tools: [shop__query, shop__execute], tables: { orders: { read: "*", update: [state], rows: 1 } } }]
    budget: { calls: 500, writes: 100 }
`;

beforeAll(async () => {
  process.env["TEST_FLEET_STORE"] = await keeping.database();
  process.env["TEST_FLEET_SHOP"] = await serving.database();
  process.env["WRIT_VAULT_KEY"] = randomBytes(32).toString("base64url");
  admin = await serving.client(process.env["TEST_FLEET_SHOP"] ?? "");
  await stock(admin);
  one = await openHouse(YAML, {}, undefined, undefined, { analysers: BLIND });
  // The keys of the first are the keys of all.
  const folder = mkdtempSync(join(tmpdir(), "writ-house-"));
  mkdirSync(join(folder, ".writ"), { mode: 0o700 });
  cpSync(join(one.folder, ".writ", "keys"), join(folder, ".writ", "keys"), { recursive: true });
  chmodSync(join(folder, ".writ", "keys"), 0o700);
  two = await openHouse(YAML, {}, folder, undefined, { analysers: BLIND });
}, 90_000);
afterAll(async () => {
  await one?.close();
  await two?.close();
  await admin.end();
  for (const name of ["TEST_FLEET_STORE", "TEST_FLEET_SHOP", "WRIT_VAULT_KEY"]) delete process.env[name];
}, 60_000);

const at = (house: House, token: string): Promise<RawClient> => rawClient(`${house.writ.origin}/mcp/shop`, token);
const logins = async (): Promise<number> =>
  (await admin.query("SELECT FROM pg_roles WHERE rolname LIKE 'writ_task_%'")).rowCount ?? -1;
const who = { sql: "SELECT current_user::text" };

test("each gateway has a login of its own for a task, and a task that ends at one of them loses both", async () => {
  const { token, task } = await one.task("clerk");
  const [first, second] = await Promise.all([at(one, token), at(two, token)]);
  const names = [rowsOf(await first.call("query", who)), rowsOf(await second.call("query", who))];
  expect(names[0]).not.toEqual(names[1]);
  expect(await logins()).toBe(2);
  const running = second.call("query", { sql: "SELECT pg_sleep(15)" });
  await expect
    .poll(
      async () =>
        (
          await admin.query(
            "SELECT FROM pg_stat_activity WHERE query LIKE '%pg_sleep(15)%' AND usename LIKE 'writ_task_%'",
          )
        ).rowCount,
    )
    .toBe(1);
  await endTask(one.writ.authority, { task: task.id, by: "ada", why: "done" });
  expect((await running).code).toBe("credential_revoked");
  await expect.poll(logins).toBe(0);
  await expect
    .poll(async () =>
      (await recordsOf(one, task.id))
        .filter(({ kind }) => kind === "lease")
        .map(({ body }) => String(body["how"]))
        .toSorted(),
    )
    .toEqual(["ended", "ended", "taken", "taken"]);
});

test("many tasks begin and end at both at once, and no login is left and no call fails", async () => {
  const tasks = await Promise.all(Array.from({ length: 12 }, (_, i) => (i % 2 === 0 ? one : two).task("clerk")));
  const answers = await Promise.all(
    tasks.flatMap(({ token }) => [one, two].map(async (house) => (await at(house, token)).call("query", who))),
  );
  expect(answers.map(({ code }) => code)).toEqual(answers.map(() => null));
  expect(new Set(answers.map((answer) => JSON.stringify(rowsOf(answer)))).size).toBe(24);
  await Promise.all(
    tasks.map(({ task }, i) =>
      endTask((i % 3 === 0 ? one : two).writ.authority, { task: task.id, by: "ada", why: "done" }),
    ),
  );
  await expect.poll(logins, { timeout: 15_000 }).toBe(0);
});
