import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Desk, KEYS, openDesk } from "../../doors/http/desk.ts";
import { ACCESS_TOKEN, EXCHANGE, form, JWT, type KeyedInstance, keyedInstance } from "../tokens/agent.ts";

let desk: Desk;
let instance: KeyedInstance;
let task: string;

beforeAll(async () => {
  desk = await openDesk();
  instance = await keyedInstance(desk);
  task = String((await instance.exchange()).json["access_token"]);
});
afterAll(() => desk.close());

const prove = (): Record<string, string> => ({ dpop: instance.proof({ url: `${desk.origin}/oauth/token` }) });
const opened = async (): Promise<number> => (await desk.house.records("task_opened")).length;

describe("an exchange", () => {
  test.each<[string, () => Record<string, string>, string]>([
    [
      "of a task token for another",
      () => ({ subject_token: task, subject_token_type: ACCESS_TOKEN }),
      "invalid_request",
    ],
    ["of a task token called an instance credential", () => ({ subject_token: task }), "invalid_request"],
    ["of an instance credential called a task token", () => ({ subject_token_type: ACCESS_TOKEN }), "invalid_request"],
    ["of an ID token", () => ({ subject_token_type: "urn:ietf:params:oauth:token-type:id_token" }), "invalid_request"],
    [
      "of a refresh token",
      () => ({ subject_token_type: "urn:ietf:params:oauth:token-type:refresh_token" }),
      "invalid_request",
    ],
    [
      "of a SAML assertion",
      () => ({ subject_token_type: "urn:ietf:params:oauth:token-type:saml2" }),
      "invalid_request",
    ],
    ["of a token without a type", () => ({ subject_token_type: "" }), "invalid_request"],
    ["of a type without a token", () => ({ subject_token: "" }), "invalid_request"],
    ["with an actor that is not typed", () => ({ actor_token: instance.credential }), "invalid_request"],
    ["with an actor of no use here", () => ({ actor_token: task, actor_token_type: ACCESS_TOKEN }), "invalid_request"],
    [
      "for an ID token",
      () => ({ requested_token_type: "urn:ietf:params:oauth:token-type:id_token" }),
      "invalid_request",
    ],
    ["for another resource", () => ({ resource: "https://evil.example/mcp" }), "invalid_target"],
    ["for a resource that goes on", () => ({ resource: `${desk.origin}/mcp/../v1` }), "invalid_target"],
    ["for a resource with a slash more", () => ({ resource: `${desk.origin}/mcp/` }), "invalid_target"],
    ["for an upstream", () => ({ audience: "http://127.0.0.1:9001/mcp" }), "invalid_target"],
    ["for a scope", () => ({ scope: "admin" }), "invalid_scope"],
    ["of a task that is not there", () => ({ task: "t_nothing" }), "invalid_request"],
    ["of a task named as a member of every object", () => ({ task: "__proto__" }), "invalid_request"],
    ["with an objective that hides a line", () => ({ objective: "read\u0000this" }), "invalid_request"],
  ])("%s is refused, and opens nothing", async (_, change, error) => {
    const before = await opened();
    const answer = await instance.exchange(change());
    expect([answer.status, answer.json["error"]]).toEqual([400, error]);
    expect(answer.text).not.toContain(instance.credential);
    expect(await opened()).toBe(before);
  });

  test("with the subject and the actor exchanged is refused", async () => {
    const answer = await instance.exchange({
      actor_token: task,
      actor_token_type: ACCESS_TOKEN,
      subject_token: instance.credential,
      subject_token_type: JWT,
    });
    expect(answer.json["error"]).toBe("invalid_request");
  });

  test("with an actor and no subject is refused", async () => {
    const params = { grant_type: EXCHANGE, actor_token: instance.credential, actor_token_type: JWT };
    expect((await form(desk, "/oauth/token", params, prove())).json["error"]).toBe("invalid_request");
  });

  test("of a credential that was revoked is refused", async () => {
    const other = await keyedInstance(desk);
    await desk.ask("POST", "/v1/revocations", KEYS.admin, { kind: "instance", id: other.id });
    expect((await other.exchange()).json).toMatchObject({ error: "invalid_request", code: "credential_revoked" });
  });
});

