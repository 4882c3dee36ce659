import { chmodSync, cpSync, mkdirSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type House, openHouse } from "../house.ts";
import { agentOf, type Bank, bankOf, bankYaml, BOB } from "../provenance/bank-world.ts";
import { realPostgres } from "../store/real-postgres.ts";

const server = realPostgres();
const houses: House[] = [];
let one: Bank;
let two: Bank;

beforeAll(async () => {
  process.env["WRIT_TEST_ENDORSE_STORE"] = await server.database();
  const yaml = `origin: http://127.0.0.1:7998\nstore: { url_env: WRIT_TEST_ENDORSE_STORE }\n${bankYaml()}`;
  const first = await openHouse(yaml);
  houses.push(first);
  const folder = mkdtempSync(join(tmpdir(), "writ-house-"));
  mkdirSync(join(folder, ".writ"), { mode: 0o700 });
  cpSync(join(first.folder, ".writ", "keys"), join(folder, ".writ", "keys"), { recursive: true });
  chmodSync(join(folder, ".writ", "keys"), 0o700);
  const second = await openHouse(yaml, {}, folder);
  houses.push(second);
  [one, two] = [bankOf(first), bankOf(second)];
}, 90_000);
afterAll(async () => {
  for (const house of houses) await house.close();
}, 60_000);

test("a yes at one gateway is remembered at the other, and taken back there", async () => {
  const here = await one.agent("Please pay the bills in 'bills.txt'");
  await here.call("read_file", { path: "bills.txt" });
  await here.allowed("send_payment", { recipient: BOB, amount: 5 });
  const there = await agentOf(two.house, two.as, here.task, here.token);
  expect((await there.call("send_payment", { recipient: BOB, amount: 5 })).code).toBeNull();
  const { json } = await two.as("ada", "GET", `/v1/tasks/${here.task}`);
  const grant = (json["grants"] as { id: string; endorses?: object }[]).find(({ endorses }) => endorses !== undefined);
  await two.as("ada", "DELETE", `/v1/grants/${grant?.id ?? ""}`);
  expect((await here.call("send_payment", { recipient: BOB, amount: 4 })).code).toBe("approval_pending");
}, 60_000);

test("what the owner takes away at one gateway is refused at the other from the next call on", async () => {
  const here = await one.agent(`Pay 5 to ${BOB}`);
  const there = await agentOf(two.house, two.as, here.task, here.token);
  await one.as("ada", "POST", `/v1/tasks/${here.task}/narrow`, { not: [BOB] });
  expect((await there.call("send_payment", { recipient: BOB, amount: 5 })).code).toBe("policy_forbidden");
}, 60_000);
