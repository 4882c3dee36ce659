import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launch, type Launched } from "../../src/doors/launcher/launch.ts";
import { declaredModel, programOf } from "../../src/doors/launcher/program.ts";
import type { AgentName, InstanceId, PersonName } from "../../src/domain/ids.ts";
import { rawClient } from "../gate/client.ts";
import { type House, openHouse } from "../house.ts";

const SERVER = join(import.meta.dirname, "..", "gate", "fixture-server.ts");
const DANA = { name: "dana" as PersonName, roles: ["admin"] };
const folder = mkdtempSync(join(tmpdir(), "writ-launched-"));
const here = { cwd: folder, path: process.env["PATH"] ?? "" };
let house: House;
let launched: Launched;

beforeAll(async () => {
  house = await openHouse(
    `
approvals: { timeout: 1s, hold: 1s }
servers:
  box:
    command: node
    args: [${SERVER}, ${join(folder, "did.txt")}]
    cwd: ${folder}
    tools: { look: { effects: [read] }, change: { effects: [write], reversible: true } }
agents: { clerk: { scope: [ { tools: [box__look, box__change] } ] } }
`,
    { "capabilities.yaml": "agents: { clerk: { start: { data.write: 1 } } }\nmaterial: [model]\n" },
  );
  const ruling = { agent: "clerk", capability: "data.write", person: DANA, why: "" };
  await house.writ.capabilities.endorse({ ...ruling, level: 2, until: Date.now() + 60_000 });
  launched = await launch({
    origin: house.writ.origin,
    launcherKey: house.writ.keys.launcher,
    agent: "clerk",
    objective: "",
    checkTree: false,
    parts: [{ component: "model", id: "opus", version: null, claimed: false }],
  });
}, 60_000);
afterAll(async () => {
  await launched?.close("done");
  await house?.close();
  rmSync(folder, { recursive: true, force: true });
});

const seen = async () =>
  (await house.writ.store.read((tx) => tx.document("capability_seen", launched.instance as InstanceId)))?.parts;

test("what the launcher saw is observed, and what the client says of itself is a claim", async () => {
  await rawClient(`${launched.url}/box`, "");
  await expect.poll(async () => (await seen())?.harness).toMatchObject({ id: "raw", strength: "claimed" });
  expect((await seen())?.model).toEqual({ id: "opus", version: null, strength: "observed" });
});

test("an agent goes on in its session when its profile changes: its launcher has a fresh credential, the next write is asked", async () => {
  const clerk = await rawClient(`${launched.url}/box`, "");
  expect((await clerk.call("change", { to: "alone" })).code).toBeNull();
  await launched.observe([{ component: "model", id: "haiku", version: null, claimed: false }]);
  const next = await clerk.call("change", { to: "asked" });
  expect([next.status, next.code]).toEqual([200, "approval_timeout"]);
  expect((await clerk.call("look", { at: "x" })).code).toBeNull();
  expect(readFileSync(join(folder, "did.txt"), "utf8")).not.toContain("asked");
}, 30_000);

test("what was seen of a process is kept while it works, and forgotten once it is idle and over", async () => {
  const { capabilities, store } = house.writ;
  const over = { id: "i_over" as InstanceId, agent: "clerk" as AgentName };
  await capabilities.observe(over, [{ component: "model", part: { id: "opus", version: null, strength: "observed" } }]);
  const kept = async () =>
    (await store.read((tx) => tx.documents("capability_seen"))).map(({ instance }) => instance as string);
  await capabilities.tidy(Date.now());
  expect(await kept()).toEqual(expect.arrayContaining(["i_over", launched.instance]));
  await capabilities.tidy(Date.now() + 2 * 3_600_000);
  expect(await kept()).toEqual([launched.instance]);
});

test("a program is told by its content and its script's, wherever it is", async () => {
  writeFileSync(join(folder, "agent.js"), "one");
  const before = await programOf(["node", "agent.js"], here);
  writeFileSync(join(folder, "agent.js"), "two");
  const after = await programOf(["node", "agent.js"], here);
  expect([before?.id, after?.id, before?.version === after?.version]).toEqual([
    "node agent.js",
    "node agent.js",
    false,
  ]);
  expect(await programOf(["no-such-program"], here)).toBeNull();
  expect(
    [declaredModel("opus@4.6"), declaredModel("opus")].map(({ id, version, claimed }) => [id, version, claimed]),
  ).toEqual([
    ["opus", "4.6", true],
    ["opus", null, true],
  ]);
});