describe("the form of a request", () => {
  const good = (): string =>
    new URLSearchParams({
      grant_type: EXCHANGE,
      subject_token: instance.credential,
      subject_token_type: JWT,
    }).toString();
  const send = (body: string, type = "application/x-www-form-urlencoded", query = "") =>
    desk.ask("POST", `/oauth/token${query}`, null, body, { "content-type": type, ...prove() });

  test.each<[string, () => Promise<{ status: number; json: Record<string, unknown> }>]>([
    ["a parameter twice", () => send(`${good()}&grant_type=${encodeURIComponent(EXCHANGE)}`)],
    ["a parameter twice, once empty", () => send(`${good()}&resource=&resource=x`)],
    ["a parameter twice, spelt in another way", () => send(`${good()}&%67rant_type=x`)],
    ["a parameter in the address", () => send(good(), undefined, "?resource=x")],
    ["JSON", () => send(JSON.stringify({ grant_type: EXCHANGE }), "application/json")],
    ["a form of another kind", () => send(good(), "multipart/form-data; boundary=x")],
    ["another character set", () => send(good(), "application/x-www-form-urlencoded; charset=utf-16")],
    ["a character set twice", () => send(good(), "application/x-www-form-urlencoded; charset=utf-8; charset=utf-7")],
    ["a broken escape", () => send(`${good()}&resource=%zz`)],
    ["bytes that are no UTF-8", () => send(`${good()}&resource=%ff%fe`)],
    ["too many parameters", () => send(`${good()}&${Array.from({ length: 64 }, (_, i) => `x${i}=1`).join("&")}`)],
    ["no grant type", () => send("subject_token=x")],
    ["nothing", () => send("")],
  ])("%s is refused", async (_, ask) => {
    const { status, json } = await ask();
    expect([status, json["error"]]).toEqual([400, "invalid_request"]);
  });

  test.each([
    "password",
    "client_credentials",
    "constructor",
    "__proto__",
    "urn:ietf:params:oauth:grant-type:device_code",
  ])("the grant type %s is not served", async (name) => {
    const answer = await form(desk, "/oauth/token", { grant_type: name });
    expect(answer.json["error"]).toBe("unsupported_grant_type");
  });

  test("too large a body is refused, and a GET is none", async () => {
    expect((await send(`objective=${"x".repeat(300_000)}`)).status).toBe(400);
    expect((await desk.ask("GET", "/oauth/token", null)).status).toBe(404);
  });

  test("a client secret is never taken", async () => {
    const answer = await form(desk, "/oauth/token", { grant_type: EXCHANGE, client_id: "a", client_secret: "b" });
    expect([answer.status, answer.json["error"]]).toEqual([401, "invalid_client"]);
  });
});

describe("authorization_details", () => {
  const scope = {
    type: "mcp_tool_call",
    tools: ["docs__read_text_file"],
    where: { path: { glob: "/srv/desk/sample/**" } },
  };
  const ask = (details: unknown) =>
    instance.exchange({ authorization_details: typeof details === "string" ? details : JSON.stringify(details) });

  test.each<[string, unknown]>([
    ["that are no JSON", "{"],
    ["with a member twice", '[{"type":"mcp_tool_call","type":"x","tools":["docs__read_text_file"]}]'],
    ["that are no list", scope],
    ["that are empty", []],
    ["of an unknown type", [{ ...scope, type: "payment" }]],
    ["of a type that every object has", [{ ...scope, type: "constructor" }]],
    ["without a type", [{ tools: scope.tools }]],
    ["of the type __proto__", '[{"__proto__":{"type":"mcp_tool_call"},"tools":["docs__read_text_file"]}]'],
    ["with an unknown limit", [{ ...scope, where: { path: { regex: ".*" } } }]],
    ["with an unknown member", [{ ...scope, effect: "admin" }]],
    ["of a server that there is not", [{ ...scope, tools: ["none__read"] }]],
    ["far too many", Array.from({ length: 65 }, () => scope)],
    ["far too large", [{ ...scope, where: { path: { prefix: "x".repeat(70_000) } } }]],
  ])("%s are refused", async (_, details) => {
    const before = await opened();
    expect((await ask(details)).json["error"]).toBe("invalid_authorization_details");
    expect(await opened()).toBe(before);
  });

  const vouched = async (details: unknown, more: Record<string, string> = {}) =>
    instance.exchange(
      { authorization_details: JSON.stringify(details), ...more },
      { ...prove(), "writ-launcher-key": KEYS.launcher },
    );

  test("narrower than the agent's scope are granted as asked, and echoed", async () => {
    const narrow = { ...scope, where: { path: { exact: "/srv/desk/sample/handbook.md" } }, uses: 1 };
    const { json } = await vouched([narrow]);
    expect(json["authorization_details"]).toEqual([narrow]);
    const [last] = (await desk.house.records("task_opened")).slice(-1);
    expect(last?.body["grants"]).toHaveLength(1);
  });

  test.each<[string, unknown]>([
    ["a wider path", [{ ...scope, where: { path: { glob: "/srv/**" } }, uses: 1 }]],
    ["no limit where the scope has one", [{ type: scope.type, tools: scope.tools, uses: 1 }]],
    ["more uses", [{ ...scope, uses: 4 }]],
    [
      "more uses in two parts",
      [
        { ...scope, uses: 3 },
        { ...scope, uses: 1 },
      ],
    ],
    ["as many uses as there are", [scope]],
    ["every tool of the server", [{ ...scope, tools: ["docs__*"], uses: 1 }]],
    ["another tool beside", [{ ...scope, tools: [...scope.tools, "docs__write_file"], uses: 1 }]],
    ["a tool of another server", [{ ...scope, tools: ["shop__order"], uses: 1 }]],
  ])("that ask for %s are refused, and open nothing", async (_, details) => {
    const before = await opened();
    expect((await vouched(details)).json["error"]).toBe("invalid_authorization_details");
    expect(await opened()).toBe(before);
  });

  test("of an agent that speaks for itself are refused, and so are those for a running task", async () => {
    expect((await ask([{ ...scope, uses: 1 }])).json["error"]).toBe("invalid_authorization_details");
    const running = String((await instance.exchange()).json["task"]);
    expect((await vouched([{ ...scope, uses: 1 }], { task: running })).json["error"]).toBe(
      "invalid_authorization_details",
    );
  });
});
