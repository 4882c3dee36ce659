import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { agentView } from "../../src/authority/capability/explain.ts";
import { enrol } from "../../src/authority/enrolment/enrol.ts";
import { answerApproval } from "../../src/authority/tasks/answer-approval.ts";
import { openTask } from "../../src/authority/tasks/open-task.ts";
import { renewTask } from "../../src/authority/tasks/renew-task.ts";
import type { Strength } from "../../src/domain/fingerprint.ts";
import type { PersonName } from "../../src/domain/ids.ts";
import type { Instance } from "../../src/domain/principal.ts";
import type { Task } from "../../src/domain/task.ts";
import type { StoreEvent } from "../../src/ports/store.ts";
import { type House, openHouse } from "../house.ts";
import { rawClient } from "../gate/client.ts";
import { createLab } from "./lab.ts";

const SERVER = join(import.meta.dirname, "..", "gate", "fixture-server.ts");
const DANA = { name: "dana" as PersonName, roles: ["admin", "approver"] };
const lab = createLab();
const folder = mkdtempSync(join(tmpdir(), "writ-story-"));
const counter = join(folder, "did.txt");
let house: House;
let instance: Instance;
let task: Task;
let token: string;
const events: StoreEvent[] = [];

const WRIT = `
tier: optimized
approvals: { timeout: 60s, hold: 30s }
evaluators: { lab: { jwks: ${JSON.stringify(lab.jwks)} } }
servers:
  box:
    command: node
    args: [${SERVER}, ${counter}]
    cwd: ${folder}
    tools: { look: { effects: [read] }, change: { effects: [write], reversible: true }, pay: { effects: [write], reversible: true } }
agents:
  clerk:
    scope: [ { tools: [box__look, box__change] } ]
    envelope: [ { tools: [box__pay] } ]
    budget: { calls: 1000, writes: 500 }
`;
const RULES = `
agents: { clerk: { start: { data.write: 1 } } }
material: [model, tools]
requires:
  "data.*":
    2: { evaluation: { suite: file-hygiene, score: 0.9 } }
    3: { supervised: 50, targets: 10, refusals: 0.05 }
`;

beforeAll(async () => {
  writeFileSync(counter, "");
  house = await openHouse(WRIT, { "capabilities.yaml": RULES });
  house.writ.store.subscribe((event) => events.push(event));
  const enrolled = await enrol(house.writ.authority, {
    agent: "clerk",
    thumbprint: "K7o1sXrU2NUXNbTzxYvmyjVGvcZsxJ1YhrpWU3RCvXY",
    selectors: {},
  });
  instance = enrolled.instance;
  await runs("opus");
  const opened = await openTask(house.writ.authority, {
    instance,
    objective: 'Change the box to "alone", change it to "back", and pay "shop 99" and all other shops that ask for it.',
    declaredBy: "owner",
    parent: null,
  });
  ({ task } = opened);
  token = opened.token.token;
}, 60_000);
afterAll(async () => {
  await house?.close();
  rmSync(folder, { recursive: true, force: true });
});

const capabilities = () => house.writ.capabilities;
const runs = (model: string, strength: Strength = "observed"): Promise<void> =>
  capabilities().observe(instance, [{ component: "model", part: { id: model, version: null, strength } }]);
const view = () => house.writ.store.read((tx) => agentView(capabilities().parts, tx, "clerk"));
async function explained() {
  await capabilities().catchUp();
  const line = (await view()).capabilities.find(({ capability }) => capability === "data.write");
  if (line === undefined) throw new Error("no line");
  return line;
}
const box = () => rawClient(`${house.writ.origin}/mcp/box`, token);
const renew = async (): Promise<void> => {
  ({ token } = await renewTask(house.writ.authority, { instance, task: task.id }));
};
const done = (): number => readFileSync(counter, "utf8").split("\n").filter(Boolean).length;
const open = () => house.writ.store.read((tx) => tx.openApprovals(task.id));

/** Calls that people look at for as long as it takes to read them, and allow. */
async function supervised(
  calls: readonly (() => Promise<{ code: string | null }>)[],
): Promise<readonly (string | null)[]> {
  const made = calls.map((call) => call());
  await expect
    .poll(async () => (await open()).filter((one) => one.state === "pending").length, { timeout: 20_000 })
    .toBe(calls.length);
  const asked = await open();
  const newest = Math.max(...asked.map(({ askedAt }) => askedAt));
  await expect.poll(() => Date.now() - newest, { timeout: 10_000, interval: 50 }).toBeGreaterThan(2_050);
  for (const { id, state } of asked)
    if (state === "pending")
      await answerApproval(house.writ.authority, { approval: id, person: DANA, verdict: "allow", note: "" });
  return (await Promise.all(made)).map(({ code }) => code);
}
async function evaluated(model: string): Promise<void> {
  const { fingerprint } = await view();
  await capabilities().submit(
    lab.sign({
      fingerprint: {
        parts: { ...fingerprint, model: { id: model, version: null, strength: "observed" } } as never,
        tools: {},
      },
    }),
    "dana",
  );
}

