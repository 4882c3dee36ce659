import { expect, test } from "vitest";
import { enrol } from "../../src/authority/enrolment/enrol.ts";
import { createEnrolments } from "../../src/authority/enrolment/enrolments.ts";
import { issueJoinToken, JOIN_TOKEN_LIFE_MS, joinTokenAttestor } from "../../src/authority/enrolment/join-token.ts";
import { svidAttestor } from "../../src/authority/enrolment/jwt-svid.ts";
import { workloadAttestor } from "../../src/authority/enrolment/workload-token.ts";
import { unixAttestor } from "../../src/authority/enrolment/unix-peer.ts";
import { openTask } from "../../src/authority/tasks/open-task.ts";
import { type Attestation, registrationOf } from "../../src/domain/attestation.ts";
import type { AgentName } from "../../src/domain/ids.ts";
import { parseConfiguration } from "../../src/system/config.ts";
import { createHouse } from "./house.ts";

const YAML = `
owner: ada
people: { dana: { roles: [approver] } }
servers: { docs: { command: docs-server } }
agents:
  clerk: { enrol: [{ kind: join-token, owner: dana }], scope: [{ tools: [docs__read] }] }
  night: { enrol: [{ kind: join-token, scope: true }, { kind: launcher }], scope: [{ tools: [docs__read] }] }
  plain: {}
`;
const THUMBPRINT = "K7o1sXrU2NUXNbTzxYvmyjVGvcZsxJ1YhrpWU3RCvXY";

function open() {
  const house = createHouse(YAML);
  const peers = { lacks: "this system does not tell", see: () => "peer_unknown" };
  const enrolments = createEnrolments(house, {
    "join-token": joinTokenAttestor(house),
    oidc: workloadAttestor({ ...house, issuers: [] }, new Set()),
    spiffe: svidAttestor({ ...house, federation: new Map() }),
    unix: unixAttestor({ digests: house.digests, peers }, { hash: false }),
  });
  return { house, enrolments };
}

test("a join token makes one instance of its agent, and the record says how", async () => {
  const { house, enrolments } = open();
  const { token } = await issueJoinToken(house, { agent: "clerk", by: "otto" });
  const { instance } = await enrolments.enrol("join-token", { token }, THUMBPRINT);
  expect(instance).toMatchObject({
    agent: "clerk",
    owner: "dana",
    enrolledBy: "join-token",
    strength: 1,
    thumbprint: THUMBPRINT,
    selectors: { "join:by": "otto" },
  });
  const [record] = await house.records("enrolment");
  expect(record?.body).toMatchObject({ enrolledBy: "join-token", strength: 1, evidence: instance.evidence });
});

test("a join token is kept by its keyed digest only, and is in no record", async () => {
  const { house, enrolments } = open();
  const { token } = await issueJoinToken(house, { agent: "clerk", by: "otto" });
  await enrolments.enrol("join-token", { token }, THUMBPRINT);
  const kept = await house.store.read((tx) => tx.documents("join_token"));
  expect(JSON.stringify([kept, await house.records()])).not.toContain(token);
  expect((await house.records("join_token"))[0]?.body).toMatchObject({ agent: "clerk", by: "otto" });
});

test("a task that an attested instance opens by itself starts with nothing, unless its registration says so", async () => {
  const { house, enrolments } = open();
  const grants = await Promise.all(
    ["clerk", "night"].map(async (agent) => {
      const { token } = await issueJoinToken(house, { agent, by: "otto" });
      const { instance } = await enrolments.enrol("join-token", { token }, THUMBPRINT);
      const opened = await openTask(house, { instance, objective: "", declaredBy: "agent-claimed", parent: null });
      return opened.grants.length;
    }),
  );
  expect(grants).toEqual([0, 1]);
});

test("an agent of which nothing is written enrols by its launcher alone", async () => {
  const { house } = open();
  await expect(issueJoinToken(house, { agent: "plain", by: "otto" })).rejects.toMatchObject({
    code: "registration_missing",
  });
  const { instance } = await enrol(house, { agent: "plain", thumbprint: THUMBPRINT, selectors: {} });
  expect(instance).toMatchObject({ enrolledBy: "launcher", strength: 2, evidence: null, owner: "ada" });
});

test("an agent that is not registered for the launcher is not enrolled on its word", async () => {
  const { house } = open();
  await expect(enrol(house, { agent: "clerk", thumbprint: THUMBPRINT, selectors: {} })).rejects.toMatchObject({
    code: "registration_missing",
  });
  expect(await house.records()).toEqual([]);
});

test("evidence that fits two agents becomes none of them", () => {
  const found: Attestation = {
    by: "unix",
    agent: null,
    selectors: { "unix:uid": "1000", "unix:exe": "/usr/bin/node" },
    strength: 2,
    evidence: null,
    once: null,
  };
  const agent = (name: string, selectors: Record<string, string>) => ({
    name: name as AgentName,
    enrol: [{ kind: "unix" as const, selectors, owner: null, scoped: false }],
  });
  const broad = agent("broad", { "unix:uid": "1000" });
  const narrow = agent("narrow", { "unix:uid": "1000", "unix:exe": "/usr/bin/node" });
  const other = agent("other", { "unix:uid": "1001" });
  expect(registrationOf([broad, narrow, other], found)).toEqual({ kind: "ambiguous", agents: ["broad", "narrow"] });
  expect(registrationOf([narrow, other], found)).toMatchObject({ kind: "registered", agent: { name: "narrow" } });
  expect(registrationOf([other], found)).toEqual({ kind: "unregistered" });
  expect(registrationOf([agent("named", { constructor: "x" })], found)).toEqual({ kind: "unregistered" });
});

test("a registration for somebody who is not in the file is a problem of the file", () => {
  const parsed = parseConfiguration(
    "owner: ada\nagents: { clerk: { enrol: [{ kind: launcher, owner: adda }] } }",
    "/srv/desk/writ.yaml",
  );
  expect(parsed).toMatchObject({
    kind: "refused",
    problems: [{ code: "person_unknown", hint: "did you mean `ada`?" }],
  });
});

test("a join token lives five minutes and not a moment longer", async () => {
  const { house, enrolments } = open();
  const early = await issueJoinToken(house, { agent: "clerk", by: "otto" });
  house.clock.at += JOIN_TOKEN_LIFE_MS - 1;
  await enrolments.enrol("join-token", { token: early.token }, THUMBPRINT);
  const late = await issueJoinToken(house, { agent: "clerk", by: "otto" });
  house.clock.at += JOIN_TOKEN_LIFE_MS;
  await expect(enrolments.enrol("join-token", { token: late.token }, THUMBPRINT)).rejects.toMatchObject({
    code: "evidence_refused",
  });
  expect(enrolments.refused.get("join_token_expired")).toBe(1);
});
