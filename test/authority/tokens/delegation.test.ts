import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { endTask } from "../../../src/authority/tasks/end-task.ts";
import { revokeSubject } from "../../../src/authority/revocation/revoke.ts";
import type { TaskId } from "../../../src/domain/ids.ts";
import { type Answer, type Desk, KEYS, openDesk } from "../../doors/http/desk.ts";
import { ACCESS_TOKEN, EXCHANGE, form, JWT, type KeyedInstance, keyedInstance } from "./agent.ts";

let desk: Desk;
let parent: KeyedInstance;
let child: KeyedInstance;
let task: { readonly id: TaskId; readonly token: string };
const HANDBOOK = [
  { type: "mcp_tool_call", tools: ["docs__read_text_file"], where: { path: { glob: "/srv/desk/sample/**" } }, uses: 1 },
];

beforeAll(async () => {
  desk = await openDesk();
  desk.house.clock.at -= desk.house.clock.at % 1000;
});
afterAll(() => desk.close());
beforeEach(async () => {
  [parent, child] = [await keyedInstance(desk), await keyedInstance(desk, "other")];
  const { json } = await parent.exchange(
    { objective: "the owner's words" },
    {
      "writ-launcher-key": KEYS.launcher,
      dpop: parent.proof({ url: `${desk.origin}/oauth/token` }),
    },
  );
  task = { id: String(json["task"]) as TaskId, token: String(json["access_token"]) };
});

function handDown(more: Record<string, string> = {}, by = parent): Promise<Answer> {
  const params = {
    grant_type: EXCHANGE,
    subject_token: task.token,
    subject_token_type: ACCESS_TOKEN,
    actor_token: child.credential,
    actor_token_type: JWT,
    authorization_details: JSON.stringify(HANDBOOK),
    ...more,
  };
  return form(desk, "/oauth/token", params, { dpop: by.proof({ url: `${desk.origin}/oauth/token` }) });
}

test("a task token and a child's credential become the child's own task token, of use with the child's key alone", async () => {
  const { status, json } = await handDown({ objective: "the opening hours", task_lifetime: "60" });
  expect([status, json["token_type"], json["expires_in"]]).toEqual([200, "DPoP", 60]);
  expect(json["authorization_details"]).toEqual(HANDBOOK);
  const token = String(json["access_token"]);
  const { credentials, clock } = desk.house;
  expect(credentials.verifyTask({ token, proven: child.key.kid }, clock.at)).toMatchObject({
    kind: "verified",
    value: { agent: "other", instance: child.id, delegators: [{ agent: "clerk", instance: parent.id }] },
  });
  expect(credentials.verifyTask({ token, proven: parent.key.kid }, clock.at).kind).toBe("refused");
  expect(credentials.verifyTask({ token, proven: null }, clock.at).kind).toBe("refused");
});

describe("refused, and nothing is opened", () => {
  test.each<[string, () => Promise<Answer>, string]>([
    ["with the child's proof, who does not hold the task", () => handDown({}, child), "proof_invalid"],
    [
      "with subject and actor the other way round",
      () =>
        handDown({
          subject_token: child.credential,
          subject_token_type: JWT,
          actor_token: task.token,
          actor_token_type: ACCESS_TOKEN,
        }),
      "",
    ],
    [
      "with the task's own token as actor",
      () => handDown({ actor_token: task.token, actor_token_type: ACCESS_TOKEN }),
      "",
    ],
    [
      "with the task's own token said to be a credential",
      () => handDown({ actor_token: task.token }),
      "credential_invalid",
    ],
    [
      "with an actor's credential said to be a task's",
      () => handDown({ subject_token: child.credential }),
      "credential_invalid",
    ],
    ["with an actor that is empty text", () => handDown({ actor_token: "." }), "credential_invalid"],
    ["for another resource", () => handDown({ resource: "https://elsewhere.example/mcp" }), ""],
    ["with a budget that is half said", () => handDown({ task_calls: "3" }), ""],
    ["with a budget below nothing", () => handDown({ task_calls: "3", task_writes: "-1" }), ""],
    ["with a budget that is no number", () => handDown({ task_calls: "1e3", task_writes: "0" }), ""],
    ["with more calls than there are", () => handDown({ task_calls: "11", task_writes: "0" }), "budget_spent"],
    ["with a lifetime of nothing", () => handDown({ task_lifetime: "0" }), "lifetime_invalid"],
    ["with an objective that hides a line", () => handDown({ objective: "a\u0008b" }), "objective_invalid"],
    [
      "with an unknown type of detail",
      () => handDown({ authorization_details: JSON.stringify([{ ...HANDBOOK[0], type: "__proto__" }]) }),
      "",
    ],
    [
      "with an unknown limit",
      () =>
        handDown({ authorization_details: JSON.stringify([{ ...HANDBOOK[0], where: { path: { regex: "^/srv" } } }]) }),
      "",
    ],
  ])("%s", async (_, ask, code) => {
    const before = (await desk.house.records("task_opened")).length;
    const { status, json } = await ask();
    expect(status).toBe(400);
    if (code !== "") expect(json["code"]).toBe(code);
    expect((await desk.house.records("task_opened")).length).toBe(before);
    expect(await desk.house.store.read((tx) => tx.task(task.id))).toMatchObject({ used: { calls: 0 } });
  });
});