test("it starts supervised: a write inside its grant is asked about", async () => {
  expect(await explained()).toMatchObject({ level: 1, name: "supervised", why: ["it starts at 1"] });
  const clerk = await box();
  expect((await clerk.call("look", { at: "x" })).code).toBe(null);
  expect(await supervised([() => clerk.call("change", { to: "first" })])).toEqual([null]);
}, 30_000);

test("one gap says how it is closed, however many calls it is about", async () => {
  const { gaps } = await view();
  await capabilities().catchUp();
  const now = (await view()).gaps;
  expect(now.length).toBeGreaterThanOrEqual(gaps.length);
  const about = now.filter(({ capability }) => capability === "data.write");
  expect(about).toHaveLength(1);
  expect(about[0]).toMatchObject({ wanted: 2, held: 1, tool: "box__change" });
  expect(about[0]?.ways[0]).toMatch(
    /^the suite file-hygiene, passed with 0.9, then a person's yes: writ capability promote clerk data.write 2/,
  );
});

test("it passes a suite, a person says yes, and it works alone inside its grant", async () => {
  await evaluated("opus");
  expect((await explained()).level).toBe(1);
  expect((await view()).proposals).toMatchObject([{ capability: "data.write", from: 1, to: 2 }]);
  expect(
    await capabilities().promote({ agent: "clerk", capability: "data.write", level: 2, person: DANA, why: "" }),
  ).toBe(2);
  expect((await view()).gaps.filter(({ capability }) => capability === "data.write")).toEqual([]);
  await renew();
  const clerk = await box();
  expect((await clerk.call("change", { to: "alone" })).code).toBe(null);
  expect(await open()).toEqual([]);
});

test("outside its grants each call is asked, and fifty that go well are put before a person", async () => {
  const clerk = await box();
  for (let n = 0; n < 60; n += 15) {
    const calls = Array.from({ length: 15 }, (_, i) => () => clerk.call("pay", { to: `shop ${n + i}`, amount: n + i }));
    expect(await supervised(calls)).toEqual(Array.from({ length: 15 }, () => null));
    if (n === 0) {
      // The same again is no more evidence.
      await supervised([() => clerk.call("pay", { to: "shop 1", amount: 1 })]);
      expect((await explained()).shown[1]).toMatch(/^16 uses that a person allowed/);
    }
  }
  expect((await explained()).shown[1]).toMatch(/^61 uses that a person allowed, 1 alone/);
  expect((await view()).proposals).toMatchObject([{ from: 2, to: 3 }]);
}, 120_000);

test("a person lets it be trusted, and what the owner foresaw is granted just in time", async () => {
  await capabilities().promote({
    agent: "clerk",
    capability: "data.write",
    level: 3,
    person: DANA,
    why: "it does well",
  });
  await renew();
  const clerk = await box();
  expect((await clerk.call("pay", { to: "shop 99", amount: 1 })).code).toBe(null);
  const issued = await house.writ.store.read((tx) => tx.grants(task.id));
  expect(issued.filter(({ origin }) => origin === "just-in-time")).toHaveLength(1);
});

test("a model that is only claimed to be another is not believed: it is a finding, which counts against the agent", async () => {
  await runs("better-opus", "claimed");
  expect(
    (await house.writ.store.read((tx) => tx.ledger({ after: 0, limit: 9, kind: "finding" }))).at(-1)?.body,
  ).toMatchObject({
    finding: "claim_outranked",
    known: { id: "opus" },
  });
  expect((await explained()).level).toBe(2);
});

test("another model in the middle of a session: the credential is dead, and the next write is asked about", async () => {
  await renew();
  const clerk = await box();
  const before = done();
  await runs("haiku");
  const dead = await clerk.call("change", { to: "too late" });
  expect([dead.status, done()]).toEqual([401, before]);
  expect((await explained()).why).toEqual(expect.arrayContaining([expect.stringMatching(/its model is haiku now/)]));
  await renew();
  const again = await box();
  expect(await supervised([() => again.call("change", { to: "asked again" })])).toEqual([null]);
}, 30_000);

test("evaluated under the new model, it is back where a person had let it", async () => {
  await evaluated("haiku");
  const { level, why } = await explained();
  expect([level, why]).toEqual([2, expect.arrayContaining(["findings count against it: claim_outranked"])]);
  await renew();
  expect((await (await box()).call("change", { to: "back" })).code).toBe(null);
});

test("every step stands in the ledger, and those who listen were told", async () => {
  const all = await house.writ.store.read((tx) => tx.ledger({ after: 0, limit: 5_000 }));
  const kinds = new Set(all.map(({ kind }) => kind));
  for (const kind of [
    "capability_rules",
    "fingerprint",
    "evaluation",
    "promotion",
    "capability_gap",
    "capability_profile",
    "finding",
  ] as const)
    expect(kinds).toContain(kind);
  const narrowed = all.filter(({ kind, body }) => kind === "capability_profile" && body["narrowed"] === true);
  expect(events.filter(({ kind }) => kind === "revoked").map(({ id }) => id)).toEqual(
    expect.arrayContaining(narrowed.slice(2).map(({ body }) => `profile:${String(body["from"])}`)),
  );
  expect(events.some(({ kind }) => kind === "capability")).toBe(true);
});
