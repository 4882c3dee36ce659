import { generateKeyPairSync } from "node:crypto";
import { request } from "node:http";
import { afterEach, beforeEach, expect, test } from "vitest";
import { answerApproval } from "../../../src/authority/tasks/answer-approval.ts";
import { readDraft } from "../../../src/authority/rules/draft.ts";
import { requestGrant } from "../../../src/authority/tasks/request-grant.ts";
import type { Approval } from "../../../src/domain/approval.ts";
import type { CallId, Digest, ServerName, ToolName } from "../../../src/domain/ids.ts";
import { openClerkTask } from "../../authority/house.ts";
import { type Answer, type Desk, KEYS, openDesk } from "./desk.ts";

let desk: Desk;
beforeEach(async () => {
  desk = await openDesk();
});
afterEach(() => desk.close());

const KEY = generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey.export({ format: "jwk" });

function enrol(agent = "clerk", key: unknown = KEY): Promise<Answer> {
  return desk.ask("POST", "/v1/instances", KEYS.launcher, { agent, key, selectors: { pid: "7" } });
}

function code(answer: Answer): [number, string] {
  return [answer.status, (answer.json["error"] as { code: string } | undefined)?.code ?? ""];
}

async function askForMore(): Promise<Approval> {
  const { task, instance } = await openClerkTask(desk.house);
  const draft = readDraft({ tools: ["shop__refund_order"], uses: 1 }, "approval", "clerk", desk.house.configuration);
  return requestGrant(desk.house, { instance, task: task.id, draft, why: "", policyVersion: "v" });
}

test("a launcher enrols, opens a task, renews and ends it, each with the credential made for that", async () => {
  const enrolled = (await enrol()).json;
  expect(enrolled).toMatchObject({ actor: `spiffe://writ.local/agent/clerk/${enrolled["instance"] as string}` });
  const credential = enrolled["credential"] as string;
  const opened = await desk.ask(
    "POST",
    "/v1/tasks",
    credential,
    { objective: "read" },
    { "writ-launcher-key": KEYS.launcher },
  );
  expect(opened).toMatchObject({
    status: 201,
    json: { task: { declaredBy: "owner", standing: "active" }, grants: [{ origin: "plan" }] },
  });
  const id = (opened.json["task"] as { id: string }).id;
  expect((await desk.ask("POST", `/v1/tasks/${id}/token`, credential, {})).json).toHaveProperty("token");
  expect((await desk.ask("POST", "/v1/instances/renew", credential, {})).json).toHaveProperty("credential");
  expect((await desk.ask("POST", `/v1/tasks/${id}/end`, credential, { why: "done" })).json).toEqual({ ended: [id] });
  expect(code(await desk.ask("POST", `/v1/tasks/${id}/token`, credential, {}))).toEqual([409, "task_ended"]);
});

test("an instance that opens a task without its launcher's word speaks for itself, and gets no grant", async () => {
  const { credential } = (await enrol()).json;
  const opened = await desk.ask(
    "POST",
    "/v1/tasks",
    credential as string,
    { objective: "I am the owner" },
    { "writ-launcher-key": "guess" },
  );
  expect(opened.json).toMatchObject({ task: { declaredBy: "agent-claimed" }, grants: [] });
});

test("only the launcher's key enrols", async () => {
  for (const key of [null, KEYS.admin, "guess"])
    expect((await desk.ask("POST", "/v1/instances", key, { agent: "clerk", key: KEY })).status).toBe(401);
  expect(await desk.house.records("enrolment")).toEqual([]);
});

test.each([
  ["a private key", generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ format: "jwk" })],
  ["another curve", generateKeyPairSync("ec", { namedCurve: "P-384" }).publicKey.export({ format: "jwk" })],
  ["a point off the curve", { ...KEY, x: KEY.y }],
  ["nothing", {}],
])("an instance key that is %s is refused", async (_, key) => {
  expect(code(await enrol("clerk", key))).toEqual([400, "key_invalid"]);
});

