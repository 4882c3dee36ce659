import { afterAll, beforeAll, expect, test } from "vitest";
import { agentView } from "../../src/authority/capability/explain.ts";
import { digestOf, PAYLOAD_TYPE, writeStatement } from "../../src/authority/capability/statement.ts";
import { levelOf } from "../../src/domain/capability.ts";
import type { Fingerprint } from "../../src/domain/fingerprint.ts";
import type { AgentName, InstanceId, PersonName } from "../../src/domain/ids.ts";
import type { Json, JsonObject } from "../../src/domain/json.ts";
import { canonicalize } from "../../src/wire/json/canonical.ts";
import { readEnvelope, signedBy, signEnvelope } from "../../src/wire/dsse.ts";
import { type House, openHouse } from "../house.ts";
import { createLab, statement } from "./lab.ts";

const DAY = 24 * 3_600_000;
const DANA = { name: "dana" as PersonName, roles: ["admin"] };
const [lab, second, revoked, stranger] = [
  createLab("lab-1"),
  createLab("lab-2", "ed25519"),
  createLab("lab-3"),
  createLab("lab-4"),
];
const WRIT = `
evaluators:
  lab: { jwks: ${JSON.stringify(lab.jwks)} }
  second: { jwks: ${JSON.stringify(second.jwks)} }
  gone: { jwks: ${JSON.stringify(revoked.jwks)}, revoked: true }
agents: { clerk: {}, other: {} }
`;
const CLERK = { id: "i_clerk" as InstanceId, agent: "clerk" as AgentName };
let house: House;

beforeAll(async () => {
  house = await openHouse(WRIT, { "capabilities.yaml": "agents: { clerk: { start: 1 } }" });
  await house.writ.capabilities.observe(CLERK, [
    { component: "model", part: { id: "opus", version: "4", strength: "observed" } },
    { component: "package", part: { id: "node agent.ts", version: "sha256:1", strength: "observed" } },
  ]);
});
afterAll(() => house.close());

const RAN: Fingerprint = {
  parts: {
    model: { id: "opus", version: "4", strength: "observed" },
    package: { id: "node agent.ts", version: "sha256:1", strength: "observed" },
  },
  tools: {},
};
const submit = (envelope: Json): Promise<string> =>
  house.writ.capabilities.submit(envelope, "dana").then(
    () => "taken",
    (cause: { code?: string }) => cause.code ?? String(cause),
  );
const count = async (kind: "evaluation" | "evaluation_refused"): Promise<number> =>
  (await house.writ.store.read((tx) => tx.ledger({ after: 0, limit: 1_000, kind }))).length;
/** Signs what a careful evaluator would never write. */
function forged(change: (statement: Record<string, never>) => unknown, type = PAYLOAD_TYPE): Json {
  const written = JSON.parse(writeStatement(statement({ fingerprint: RAN }))) as Record<string, never>;
  change(written);
  return signEnvelope(type, canonicalize(written as JsonObject), lab.key, lab.kid);
}
type Suite = { predicate: { configuration: [{ annotations: Record<string, unknown> }] } & Record<string, unknown> };
const annotate = (more: Record<string, unknown>) => (one: Record<string, never>) =>
  Object.assign((one as unknown as Suite).predicate.configuration[0].annotations, more);

