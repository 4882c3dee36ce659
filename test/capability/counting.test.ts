import { afterAll, beforeAll, expect, test } from "vitest";
import { agentView, whatIf } from "../../src/authority/capability/explain.ts";
import { levelOf } from "../../src/domain/capability.ts";
import { fold, NOTHING_OPEN, type Tally } from "../../src/domain/evidence-fold.ts";
import type { AgentName, InstanceId, PersonName } from "../../src/domain/ids.ts";
import type { JsonObject } from "../../src/domain/json.ts";
import type { LedgerRecord, RecordDraft } from "../../src/domain/record.ts";
import { type House, openHouse } from "../house.ts";
import { createLab } from "./lab.ts";

const lab = createLab();
const DANA = { name: "dana" as PersonName, roles: ["admin"] };
const ONE = { id: "i_one" as InstanceId, agent: "clerk" as AgentName };
const TWO = { id: "i_two" as InstanceId, agent: "clerk" as AgentName };
let house: House;

beforeAll(async () => {
  house = await openHouse(
    `evaluators: { lab: { jwks: ${JSON.stringify(lab.jwks)} } }\nagents: { clerk: {}, helper: {} }`,
    {
      "capabilities.yaml": "agents: { clerk: { start: 1 } }\nmaterial: [model]\nflapping: { times: 3, within: 1h }\n",
    },
  );
});
afterAll(() => house.close());

const capabilities = () => house.writ.capabilities;
const runs = (instance: typeof ONE, model: string): Promise<void> =>
  capabilities().observe(instance, [{ component: "model", part: { id: model, version: null, strength: "observed" } }]);
const level = ({ agent, id }: typeof ONE, capability = "data.write"): number =>
  levelOf(capabilities().profiles.of({ agent, instance: id }).levels ?? ({ of: {}, rest: -1 } as never), capability);
const append = (draft: Pick<RecordDraft, "kind" | "call"> & { readonly body: JsonObject; readonly at: number }) =>
  house.writ.store.write(async (tx) => {
    await tx.append({ task: null, ...draft });
    await tx.publish("call", "c");
  });
let next = 0;
/** One call, as the gate records it; `look` is how long a person looked at it, null where nobody was asked. */
async function call(
  options: { look?: number | null; how?: object; digest?: string; state?: string; verdict?: string } = {},
): Promise<void> {
  const { look = 3_000, how = {}, state = "completed", verdict = "allow" } = options;
  const n = ++next;
  const at = Date.now();
  const common = {
    agent: "clerk",
    instance: ONE.id,
    needs: ["data.write"],
    tool: "box__change",
    effects: { kinds: ["write"] },
    digest: options.digest ?? `hmac-sha-256:${String(n).padStart(20, "0")}`,
    ...how,
  };
  const approval = { id: `a_${n}` };
  if (look !== null) {
    await append({ kind: "ask", call: `c_${n}` as never, at, body: { ...common, approval, asks: [] } as never });
    await append({
      kind: "answer",
      call: `c_${n}` as never,
      at: at + look,
      body: { approval: approval.id, person: "dana", verdict },
    });
  }
  if (verdict === "deny") return;
  await append({
    kind: "admission",
    call: `d_${n}` as never,
    at: at + (look ?? 0),
    body: { ...common, approval: look === null ? null : approval } as never,
  });
  await append({ kind: "outcome", call: `d_${n}` as never, at: at + (look ?? 0), body: { state } });
}
async function uses() {
  await capabilities().catchUp();
  const held = await house.writ.store.read((tx) => tx.document("capability_evidence", "clerk"));
  const { supervised = 0, alone = 0, refused = 0, targets = [] } = held?.uses["data.write"] ?? {};
  return { supervised, alone, refused, targets: targets.length };
}

test("what a person looked at and allowed counts, once it has ended well", async () => {
  await runs(ONE, "opus");
  await call();
  expect(await uses()).toEqual({ supervised: 1, alone: 0, refused: 0, targets: 1 });
});

test("a yes sooner than two seconds, an observed call, a failure and a repeat count for nothing", async () => {
  const before = await uses();
  await call({ look: 1_999 });
  await call({ look: null, how: { observed: "no_grant" } });
  await call({ state: "failed" });
  await call({ digest: `hmac-sha-256:${"1".padStart(20, "0")}` });
  expect(await uses()).toEqual(before);
});