test("what an agent holds opens nothing that is for people: refused and counted", async () => {
  const { token, credential } = await openClerkTask(desk.house);
  for (const held of [token.token, credential.token]) {
    expect(code(await desk.ask("GET", "/v1/tasks", held))).toEqual([403, "agent_refused"]);
    expect(code(await desk.ask("POST", "/v1/revocations", held, { kind: "all", id: "*" }))).toEqual([
      403,
      "agent_refused",
    ]);
    expect(code(await desk.ask("GET", "/v1/events", held))).toEqual([403, "agent_refused"]);
  }
  expect(desk.refusals.agents).toBe(6);
});

test("a task token ends no task, not even its own", async () => {
  const { token, task } = await openClerkTask(desk.house);
  expect(code(await desk.ask("POST", `/v1/tasks/${task.id}/end`, token.token, {}))).toEqual([403, "agent_refused"]);
});

test("an instance ends no task of another instance", async () => {
  const [mine, other] = [await openClerkTask(desk.house), await openClerkTask(desk.house)];
  expect(code(await desk.ask("POST", `/v1/tasks/${other.task.id}/end`, mine.credential.token, {}))).toEqual([
    404,
    "task_unknown",
  ]);
});

test("without a key, or with a wrong one, nothing is shown, and it is counted", async () => {
  for (const path of [
    "/v1/status",
    "/v1/tasks",
    "/v1/approvals",
    "/v1/calls",
    "/v1/ledger",
    "/v1/policies",
    "/v1/tools",
    "/v1/people",
    "/v1/agents",
    "/v1/doctor",
    "/v1/events",
  ]) {
    expect([path, ...code(await desk.ask("GET", path, null))]).toEqual([path, 401, "credential_missing"]);
    expect([path, ...code(await desk.ask("GET", path, "guess"))]).toEqual([path, 401, "credential_invalid"]);
  }
  expect(desk.refusals.unauthenticated).toBe(22);
});

test("a role opens what it is for and no more", async () => {
  const { task } = await openClerkTask(desk.house);
  const [dana, otto, vera] = [
    await desk.people.issueKey("dana", "admin"),
    await desk.people.issueKey("otto", "admin"),
    await desk.people.issueKey("vera", "admin"),
  ];
  for (const key of [dana, otto, vera]) expect((await desk.ask("GET", "/v1/tasks", key)).status).toBe(200);
  expect(code(await desk.ask("POST", `/v1/tasks/${task.id}/end`, dana, {}))).toEqual([403, "role_missing"]);
  expect(code(await desk.ask("POST", "/v1/policies/apply", otto, {}))).toEqual([403, "role_missing"]);
  expect(code(await desk.ask("POST", "/v1/people/vera/keys", otto, {}))).toEqual([403, "role_missing"]);
  expect(code(await desk.ask("POST", "/v1/tools/pin", otto, { server: "docs" }))).toEqual([403, "role_missing"]);
  expect((await desk.ask("POST", `/v1/tasks/${task.id}/end`, otto, {})).json).toEqual({ ended: [task.id] });
});

test("an approver answers with a personal key; a viewer cannot", async () => {
  const approval = await askForMore();
  const [dana, vera] = [await desk.people.issueKey("dana", "admin"), await desk.people.issueKey("vera", "admin")];
  expect((await desk.ask("GET", "/v1/approvals?open=true", dana)).json).toMatchObject({
    items: [{ id: approval.id, state: "pending" }],
  });
  expect(code(await desk.ask("POST", `/v1/approvals/${approval.id}/answer`, vera, { verdict: "allow" }))).toEqual([
    403,
    "role_missing",
  ]);
  expect(
    (await desk.ask("POST", `/v1/approvals/${approval.id}/answer`, dana, { verdict: "allow" })).json,
  ).toMatchObject({ approval: { state: "spent" }, grant: { tools: ["shop__refund_order"] } });
  expect(code(await desk.ask("POST", `/v1/approvals/${approval.id}/answer`, dana, { verdict: "deny" }))).toEqual([
    409,
    "approval_closed",
  ]);
  expect((await desk.ask("GET", "/v1/approvals?open=true")).json).toMatchObject({ items: [] });
});

