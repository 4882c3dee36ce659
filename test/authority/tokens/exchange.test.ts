import * as oauth from "oauth4webapi";
import * as client from "openid-client";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Desk, KEYS, openDesk } from "../../doors/http/desk.ts";
import { ACCESS_TOKEN, cryptoPair, EXCHANGE, JWT, type KeyedInstance, keyedInstance } from "./agent.ts";

let desk: Desk;
let instance: KeyedInstance;
const vouched = { "writ-launcher-key": KEYS.launcher };

beforeAll(async () => {
  desk = await openDesk();
  desk.house.clock.at -= desk.house.clock.at % 1000;
  instance = await keyedInstance(desk);
});
afterAll(() => desk.close());

describe("an instance credential", () => {
  test("is exchanged for the token of a task of its own, bound to the same key", async () => {
    const proof = instance.proof({ url: `${desk.origin}/oauth/token` });
    const answer = await instance.exchange({ objective: "read the handbook" }, { ...vouched, dpop: proof });
    expect(answer.status).toBe(200);
    expect(answer.json).toMatchObject({ issued_token_type: ACCESS_TOKEN, token_type: "DPoP", expires_in: 900 });
    expect(answer.headers.get("cache-control")).toBe("no-store");
    expect(answer.json["authorization_details"]).toEqual([
      {
        type: "mcp_tool_call",
        tools: ["docs__read_text_file"],
        where: { path: { glob: "/srv/desk/sample/**" } },
        uses: 3,
      },
    ]);
    const verified = desk.house.credentials.inspectTask(String(answer.json["access_token"]), desk.house.clock.at);
    expect(verified).toMatchObject({
      kind: "verified",
      value: { instance: instance.id, thumbprint: instance.key.kid, task: answer.json["task"] },
    });
    const [opened] = (await desk.house.records("task_opened")).slice(-1);
    expect(opened?.body).toMatchObject({ objective: "read the handbook", declaredBy: "owner" });
  });

  test("by itself opens a task that holds nothing, in the agent's own words", async () => {
    const answer = await instance.exchange({ objective: "whatever I like" });
    expect(answer.json["authorization_details"]).toEqual([]);
    const [opened] = (await desk.house.records("task_opened")).slice(-1);
    expect(opened?.body).toMatchObject({ declaredBy: "agent-claimed", grants: [] });
  });

  test("renews the token of its running task, and of no other", async () => {
    const { json: opened } = await instance.exchange();
    const renewed = await instance.exchange({ task: String(opened["task"]) });
    expect(renewed.json).toMatchObject({ task: opened["task"], token_type: "DPoP" });
    expect(renewed.json["access_token"]).not.toBe(opened["access_token"]);
    const other = await keyedInstance(desk);
    const stolen = await other.exchange({ task: String(opened["task"]) });
    expect([stolen.status, stolen.json["error"], stolen.json["code"]]).toEqual([
      400,
      "invalid_request",
      "task_unknown",
    ]);
  });

  test("without a proof of its key gives nothing", async () => {
    const answer = await instance.exchange({}, {});
    expect(answer.json).toMatchObject({ error: "invalid_dpop_proof", code: "proof_missing" });
  });
});

test("openid-client exchanges with DPoP, and meets the nonce by itself", async () => {
  const config = await client.discovery(new URL(desk.origin), instance.id, undefined, client.None(), {
    algorithm: "oauth2",
    execute: [client.allowInsecureRequests],
  });
  const DPoP = client.getDPoPHandle(config, await cryptoPair(instance.key));
  const answer = await client.genericGrantRequest(
    config,
    EXCHANGE,
    { subject_token: instance.credential, subject_token_type: JWT, resource: `${desk.origin}/mcp` },
    { DPoP },
  );
  expect(answer).toMatchObject({ token_type: "dpop", issued_token_type: ACCESS_TOKEN });
  expect(desk.house.credentials.inspectTask(answer.access_token, desk.house.clock.at).kind).toBe("verified");
});

test("oauth4webapi reads the metadata, exchanges, and is told of the nonce once", async () => {
  const insecure = { [oauth.allowInsecureRequests]: true };
  const issuer = new URL(desk.origin);
  const found = await oauth.discoveryRequest(issuer, { algorithm: "oauth2", ...insecure });
  const server = await oauth.processDiscoveryResponse(issuer, found);
  const known: oauth.Client = { client_id: instance.id };
  const DPoP = oauth.DPoP(known, await cryptoPair(instance.key));
  const ask = (): Promise<Response> =>
    oauth.genericTokenEndpointRequest(
      server,
      known,
      oauth.None(),
      EXCHANGE,
      { subject_token: instance.credential, subject_token_type: JWT },
      { DPoP, ...insecure },
    );
  const first = await oauth.processGenericTokenEndpointResponse(server, known, await ask()).catch((e: unknown) => e);
  expect(oauth.isDPoPNonceError(first)).toBe(true);
  const second = await oauth.processGenericTokenEndpointResponse(server, known, await ask());
  expect(second).toMatchObject({ token_type: "dpop" });
});

test("the metadata says what there is, and each resource names this issuer", async () => {
  const { json } = await desk.ask("GET", "/.well-known/oauth-protected-resource/mcp/docs", null);
  expect(json).toMatchObject({ resource: `${desk.origin}/mcp/docs`, authorization_servers: [desk.origin] });
  expect((await desk.ask("GET", "/.well-known/oauth-protected-resource/mcp/none", null)).status).toBe(404);
});
