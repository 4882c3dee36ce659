import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, expect, test, vi } from "vitest";
import { stringify } from "yaml";
import { verifyLedger } from "../../src/ledger/verify.ts";
import { unavailable } from "../../src/store/fault.ts";
import { connect } from "./agent.ts";
import { type Box, failAppending, openBox, soon } from "./box.ts";
import { startGateway } from "./gateway.ts";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  vi.restoreAllMocks();
  for (const close of closing.splice(0).toReversed()) await close();
});

async function box(): Promise<Box> {
  const opened = await openBox();
  closing.push(() => opened.close());
  return opened;
}

const file = ({ writ }: Box): string => join(writ.configuration.dataFolder, "writ.sqlite");
const open = ({ writ }: Box): Promise<number> =>
  writ.store.read(async (tx) => (await tx.callsIn("admitted", { after: null, limit: 100 })).items.length);

test("while another process holds the database for long no call runs, and afterwards they run again", async () => {
  const house = await box();
  const clerk = await house.agent();
  const other = new DatabaseSync(file(house));
  other.exec("BEGIN IMMEDIATE");
  const refused = await Promise.all([clerk.call("add", { n: "1" }), clerk.call("see", { n: "2" })]);
  expect(refused.map((one) => one.code)).toEqual(["record_unavailable", "record_unavailable"]);
  expect(house.ran()).toEqual([]);
  other.exec("ROLLBACK");
  other.close();
  expect((await clerk.call("add", { n: "3" })).code).toBeNull();
  expect([house.ran(), (await house.records("admission")).length]).toEqual([["3"], 1]);
});

test("a call waits for another process that writes for a moment, and runs once", async () => {
  const house = await box();
  const clerk = await house.agent();
  const other = new DatabaseSync(file(house));
  other.exec("BEGIN IMMEDIATE");
  const answer = clerk.call("add", { n: "1" });
  setTimeout(() => other.exec("ROLLBACK"), 200);
  expect((await answer).code).toBeNull();
  expect(house.ran()).toEqual(["1"]);
  other.close();
});

test("a database that locks between a call and its outcome withholds the result, and the outcome is recorded later", async () => {
  const house = await box();
  const clerk = await house.agent();
  await clerk.call("see", { n: "warm" });
  const hanging = clerk.call("hang", { n: "1" }, { id: "h" });
  await soon(() => house.ran()).toContain("1");
  const other = new DatabaseSync(file(house));
  other.exec("BEGIN IMMEDIATE");
  writeFileSync(join(house.folder, "release"), "");
  const answer = await hanging;
  expect([answer.code, answer.text.includes("done")]).toEqual(["outcome_unknown", false]);
  expect(house.writ.held().owed).toBe(1);
  other.exec("ROLLBACK");
  other.close();
  await soon(() => house.writ.held().owed).toBe(0);
  expect(await open(house)).toBe(0);
  expect((await house.records("outcome")).at(-1)?.body).toMatchObject({ state: "outcome_unknown", heard: "completed" });
});

test("on a full disk calls are refused or their results withheld, nothing that ran is lost, and room mends it", async () => {
  const exec = vi.spyOn(DatabaseSync.prototype, "exec");
  const house = await box();
  const seen = exec.mock.contexts as readonly DatabaseSync[];
  const database = seen.find((one) => one.location() === realpathSync(file(house)));
  if (database === undefined) throw new Error("the database was not seen");
  exec.mockRestore();
  const clerk = await house.agent();
  const pages = database.prepare("PRAGMA page_count").get()?.["page_count"];
  database.exec(`PRAGMA max_page_count = ${Number(pages) + 20}`);

  const told = new Map<string, string>();
  for (let n = 0, refused = 0; refused < 5 && n < 2_000; n++) {
    const { code } = await clerk.call(n % 3 === 0 ? "see" : "add", { n: `n${n}` });
    told.set(`n${n}`, code ?? "answered");
    if (code === "record_unavailable") refused++;
  }
  const ran = new Set(house.ran());
  expect([...new Set(told.values())].filter((how) => how !== "outcome_unknown").toSorted()).toEqual([
    "answered",
    "record_unavailable",
  ]);
  for (const [n, how] of told) expect([n, ran.has(n)]).toEqual([n, how !== "record_unavailable"]);

  database.exec("PRAGMA max_page_count = 1000000");
  expect((await clerk.call("add", { n: "after" })).code).toBeNull();
  await soon(() => house.writ.held().owed).toBe(0);
  await soon(() => open(house)).toBe(0);
  expect((await house.records("admission")).length).toBe(ran.size + 1);
  expect(await verifyLedger(house.writ.store, house.writ.authority.digests)).toMatchObject({
    kind: "intact",
    open: [],
  });
});

test("a change whose outcome cannot be recorded is told as unknown, without its result, and stays so for a person", async () => {
  const house = await box();
  const clerk = await house.agent();
  const mend = failAppending(house, "outcome", () => unavailable("the disk failed to read or write"));
  const answer = await clerk.call("add", { n: "1" }, { meta: { "io.writ/call": "first" } });
  expect([answer.code, house.ran()]).toEqual(["outcome_unknown", ["1"]]);
  expect(answer.text).not.toContain("done");
  expect((await clerk.call("add", { n: "1" }, { meta: { "io.writ/call": "first" } })).code).toBe("call_repeated");
  mend();

  const [admission] = await house.records("admission");
  const call = admission?.call ?? "";
  await soon(() => house.stateOf(call)).toBe("outcome_unknown");
  expect((await house.records("outcome"))[0]?.body).toMatchObject({ state: "outcome_unknown", heard: "completed" });
  const [grant] = await house.writ.store.read((tx) => tx.grants(clerk.task as never)).then((all) => all.slice(1));
  expect(grant?.used).toBe(1);
  expect((await clerk.call("add", { n: "2" })).code).toBeNull();
  expect(house.ran()).toEqual(["1", "2"]);
});