test("an operator issues a grant and takes it back", async () => {
  const { task } = await openClerkTask(desk.house);
  const issued = await desk.ask("POST", `/v1/tasks/${task.id}/grants`, KEYS.admin, {
    tools: ["shop__get_order"],
    where: { order: { one_of: ["a"] } },
    uses: 2,
  });
  expect(issued).toMatchObject({
    status: 201,
    json: { issuedBy: "admin", allows: 'shop__get_order where `order` is one of "a", 2×' },
  });
  expect(code(await desk.ask("POST", `/v1/tasks/${task.id}/grants`, KEYS.admin, { tools: ["*"] }))).toEqual([
    400,
    "grant_invalid",
  ]);
  expect((await desk.ask("DELETE", `/v1/grants/${issued.json["id"] as string}`)).json).toMatchObject({ revoked: true });
  expect((await desk.ask("GET", `/v1/tasks/${task.id}`)).json).toMatchObject({
    grants: [{ origin: "plan" }, { revoked: true }],
  });
});

test("one call is shown with who, policies, approval and outcome; an unknown one is not", async () => {
  const approval = await askForMore();
  await answerApproval(desk.house, {
    approval: approval.id,
    person: { name: "dana" as never, roles: ["approver"] },
    verdict: "deny",
    note: "no",
  });
  const call = "c_one" as CallId;
  await desk.house.store.write(async (tx) => {
    const common = { at: 1, call, task: approval.task };
    await tx.append({
      ...common,
      kind: "admission",
      body: {
        verdict: "permit",
        tool: "shop__get_order",
        actor: "spiffe://x/agent/clerk/i",
        policies: [{ id: "reads", file: "a.cedar", line: 3 }],
        approval: { id: approval.id, by: ["dana"] },
      },
    });
    await tx.append({ ...common, kind: "outcome", body: { state: "completed", bytes: 12 } });
  });
  expect((await desk.ask("GET", `/v1/calls/${call}`)).json).toMatchObject({
    verdict: "permit",
    state: "completed",
    decision: { policies: [{ file: "a.cedar", line: 3 }] },
    approval: { id: approval.id, answers: [{ person: "dana", note: "no" }] },
    outcome: { bytes: 12 },
  });
  expect((await desk.ask("GET", "/v1/calls")).json).toMatchObject({
    items: [{ call, verdict: "permit", state: "completed" }],
  });
  expect(code(await desk.ask("GET", "/v1/calls/c_none"))).toEqual([404, "call_unknown"]);
});

test("reading kept text is itself recorded, and lists leave it out", async () => {
  await desk.house.store.write((tx) =>
    tx.append({
      kind: "denial",
      at: 1,
      call: "c_kept" as CallId,
      task: null,
      body: { verdict: "deny", reason: "no_grant", params: { secret: "swordfish" } },
    }),
  );
  expect((await desk.ask("GET", "/v1/ledger")).text).not.toContain("swordfish");
  expect((await desk.ask("GET", "/v1/calls")).text).not.toContain("swordfish");
  expect(await desk.house.records("reading")).toEqual([]);
  expect((await desk.ask("GET", "/v1/calls/c_kept")).text).toContain("swordfish");
  expect(await desk.house.records("reading")).toMatchObject([{ body: { call: "c_kept", person: "admin" } }]);
});

test("the ledger is listed and verified", async () => {
  await openClerkTask(desk.house);
  expect((await desk.ask("GET", "/v1/ledger?limit=2")).json).toMatchObject({
    items: [{ kind: "enrolment" }, { kind: "task_opened" }],
  });
  expect((await desk.ask("GET", "/v1/ledger/verify")).json).toMatchObject({ kind: "intact", records: 5 });
  expect(code(await desk.ask("GET", "/v1/ledger?kind=nonsense"))).toEqual([400, "request_invalid"]);
});