test("what reaches further is refused in OAuth's words, limit by limit", async () => {
  for (const change of [
    { where: {} },
    { tools: ["docs__*"] },
    { uses: 99 },
    { where: { path: { glob: "/srv/**" } } },
  ]) {
    const { status, json } = await handDown({ authorization_details: JSON.stringify([{ ...HANDBOOK[0], ...change }]) });
    expect([status, json["error"]]).toEqual([400, "invalid_authorization_details"]);
  }
});

describe("the record of what was refused", () => {
  const refused = () => desk.house.records("delegation_refused");

  test("has one entry, with who wished what for whom and why it was not given, and no token", async () => {
    const before = (await refused()).length;
    await handDown({ authorization_details: JSON.stringify([{ ...HANDBOOK[0], tools: ["docs__write_file"] }]) });
    const entries = (await refused()).slice(before);
    expect(entries).toMatchObject([
      {
        task: task.id,
        body: {
          by: `spiffe://writ.local/agent/clerk/${parent.id}`,
          agent: "clerk",
          owner: "ada",
          to: child.id,
          tools: ["docs__write_file"],
          reason: "delegation_widens",
        },
      },
    ]);
    for (const secret of [task.token, child.credential])
      expect(JSON.stringify(entries)).not.toContain(secret.split(".")[2]);
  });

  test.each<[string, () => Promise<unknown>, string | null, string]>([
    ["more calls than there are", () => handDown({ task_calls: "11", task_writes: "0" }), "child", "budget_spent"],
    ["a credential that is none", () => handDown({ actor_token: "." }), null, "credential_invalid"],
    [
      "details nobody can read",
      () => handDown({ authorization_details: "[]" }),
      "child",
      "invalid_authorization_details",
    ],
  ])("says so of %s", async (_, wish, to, reason) => {
    const before = (await refused()).length;
    await wish();
    const entries = (await refused()).slice(before);
    expect(entries).toMatchObject([{ body: { to: to === null ? null : child.id, reason } }]);
  });

  test("has nothing of strangers: without the holder's proof, or once the task is over", async () => {
    const before = (await refused()).length;
    await handDown({}, child);
    await handDown({ subject_token: child.credential });
    await endTask(desk.house, { task: task.id, by: "ada", why: "" });
    await handDown();
    expect((await refused()).length).toBe(before);
  });
});

test("a parent that has ended, and an actor that was revoked, hand nothing down", async () => {
  await revokeSubject(desk.house, { subject: { kind: "instance", id: child.id }, by: "ada", why: "" });
  expect((await handDown()).json).toMatchObject({ code: "credential_revoked" });
  await endTask(desk.house, { task: task.id, by: "ada", why: "" });
  child = await keyedInstance(desk, "other");
  expect((await handDown()).json).toMatchObject({ code: "task_ended" });
});

test("the child's own token hands down further, and not back up", async () => {
  const down = await handDown();
  task = { id: String(down.json["task"]) as TaskId, token: String(down.json["access_token"]) };
  const [holder, first] = [child, parent];
  child = first;
  expect((await handDown({ authorization_details: "" }, holder)).json).toMatchObject({ code: "delegation_loop" });
  child = await keyedInstance(desk);
  const further = await handDown({}, holder);
  const claims = JSON.parse(
    Buffer.from(String(further.json["access_token"]).split(".")[1] ?? "", "base64url").toString(),
  );
  const name = (agent: string, id: string) => `spiffe://writ.local/agent/${agent}/${id}`;
  expect(claims.act).toEqual({
    sub: name("clerk", child.id),
    act: { sub: name("other", holder.id), act: { sub: name("clerk", first.id) } },
  });
});