const other = {
  parts: { ...RAN.parts, model: { id: "haiku", version: null, strength: "observed" } },
  tools: {},
} as const;
const now = Date.now();
const REFUSED: readonly (readonly [what: string, code: string, () => Json])[] = [
  ["of another fingerprint", "attestation_foreign", () => lab.sign({ fingerprint: other })],
  [
    "of a fingerprint that leaves the model out",
    "attestation_foreign",
    () => lab.sign({ fingerprint: { parts: { package: RAN.parts.package } as never, tools: {} } }),
  ],
  ["of an agent that is not here", "attestation_agent_unknown", () => lab.sign({ fingerprint: RAN, agent: "nobody" })],
  [
    "that has expired",
    "attestation_expired",
    () => lab.sign({ fingerprint: RAN, evaluatedAt: now - 9 * DAY, expiresAt: now - DAY }),
  ],
  ["that was made in the future", "attestation_future", () => lab.sign({ fingerprint: RAN, evaluatedAt: now + DAY })],
  ["that never ends", "attestation_too_long", () => lab.sign({ fingerprint: RAN, expiresAt: now + 900 * DAY })],
  ["by an evaluator that nobody knows", "evaluator_unknown", () => stranger.sign({ fingerprint: RAN })],
  ["by an evaluator that was revoked", "evaluator_revoked", () => revoked.sign({ fingerprint: RAN })],
  [
    "under another's name",
    "attestation_signature_wrong",
    () => signEnvelope(PAYLOAD_TYPE, writeStatement(statement({ fingerprint: RAN })), stranger.key, lab.kid),
  ],
  ["signed as another type", "attestation_type_unknown", () => forged(() => {}, "application/json")],
  [
    "with another predicate",
    "attestation_type_unknown",
    () => forged((one) => Object.assign(one, { predicateType: "https://slsa.dev/provenance/v1" })),
  ],
  [
    "with an unknown member of the predicate",
    "attestation_field_unknown",
    () => forged((one) => Object.assign((one as unknown as Suite).predicate, { approved: true })),
  ],
  ["with an unknown annotation", "attestation_field_unknown", () => forged(annotate({ level: 4 }))],
  ["with a score above one", "attestation_score_wrong", () => forged(annotate({ score: 1.1 }))],
  ["with a score below zero", "attestation_score_wrong", () => forged(annotate({ score: -0.1 }))],
  [
    "with a better score than its tests add up to",
    "attestation_score_wrong",
    () => lab.sign({ fingerprint: RAN, passedTests: ["a"], failedTests: ["b"], score: 0.9 }),
  ],
  ["of no tests at all", "attestation_score_wrong", () => lab.sign({ fingerprint: RAN, passedTests: [] })],
  [
    "with another subject than its fingerprint",
    "attestation_subject_wrong",
    () =>
      forged((one) =>
        Object.assign((one as unknown as { subject: object[] }).subject[0] as object, {
          digest: { sha256: digestOf(other) },
        }),
      ),
  ],
  ["that is no envelope", "attestation_unreadable", () => ({ payload: "e30=", signatures: [] })],
  [
    "with a member beside the envelope's",
    "attestation_unreadable",
    () => ({ ...(lab.sign({ fingerprint: RAN }) as JsonObject), extra: 1 }),
  ],
];

test.each(REFUSED)("an evaluation %s is refused, recorded, and changes nothing", async (_, code, make) => {
  const [taken, refused] = [await count("evaluation"), await count("evaluation_refused")];
  expect(await submit(make())).toBe(code);
  expect([await count("evaluation"), await count("evaluation_refused")]).toEqual([taken, refused + 1]);
});

test("one that holds is taken, by either kind of key, and the same one once", async () => {
  const envelope = lab.sign({ fingerprint: RAN });
  expect([await submit(envelope), await submit(envelope)]).toEqual(["taken", "attestation_replayed"]);
  expect(await submit(second.sign({ fingerprint: RAN, suite: "sql-safety" }))).toBe("taken");
});

test("one from before a demotion does not lift the agent again, taken before or after it", async () => {
  const { capabilities, store } = house.writ;
  const asked = { agent: "clerk", capability: "data.write", person: DANA, why: "" };
  expect(await capabilities.promote({ ...asked, level: 2 })).toBe(2);
  const late = lab.sign({ fingerprint: RAN, suite: "another" });
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect(await capabilities.demote({ ...asked, level: 1 })).toBe(1);
  expect(await submit(late)).toBe("attestation_outdated");
  await expect(capabilities.promote({ ...asked, level: 2 })).rejects.toMatchObject({ code: "promotion_unearned" });
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect(await submit(lab.sign({ fingerprint: RAN, suite: "after" }))).toBe("taken");
  expect(await capabilities.promote({ ...asked, level: 2 })).toBe(2);
  const { capabilities: lines } = await store.read((tx) => agentView(capabilities.parts, tx, "clerk"));
  expect(lines.find((line) => line.capability === "data.write")?.level).toBe(2);
});

test("a person's word always ends, and counts for no longer", async () => {
  const { capabilities } = house.writ;
  const asked = { agent: "clerk", capability: "sql.write", level: 2, person: DANA, why: "" };
  await expect(capabilities.endorse({ ...asked, until: now + 900 * DAY })).rejects.toMatchObject({
    code: "endorsement_endless",
  });
  await expect(capabilities.endorse({ ...asked, until: now - 1 })).rejects.toMatchObject({
    code: "endorsement_endless",
  });
  expect(await capabilities.endorse({ ...asked, until: Date.now() + 1_000 })).toBe(2);
  const held = (): number =>
    levelOf(capabilities.profiles.of({ agent: CLERK.agent, instance: CLERK.id }).levels ?? ({} as never), "sql.write");
  await expect.poll(held, { timeout: 5_000 }).toBe(1);
});

test("what was signed is the type and the bytes together", () => {
  const envelope = readEnvelope(lab.sign({ fingerprint: RAN }));
  if (envelope === null) throw new Error("not read");
  const [{ sig } = { sig: Buffer.alloc(0) }] = envelope.signatures;
  const key = lab.key;
  expect(signedBy(envelope, key, sig)).toBe(true);
  expect(signedBy({ ...envelope, payloadType: `${PAYLOAD_TYPE} ` }, key, sig)).toBe(false);
  expect(signedBy({ ...envelope, payload: Buffer.concat([envelope.payload, Buffer.from(" ")]) }, key, sig)).toBe(false);
});