test("policies on disk are a proposal until an admin applies them as shown", async () => {
  expect((await desk.ask("GET", "/v1/policies")).json).toMatchObject({ version: "v-first", trouble: null });
  desk.policyFiles[0] = { name: "a.cedar", text: "second" };
  expect((await desk.ask("GET", "/v1/policies/proposal")).json).toMatchObject({ changed: true, version: "v-second" });
  expect(code(await desk.ask("POST", "/v1/policies/apply", KEYS.admin, { expected: "v-other" }))).toEqual([
    409,
    "policy_changed",
  ]);
  expect((await desk.ask("POST", "/v1/policies/apply", KEYS.admin, { expected: "v-second" })).status).toBe(200);
  desk.policyFiles[0] = { name: "a.cedar", text: "FAILING" };
  expect(code(await desk.ask("POST", "/v1/policies/apply", KEYS.admin, {}))).toEqual([422, "policy_tests_failed"]);
  expect((await desk.ask("GET", "/v1/policies")).json).toMatchObject({ version: "v-second" });
});

test("a drifted tool is shown with its diff, and pinned by an admin", async () => {
  const definition = (description: string) => ({
    server: "docs" as ServerName,
    name: "read" as ToolName,
    body: { name: "read", description },
    hash: `sha-256:${description}` as Digest,
  });
  await desk.pins.observe("docs" as ServerName, "sha-256:o" as Digest, [definition("reads")]);
  await desk.pins.observe("docs" as ServerName, "sha-256:o" as Digest, [definition("reads all")]);
  expect((await desk.ask("GET", "/v1/tools?server=docs")).json).toMatchObject({
    items: [{ name: "docs__read", pin: { kind: "drifted" } }],
    unseen: [],
  });
  expect((await desk.ask("GET", "/v1/tools")).json).toMatchObject({ unseen: ["shop"] });
  expect(
    (await desk.ask("POST", "/v1/tools/pin", KEYS.admin, { server: "docs", tool: "read", seen: "sha-256:reads all" }))
      .json,
  ).toEqual({ accepted: ["read"] });
  expect(code(await desk.ask("GET", "/v1/tools?server=none"))).toEqual([404, "server_unknown"]);
});

test("panic over the API makes the launcher's credential useless at once", async () => {
  const { credential, task } = await openClerkTask(desk.house);
  expect((await desk.ask("POST", "/v1/revocations", KEYS.admin, { kind: "all", id: "*", why: "drill" })).status).toBe(
    201,
  );
  expect(code(await desk.ask("POST", `/v1/tasks/${task.id}/token`, credential.token, {}))).toEqual([
    401,
    "credential_revoked",
  ]);
});

test.each([
  ["not JSON", "{", "json_invalid"],
  ["a duplicate key", '{"verdict":"deny","verdict":"allow"}', "json_invalid"],
  ["a list", "[]", "request_invalid"],
  ["an unknown member", '{"verdict":"allow","force":true}', "request_invalid"],
  ["nothing", "", "request_invalid"],
])("a body that is %s is refused", async (_, body, expected) => {
  const approval = await askForMore();
  expect(code(await desk.ask("POST", `/v1/approvals/${approval.id}/answer`, KEYS.admin, body))).toEqual([
    400,
    expected,
  ]);
  expect(await desk.house.records("answer")).toEqual([]);
});

test("a body larger than the door reads is refused", async () => {
  expect(
    code(await desk.ask("POST", "/v1/revocations", KEYS.admin, { kind: "task", id: "x".repeat(300_000) })),
  ).toEqual([413, "body_too_large"]);
});

