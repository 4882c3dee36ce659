import { chmodSync, cpSync, mkdirSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { enrol } from "../../src/authority/enrolment/enrol.ts";
import { openTask } from "../../src/authority/tasks/open-task.ts";
import { renewTask } from "../../src/authority/tasks/renew-task.ts";
import type { PersonName } from "../../src/domain/ids.ts";
import { rawClient } from "../gate/client.ts";
import { type House, openHouse } from "../house.ts";
import { realPostgres } from "../store/real-postgres.ts";

const SERVER = join(import.meta.dirname, "..", "gate", "fixture-server.ts");
const DANA = { name: "dana" as PersonName, roles: ["admin"] };
const RULES = { "capabilities.yaml": "agents: { clerk: { start: 2 } }\nmaterial: [model]\n" };
const server = realPostgres();
let one: House;
let two: House;

beforeAll(async () => {
  const shared = mkdtempSync(join(tmpdir(), "writ-fleet-"));
  process.env["WRIT_TEST_CAPABILITY_STORE"] = await server.database();
  const yaml = `
origin: http://127.0.0.1:7998
store: { url_env: WRIT_TEST_CAPABILITY_STORE }
approvals: { timeout: 1s, hold: 1s }
servers:
  box:
    command: node
    args: [${SERVER}, ${join(shared, "did.txt")}]
    cwd: ${shared}
    tools: { look: { effects: [read] }, change: { effects: [write], reversible: true } }
agents: { clerk: { scope: [ { tools: [box__look, box__change] } ] } }
`;
  one = await openHouse(yaml, RULES);
  const folder = mkdtempSync(join(tmpdir(), "writ-house-"));
  mkdirSync(join(folder, ".writ"), { mode: 0o700 });
  cpSync(join(one.folder, ".writ", "keys"), join(folder, ".writ", "keys"), { recursive: true });
  chmodSync(join(folder, ".writ", "keys"), 0o700);
  two = await openHouse(yaml, RULES, folder);
}, 90_000);
afterAll(async () => {
  await one?.close();
  await two?.close();
}, 60_000);

test("what a person narrows on one gateway is dead on the other, and a fresh credential is as narrow there", async () => {
  const enrolled = await enrol(one.writ.authority, {
    agent: "clerk",
    thumbprint: "K7o1sXrU2NUXNbTzxYvmyjVGvcZsxJ1YhrpWU3RCvXY",
    selectors: {},
  });
  const { instance } = enrolled;
  const { task, token } = await openTask(one.writ.authority, {
    instance,
    objective: "",
    declaredBy: "owner",
    parent: null,
  });
  const before = await rawClient(`${two.writ.origin}/mcp/box`, token.token);
  expect((await before.call("change", { to: "x" })).code).toBeNull();

  await one.writ.capabilities.demote({ agent: "clerk", capability: "data.write", level: 0, person: DANA, why: "" });
  expect((await before.call("look", { at: "x" })).status).toBe(401);
  const fresh = await renewTask(one.writ.authority, { instance, task: task.id });
  const after = await rawClient(`${two.writ.origin}/mcp/box`, fresh.token);
  expect((await after.call("change", { to: "x" })).code).toBe("capability_missing");
  expect((await after.call("look", { at: "x" })).code).toBeNull();
}, 30_000);

test("both gateways have the same profile from the same record", async () => {
  for (const house of [one, two]) await house.writ.capabilities.catchUp();
  const stored = await one.writ.store.read((tx) => tx.documents("capability_profile"));
  for (const { agent, instance, hash } of stored)
    for (const house of [one, two]) {
      await house.writ.capabilities.profiles.start();
      expect(house.writ.capabilities.profiles.of({ agent, instance: instance ?? ("i_other" as never) }).hash).toBe(
        hash,
      );
    }
  expect(stored.length).toBeGreaterThan(0);
});
