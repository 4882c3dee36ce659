import { afterEach, beforeEach, expect, test } from "vitest";
import { readDraft } from "../../src/authority/rules/draft.ts";
import { EVERYTHING, revokeSubject } from "../../src/authority/revocation/revoke.ts";
import { requestGrant } from "../../src/authority/tasks/request-grant.ts";
import type { Approval } from "../../src/domain/approval.ts";
import { openClerkTask } from "../authority/house.ts";
import { type Desk, KEYS, openDesk } from "../doors/http/desk.ts";

let desk: Desk;
beforeEach(async () => {
  desk = await openDesk();
});
afterEach(() => desk.close());

interface Documented {
  readonly method: string;
  readonly path: string;
  readonly access: string;
}

async function routes(): Promise<readonly Documented[]> {
  const { json } = await desk.ask("GET", "/openapi.json", null);
  const paths = json["paths"] as Record<string, Record<string, { description?: string }>>;
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { description = "" }]) => ({
      method: method.toUpperCase(),
      path: path.replaceAll(/\{\w+\}/g, "x"),
      access: /^For: (.+)\.$/.exec(description)?.[1] ?? "?",
    })),
  );
}

async function opened(key: string | null): Promise<readonly string[]> {
  const found: string[] = [];
  for (const { method, path, access } of await routes()) {
    if (access === "anybody") continue;
    const { status } = await desk.ask(method, path, key, method === "GET" ? undefined : {});
    if (status !== 401 && status !== 403) found.push(access);
  }
  return [...new Set(found)].toSorted();
}

test("every route says whom it is for, and those of people and launchers are most of them", async () => {
  const all = await routes();
  expect(all.length).toBeGreaterThan(20);
  expect(all.filter((route) => route.access === "?")).toEqual([]);
});

test("only enrolment, which judges its own evidence, is for anybody", async () => {
  const open = (await routes()).filter((route) => route.access === "anybody");
  expect(open.map(({ method, path }) => `${method} ${path}`)).toEqual(["POST /v1/enrol"]);
  const { status, json } = await desk.ask("POST", "/v1/enrol", null, {});
  expect([status, Object.keys(json)]).toEqual([400, ["error"]]);
});

test("nobody's key opens nothing", async () => {
  for (const key of [null, "", "guess", `wp_${"a".repeat(43)}`, "a.b.c", "Bearer x"])
    expect(await opened(key)).toEqual([]);
});

test("what an agent's traffic carries opens no route of the control plane, not even its own task's", async () => {
  const { token, task } = await openClerkTask(desk.house);
  expect(await opened(token.token)).toEqual([]);
  for (const path of [`/v1/tasks/${task.id}/end`, `/v1/tasks/${task.id}/token`, "/v1/tasks", "/v1/instances/renew"])
    expect((await desk.ask("POST", path, token.token, {})).status).toBe(403);
  expect(desk.refusals.agents).toBeGreaterThan(20);
});

test("an instance's credential opens its own tasks and nothing of people", async () => {
  const { credential } = await openClerkTask(desk.house);
  expect(await opened(credential.token)).toEqual(["instance", "instance or operator"]);
});

test("the launcher's key enrols, and neither sees nor answers anything", async () => {
  expect(await opened(KEYS.launcher)).toEqual(["launcher"]);
});

// Anybody may own a task; whose the one asked about is, each such route looks at by itself.
test.each([
  ["vera", ["owner or operator", "viewer"]],
  ["dana", ["approver", "owner or operator", "viewer"]],
  ["otto", ["instance or operator", "operator", "owner or operator", "viewer"]],
])("%s's key opens what %j may use, and no more", async (name, may) => {
  expect(await opened(await desk.people.issueKey(name, "admin"))).toEqual(may);
});

async function question(): Promise<Approval> {
  const { task, instance } = await openClerkTask(desk.house);
  const draft = readDraft({ tools: ["shop__refund_order"], uses: 1 }, "approval", "clerk", desk.house.configuration);
  return requestGrant(desk.house, { instance, task: task.id, draft, why: "", policyVersion: "v" });
}

test.each(["vera", "otto"])("%s, who is no approver, neither allows nor refuses for one", async (name) => {
  const { id } = await question();
  const key = await desk.people.issueKey(name, "admin");
  for (const verdict of ["allow", "deny"]) {
    const answer = await desk.ask("POST", `/v1/approvals/${id}/answer`, key, { verdict });
    expect([answer.status, answer.json]).toMatchObject([403, { error: { code: "role_missing" } }]);
  }
  expect(await desk.house.records("answer")).toEqual([]);
});

test("an approver cannot become more by asking for it in the answer", async () => {
  const { id } = await question();
  const key = await desk.people.issueKey("dana", "admin");
  for (const body of [
    { verdict: "allow", roles: ["admin"] },
    { verdict: "allow", person: "admin" },
    { verdict: "permit" },
    [{ verdict: "allow" }],
  ])
    expect((await desk.ask("POST", `/v1/approvals/${id}/answer`, key, body)).status).toBe(400);
  expect(
    (await desk.ask("POST", `/v1/approvals/${id}/answer`, key, '{"verdict":"deny","verdict":"allow"}')).status,
  ).toBe(400);
});

test("a personal key stops with the next one, and does not outlive its person's place in the configuration", async () => {
  const first = await desk.people.issueKey("otto", "admin");
  const second = await desk.people.issueKey("otto", "admin");
  expect((await desk.ask("GET", "/v1/status", first)).status).toBe(401);
  expect((await desk.ask("GET", "/v1/status", second)).status).toBe(200);
  for (const name of ["admin", "__proto__", "constructor", "nobody"])
    expect((await desk.ask("POST", `/v1/people/${name}/keys`, KEYS.admin, {})).status).toBe(404);
});

test("a panic that falls between an instance's check and its new task leaves no task behind", async () => {
  const { credential } = await openClerkTask(desk.house);
  const { store } = desk.house;
  const { write } = store;
  // The very next write is the task's: the revocation gets in just before it.
  store.write = async (body) => {
    store.write = write;
    await revokeSubject(desk.house, { subject: EVERYTHING, by: "admin", why: "panic" });
    return write.call(store, body) as ReturnType<typeof body>;
  };
  const answer = await desk.ask("POST", "/v1/tasks", credential.token, { objective: "late" });
  expect([answer.status, (answer.json["error"] as { code: string }).code]).toEqual([403, "panic"]);
  const running = await store.read((tx) => tx.tasks({ active: true, after: null, limit: 10 }));
  expect(running.items).toEqual([]);
});