test("a read whose outcome cannot be recorded is answered, logged, and recorded when that is possible again", async () => {
  const house = await box();
  const clerk = await house.agent();
  const mend = failAppending(house, "outcome", () => unavailable("the disk failed to read or write"));
  expect((await clerk.call("see", { n: "1" })).code).toBeNull();
  const [admission] = await house.records("admission");
  await soon(() => house.errors).toMatchObject([
    { message: "an outcome could not be recorded", facts: { call: admission?.call } },
  ]);
  mend();
  await soon(() => house.stateOf(admission?.call ?? "")).toBe("completed");
});

test("a decision that cannot be recorded runs nothing and asks nobody", async () => {
  const house = await box();
  const clerk = await house.agent();
  for (const [kind, tool, args] of [
    ["admission", "add", { n: "1" }],
    ["ask", "pay", { n: "2" }],
    ["denial", "add", { undeclared: "3" }],
  ] as const) {
    const mend = failAppending(house, kind, () => unavailable("the disk is full"));
    expect((await clerk.call(tool, args)).code).toBe("record_unavailable");
    mend();
  }
  expect(house.ran()).toEqual([]);
  expect(await house.writ.store.read((tx) => tx.openApprovals(clerk.task as never))).toEqual([]);
  const { used } = (await house.writ.store.read((tx) => tx.task(clerk.task as never))) ?? {};
  expect(used).toEqual({ calls: 0, writes: 0 });
});

test("a store that cannot be read denies, and nothing runs", async () => {
  const house = await box();
  const clerk = await house.agent();
  await clerk.call("see", { n: "warm" });
  const { store } = house.writ;
  const { read } = store;
  const told: string[] = [];
  // The first read fails, then only the second one, and so on, until the call needs no more of them.
  for (let failing = 1; told.at(-1) !== "answered"; failing++) {
    let reads = 0;
    store.read = (body) => (++reads === failing ? Promise.reject(unavailable("the disk failed")) : read(body));
    const answer = await clerk.call("add", { n: `r${failing}` });
    store.read = read;
    told.push(answer.status === 200 ? (answer.code ?? "answered") : String(answer.status));
  }
  expect(told).toEqual(["503", "record_unavailable", "record_unavailable", "upstream_failed", "answered"]);
  expect(house.ran()).toEqual(["warm", "r5"]);
  const outcomes = await house.records("outcome");
  expect(outcomes.map((one) => one.body["state"])).toEqual(["completed", "not_run", "completed"]);
  const grants = await store.read((tx) => tx.grants(clerk.task as never));
  expect(grants.at(-1)?.used).toBe(1);
});

test("a gateway that is asked to end puts on the record how its calls in flight ended", async () => {
  const folder = mkdtempSync(join(tmpdir(), "writ-ending-"));
  closing.push(() => rmSync(folder, { recursive: true, force: true }));
  const gateway = await processOf(folder);
  const client = await connect(gateway.origin, await gateway.task("clerk"));
  const hanging = client.call("count__hang", "1", null);
  await soon(() => readFileSync(join(folder, "counted"), "utf8")).toContain("hang");
  await gateway.stop();
  expect((await hanging).how).not.toBe("answered");
  const database = new DatabaseSync(join(folder, ".writ", "writ.sqlite"));
  const states = database.prepare("SELECT state FROM calls").all();
  database.close();
  expect(states).toMatchObject([{ state: "outcome_unknown" }]);
});

test.skipIf(spawnSync("prlimit", ["--version"]).error !== undefined)(
  "a gateway that can write to no file, its log included, stays up, runs no call, and works again when it can",
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "writ-full-"));
    closing.push(() => rmSync(folder, { recursive: true, force: true }));
    const gateway = await processOf(folder);
    const client = await connect(gateway.origin, await gateway.task("clerk"));
    expect((await client.call("count__add", "1", null)).how).toBe("answered");

    const limit = (size: string): void =>
      expect(spawnSync("prlimit", [`--pid=${gateway.pid}`, `--fsize=${size}:unlimited`]).status).toBe(0);
    limit("0");
    const during = await Promise.all(["2", "3", "4"].map((n) => client.call("count__add", n, null)));
    expect(during.map((one) => one.how)).toEqual(["record_unavailable", "record_unavailable", "record_unavailable"]);
    limit("unlimited");
    expect((await client.call("count__add", "5", null)).how).toBe("answered");
    const ran = readFileSync(join(folder, "counted"), "utf8").trim().split("\n");
    expect(ran.map((line) => (JSON.parse(line) as { arguments: { n: string } }).arguments.n)).toEqual(["1", "5"]);
    client.close();
  },
);

/** A gateway in a process of its own, with the counting server behind it; ended after the test. */
async function processOf(folder: string): ReturnType<typeof startGateway> {
  const server = join(import.meta.dirname, "count-server.ts");
  const tools = { add: { effects: ["write"] }, hang: { effects: ["write"] } };
  writeFileSync(join(folder, "counted"), "");
  writeFileSync(
    join(folder, "writ.yaml"),
    stringify({
      owner: "ada",
      listen: { port: 0 },
      servers: { count: { command: process.execPath, args: [server, "."], tools } },
      agents: { clerk: { scope: [{ tools: ["count__*"] }] } },
    }),
  );
  const gateway = await startGateway(folder);
  closing.push(() => gateway.stop());
  return gateway;
}