test("a call that nobody was asked about counts as one, and a refusal always counts", async () => {
  await call({ look: null });
  await call({ verdict: "deny", look: 1 });
  expect(await uses()).toEqual({ supervised: 1, alone: 1, refused: 1, targets: 2 });
});

test("counted anew from the first entry, everything is as it was, to the last character", async () => {
  await capabilities().submit(
    lab.sign({ fingerprint: { parts: { model: { id: "opus", version: null, strength: "observed" } }, tools: {} } }),
    "dana",
  );
  await capabilities().promote({ agent: "clerk", capability: "data.write", level: 2, person: DANA, why: "" });
  await capabilities().catchUp();
  const { store } = house.writ;
  const look = () =>
    store.read(async (tx) => ({
      open: await tx.document("capability_open", "open"),
      evidence: await tx.documents("capability_evidence"),
      seen: await tx.documents("capability_seen"),
      profiles: (await tx.documents("capability_profile")).map(({ hash, levels, agent, instance }) => ({
        hash,
        levels,
        agent,
        instance,
      })),
    }));
  const before = await look();

  const tally: Tally = { open: NOTHING_OPEN, agents: new Map(), seen: new Map(), touched: new Set() };
  const ledger: readonly LedgerRecord[] = await store.read((tx) => tx.ledger({ after: 0, limit: 10_000 }));
  for (const entry of ledger) fold(tally, entry);
  expect([...tally.agents.values()].filter(({ agent }) => agent === "clerk")).toEqual(
    before.evidence.filter(({ agent }) => agent === "clerk"),
  );
  expect([...tally.seen.values()]).toEqual(before.seen);

  await store.write(async (tx) => {
    await tx.dropDocument("capability_open", "open");
    for (const { agent } of before.evidence) await tx.dropDocument("capability_evidence", agent);
    for (const { instance } of before.seen) await tx.dropDocument("capability_seen", instance);
    for (const { agent, instance } of before.profiles) await tx.dropDocument("capability_profile", instance ?? agent);
  });
  await capabilities().catchUp();
  expect((await look()).profiles).toEqual(before.profiles);
  expect(await store.read(async (tx) => (await tx.ledgerHead())?.number)).toBe(ledger.at(-1)?.number);
});

test("another process with another model has what that one has shown, and the first keeps its own", async () => {
  await runs(TWO, "haiku");
  await capabilities().profiles.start();
  expect([level(ONE), level(TWO)]).toEqual([2, 1]);
});

test("what another model would change is told before it does", async () => {
  const { losses, gains } = await house.writ.store.read((tx) =>
    whatIf(capabilities().parts, tx, "clerk", { id: "opus", version: null }),
  );
  expect([gains.map(({ capability, to }) => [capability, to]), losses]).toEqual([[["data.write", 2]], []]);
});

test("work handed down reaches no further than whoever handed it down", async () => {
  const helper = { agent: "helper" as AgentName, instance: "i_helper" as InstanceId };
  const { of } = capabilities().profiles;
  expect(of(helper).levels).toBeNull();
  const below = of({ ...helper, delegators: [{ agent: TWO.agent, instance: TWO.id }] });
  expect(levelOf(below.levels ?? ({} as never), "data.write")).toBe(1);
  expect(below.hash).not.toBe(of(helper).hash);
});

test("a component that changes to and fro is held at the lowest of all it was, and is one finding", async () => {
  for (const model of ["haiku", "opus", "haiku", "opus", "haiku", "opus"]) await runs(ONE, model);
  await capabilities().profiles.start();
  expect(level(ONE)).toBe(1);
  const findings = await house.writ.store.read((tx) => tx.ledger({ after: 0, limit: 100, kind: "finding" }));
  expect(findings.filter(({ body }) => body["finding"] === "fingerprint_flaps")).toHaveLength(1);
  const { until, capabilities: lines } = await house.writ.store.read((tx) =>
    agentView(capabilities().parts, tx, "clerk"),
  );
  expect(until).not.toBeNull();
  expect(lines.find(({ capability }) => capability === "data.write")?.why.at(-1)).toMatch(/to and fro/);
});
