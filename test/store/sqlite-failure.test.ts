import { chmod, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { constants, DatabaseSync } from "node:sqlite";
import type { Kysely } from "kysely";
import { describe, expect, it } from "vitest";
import type { RecordDraft } from "../../src/domain/record.ts";
import type { Store } from "../../src/ports/store.ts";
import { aGrant, anEntry, aTask, id } from "../../src/store/conformance/values.ts";
import { MIGRATIONS } from "../../src/store/sql/migrations/migrations.ts";
import { openSqlite, openSqliteStore } from "../../src/store/sql/sqlite.ts";
import { newFolder, quiet } from "./folder.ts";

const LARGE: RecordDraft = anEntry({ body: { text: "x".repeat(200_000) } });
const LATER = {
  name: "0002-later",
  up: (db: Kysely<unknown>) => db.schema.createTable("later").addColumn("id", "text").execute(),
};

async function newFile(): Promise<string> {
  return join(await newFolder(), "writ.db");
}

function code(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => "nothing was refused",
    (error: { code?: string }) => error.code ?? String(error),
  );
}

function taskIds(store: Store): Promise<string[]> {
  return store.read(async (tx) => (await tx.tasks({ after: null, limit: 999 })).items.map((task) => task.id));
}

describe("the SQLite store, when the world fails", () => {
  it("holds after a reopen all that resolved before, and its sequences and ledger go on from there", async () => {
    const file = await newFile();
    const first = await openSqliteStore({ file, log: quiet });
    await first.write(async (tx) => {
      await tx.putTask(aTask("t_1"));
      await tx.revoke({ kind: "task", id: "t_1" });
      await tx.spend("issuer", "jti", 5_000);
      await tx.append(anEntry());
    });
    const head = await first.read((tx) => tx.ledgerHead());
    await first.close();

    const second = await openSqliteStore({ file, log: quiet });
    const [task, revoked, spent, next] = await second.write(async (tx) => [
      await tx.task(id("t_1")),
      await tx.revokedAt([{ kind: "task", id: "t_1" }]),
      await tx.spend("issuer", "jti", 5_000),
      await tx.append(anEntry()),
    ]);
    expect([task, revoked, spent, next.number, next.previous]).toEqual([aTask("t_1"), 1, false, 2, head?.hash]);
    expect(await second.write((tx) => tx.publish("task", "t_1"))).toBe(2);
    await second.close();
  });

  it("refuses every write on a full disk, loses nothing of what was there, and goes on when there is room", async () => {
    const { store, database } = await openSqlite({ file: await newFile(), log: quiet });
    await store.write((tx) => tx.putTask(aTask("t_kept")));
    const pages = database.prepare("PRAGMA page_count").get()?.["page_count"];
    database.exec(`PRAGMA max_page_count = ${pages}`);

    const heard: unknown[] = [];
    store.subscribe((event) => heard.push(event));
    const writes = Array.from({ length: 5 }, (_, n) =>
      store.write(async (tx) => {
        await tx.putTask(aTask(`t_${n}`));
        await tx.publish("task", `t_${n}`);
        await tx.append(LARGE);
      }),
    );
    expect(await Promise.all(writes.map(code))).toEqual(Array(5).fill("store_unavailable"));
    expect([await taskIds(store), heard]).toEqual([["t_kept"], []]);

    database.exec("PRAGMA max_page_count = 1000000");
    await store.write((tx) => tx.append(LARGE));
    expect((await store.read((tx) => tx.ledgerHead()))?.number).toBe(1);
    await store.close();
  });

  it("refuses a write whose body swallows the fault of a full disk", async () => {
    const { store, database } = await openSqlite({ file: await newFile(), log: quiet });
    const pages = database.prepare("PRAGMA page_count").get()?.["page_count"];
    database.exec(`PRAGMA max_page_count = ${pages}`);
    const refused = await code(
      store.write((tx) =>
        tx.append(LARGE).then(
          () => "written",
          () => "swallowed",
        ),
      ),
    );
    expect([refused, await store.read((tx) => tx.ledgerHead())]).toEqual(["store_unavailable", null]);
    await store.close();
  });

  it("refuses a whole batch when one body swallows a fault that SQLite itself would live with", async () => {
    const { store, database } = await openSqlite({ file: await newFile(), log: quiet });
    database.setAuthorizer((action, table) =>
      action === constants.SQLITE_INSERT && table === "ledger" ? constants.SQLITE_DENY : constants.SQLITE_OK,
    );
    const writes = [1, 2, 3].map((n) =>
      store.write(async (tx) => {
        await tx.putTask(aTask(`t_${n}`));
        if (n === 2) await tx.append(anEntry()).catch(() => null);
      }),
    );
    expect(await Promise.all(writes.map(code))).toEqual(Array(3).fill("store_unavailable"));
    expect(await taskIds(store)).toEqual([]);
    database.setAuthorizer(null);
    await store.write((tx) => tx.append(anEntry()));
    await store.close();
  });

  it("refuses every write of a commit that fails, also one that threw, tells of nothing, and goes on after", async () => {
    const { store, database } = await openSqlite({ file: await newFile(), log: quiet });
    const heard: unknown[] = [];
    store.subscribe((event) => heard.push(event));
    database.setAuthorizer((_action, operation) =>
      operation === "COMMIT" ? constants.SQLITE_DENY : constants.SQLITE_OK,
    );
    const writes = Array.from({ length: 6 }, (_, n) =>
      store.write(async (tx) => {
        await tx.putTask(aTask(`t_${n}`));
        await tx.publish("task", `t_${n}`);
        await tx.append(anEntry());
        if (n === 3) throw new Error("for what it saw, which did not last");
      }),
    );
    expect(await Promise.all(writes.map(code))).toEqual(Array(6).fill("store_unavailable"));
    expect([await taskIds(store), heard]).toEqual([[], []]);

    database.setAuthorizer(null);
    expect((await store.write((tx) => tx.append(anEntry()))).number).toBe(1);
    expect(await store.write((tx) => tx.publish("task", "t_1"))).toBe(1);
    await store.close();
  });

  it("waits for another process that writes, and loses nothing", async () => {
    const file = await newFile();
    const store = await openSqliteStore({ file, log: quiet });
    const other = new DatabaseSync(file);
    other.exec("BEGIN IMMEDIATE");
    const writing = store.write((tx) => tx.putTask(aTask("t_1")));
    expect(await taskIds(store)).toEqual([]);
    setTimeout(() => other.exec("ROLLBACK"), 100);
    await writing;
    expect(await taskIds(store)).toEqual(["t_1"]);
    other.close();
    await store.close();
  });

  it("refuses a write when another process holds the database for long, still reads, and goes on after", async () => {
    const file = await newFile();
    const store = await openSqliteStore({ file, log: quiet });
    await store.write((tx) => tx.putTask(aTask("t_kept")));
    const other = new DatabaseSync(file);
    other.exec("BEGIN IMMEDIATE");
    const writes = [1, 2, 3].map((n) => code(store.write((tx) => tx.putTask(aTask(`t_${n}`)))));
    expect(await taskIds(store)).toEqual(["t_kept"]);
    expect(await Promise.all(writes)).toEqual(Array(3).fill("store_unavailable"));
    other.exec("ROLLBACK");
    other.close();
    await store.write((tx) => tx.putTask(aTask("t_after")));
    expect(await taskIds(store)).toEqual(["t_after", "t_kept"]);
    await store.close();
  });

  it("sees what another process wrote, and chains its own entries to it", async () => {
    const file = await newFile();
    const [one, two] = await Promise.all([
      openSqliteStore({ file, log: quiet }),
      openSqliteStore({ file, log: quiet }),
    ]);
    const appended = await Promise.all(
      Array.from({ length: 40 }, (_, n) =>
        (n % 2 === 0 ? one : two).write((tx) => tx.append(anEntry({ body: { n } }))),
      ),
    );
    expect(new Set(appended.map((record) => record.number)).size).toBe(40);
    expect(await one.read((tx) => tx.ledgerTail(99))).toEqual(await two.read((tx) => tx.ledgerTail(99)));
    await one.close();
    await two.close();
  });

  it("is readable and writable by its owner only, journal included", async () => {
    const file = await newFile();
    await writeFile(file, "");
    await chmod(file, 0o644);
    const store = await openSqliteStore({ file, log: quiet });
    await store.write((tx) => tx.putTask(aTask("t_1")));
    for (const suffix of ["", "-wal"]) expect((await stat(file + suffix)).mode & 0o777).toBe(0o600);
    await store.close();
  });

  it("backs up a schema before it brings it up to date, and keeps all that was in it", async () => {
    const file = await newFile();
    const before = await openSqliteStore({ file, log: quiet });
    await before.write((tx) => tx.putGrant(aGrant("g_1")));
    await before.close();

    const after = await openSqliteStore({ file, log: quiet, migrations: [...MIGRATIONS, LATER], now: () => 0 });
    expect(await after.read((tx) => tx.grant(id("g_1")))).toEqual(aGrant("g_1"));
    await after.close();

    const backup = `${file}.schema-${MIGRATIONS.length}.19700101T000000000Z.backup`;
    expect((await stat(backup)).mode & 0o777).toBe(0o600);
    const restored = await openSqliteStore({ file: backup, log: quiet });
    expect(await restored.read((tx) => tx.grant(id("g_1")))).toEqual(aGrant("g_1"));
    await restored.close();
  });

  it("makes no backup of a new file, nor of one that is up to date", async () => {
    const folder = await newFolder();
    for (const _ of [1, 2]) await (await openSqliteStore({ file: join(folder, "writ.db"), log: quiet })).close();
    expect(await readdir(folder)).toEqual(["writ.db"]);
  });

  it("leaves a database as it was when a migration fails", async () => {
    const file = await newFile();
    await (await openSqliteStore({ file, log: quiet })).close();
    const half = {
      name: "0002-half",
      up: async (db: Kysely<unknown>) => {
        await LATER.up(db);
        await db.schema.dropTable("no_such_table").execute();
      },
    };
    expect(await code(openSqliteStore({ file, log: quiet, migrations: [...MIGRATIONS, half] }))).toBe(
      "store_unavailable",
    );
    const database = new DatabaseSync(file);
    expect(database.prepare("SELECT name FROM sqlite_schema WHERE name = 'later'").all()).toEqual([]);
    database.close();
    await (await openSqliteStore({ file, log: quiet })).close();
  });

  it("refuses a database of a newer version, and leaves it as it was", async () => {
    const file = await newFile();
    await (await openSqliteStore({ file, log: quiet, migrations: [...MIGRATIONS, LATER] })).close();
    const before = await readFile(file);
    expect(await code(openSqliteStore({ file, log: quiet }))).toBe("store_newer");
    expect((await readFile(file)).equals(before)).toBe(true);
  });

  it("refuses a file that is no database, is cut short, or is somebody else's, and leaves it as it was", async () => {
    const text = await newFile();
    await writeFile(text, "these are not the pages you are looking for\n".repeat(200));
    const foreign = await newFile();
    const other = new DatabaseSync(foreign);
    other.exec("CREATE TABLE customers (id INTEGER PRIMARY KEY)");
    other.close();
    const cut = await newFile();
    await (await openSqliteStore({ file: cut, log: quiet })).close();
    await writeFile(cut, (await readFile(cut)).subarray(0, 6_000));
    for (const file of [text, foreign, cut]) {
      const before = await readFile(file);
      expect(await code(openSqliteStore({ file, log: quiet }))).toBe("store_damaged");
      expect((await readFile(file)).equals(before)).toBe(true);
    }
  });

  it("says that it cannot be reached when its folder is not there", async () => {
    const file = join(await newFolder(), "missing", "writ.db");
    expect(await code(openSqliteStore({ file, log: quiet }))).toBe("store_unavailable");
  });
});