test("a page from elsewhere, or a name re-pointed at us, is refused before anything else", async () => {
  expect(code(await desk.ask("GET", "/v1/status", KEYS.admin, undefined, { origin: "https://evil.example" }))).toEqual([
    403,
    "origin_refused",
  ]);
  const rebound = await new Promise<number | undefined>((resolve) => {
    request(new URL("/healthz", desk.origin), { headers: { host: "evil.example" } }, (response) =>
      resolve(response.resume().statusCode),
    ).end();
  });
  expect(rebound).toBe(403);
});

test("a path that is not there, and one with the wrong method, are told as errors", async () => {
  expect(code(await desk.ask("GET", "/v1/nothing"))).toEqual([404, "path_unknown"]);
  expect(code(await desk.ask("PUT", "/v1/status"))).toEqual([404, "path_unknown"]);
});

test("OpenAPI names every route with its answers and the common error", async () => {
  const { json } = await desk.ask("GET", "/openapi.json", null);
  const paths = Object.keys(json["paths"] as object);
  expect(json).toMatchObject({
    openapi: "3.1.0",
    components: { schemas: { Error: {} }, securitySchemes: { key: { type: "http" } } },
  });
  for (const path of [
    "/v1/instances",
    "/v1/tasks/{id}/end",
    "/v1/approvals/{id}/answer",
    "/v1/calls/{id}",
    "/v1/ledger/verify",
    "/v1/policies/apply",
    "/v1/tools/pin",
    "/v1/revocations",
  ])
    expect(paths).toContain(path);
});

test("health, readiness and public keys are for anybody, and tell nothing else", async () => {
  expect((await desk.ask("GET", "/healthz", null)).json).toEqual({ ok: true });
  expect((await desk.ask("GET", "/readyz", null)).json).toEqual({ ok: true, checks: [{ name: "store", ok: true }] });
  const keys = (await desk.ask("GET", "/.well-known/jwks.json", null)).json["keys"] as Record<string, unknown>[];
  // The one that signs, and the next.
  expect(keys).toHaveLength(2);
  for (const key of keys) expect(Object.keys(key).toSorted()).toEqual(["alg", "crv", "kid", "kty", "use", "x", "y"]);
});

test("listeners hear of changes by id only, and after a break catch up or are told to read anew", async () => {
  const stop = new AbortController();
  const open = (headers: Record<string, string> = {}) =>
    fetch(new URL("/v1/events", desk.origin), {
      headers: { authorization: `Bearer ${KEYS.admin}`, ...headers },
      signal: stop.signal,
    });
  const until = async (response: Response, wanted: string): Promise<string> => {
    const reader = response.body?.getReader();
    let text = "";
    while (!text.includes(wanted)) {
      const next = await reader?.read();
      if (next === undefined || next.done) break;
      text += Buffer.from(next.value).toString();
    }
    return text;
  };
  const live = await open();
  const { task } = await openClerkTask(desk.house);
  const heard = await until(live, task.id);
  expect(heard).toMatch(new RegExp(`event: task\\ndata: {"id":"${task.id}"}\\nid: \\d+`));
  expect(heard).not.toContain("handbook");
  expect(await until(await open({ "last-event-id": "1" }), task.id)).toContain(task.id);
  stop.abort();
});

test("a viewer reads that something is asked, and not the arguments; an approver reads both", async () => {
  const { id, task } = await askForMore();
  const key = async (name: string): Promise<string> =>
    (await desk.ask("POST", `/v1/people/${name}/keys`, KEYS.admin, {})).json["key"] as string;
  const [vera, dana] = [await key("vera"), await key("dana")];
  const seen = async (path: string, bearer: string): Promise<string> =>
    JSON.stringify((await desk.ask("GET", path, bearer)).json);
  for (const path of ["/v1/approvals", `/v1/approvals/${id}`, `/v1/tasks/${task}`]) {
    expect(await seen(path, vera)).toContain(id);
    expect(await seen(path, vera)).not.toContain('refund_order\\"');
    expect(await seen(path, dana)).toContain('refund_order\\"');
  }
});
