import { afterAll, beforeAll, expect, test } from "vitest";
import { enrol } from "../../../src/authority/enrolment/enrol.ts";
import { openTask } from "../../../src/authority/tasks/open-task.ts";
import { proofMaker } from "../../../src/wire/jose/dpop-proof.ts";
import { type House, openHouse } from "../../house.ts";
import { aKey } from "../../wire/jose/forge.ts";

let house: House;
let token: string;
let task: string;
const key = aKey();
const make = proofMaker(key);
const BODY = {
  jsonrpc: "2.0",
  id: 1,
  method: "initialize",
  params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "thief", version: "1" } },
};

beforeAll(async () => {
  house = await openHouse("agents: { clerk: {} }");
  const { authority } = house.writ;
  const enrolled = await enrol(authority, { agent: "clerk", thumbprint: key.kid, proven: true, selectors: {} });
  const { instance } = enrolled;
  const opened = await openTask(authority, { instance, objective: "", declaredBy: "owner", parent: null });
  token = opened.token.token;
  task = opened.task.id;
});
afterAll(() => house.close());

async function ask(headers: Record<string, string>, body: object = BODY): Promise<Response> {
  return fetch(`${house.writ.origin}/mcp`, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json, text/event-stream", ...headers },
    body: JSON.stringify(body),
  });
}
const codeOf = async (response: Response): Promise<unknown> => {
  const { error } = (await response.json()) as { error?: { code: unknown } };
  return [response.status, error?.code ?? "answered"];
};
let nonce: string | null = null;
const proof = (more: Partial<Parameters<typeof make>[0]> = {}, maker = make): string =>
  maker({ method: "POST", url: `${house.writ.origin}/mcp`, nonce, token, ...more }, Date.now());

test("a proof without a nonce is told the nonce, and the same with it is answered", async () => {
  const first = await ask({ authorization: `DPoP ${token}`, dpop: proof() });
  nonce = first.headers.get("dpop-nonce");
  expect(first.headers.get("www-authenticate")).toContain('error="use_dpop_nonce"');
  expect(await codeOf(first)).toEqual([401, "proof_stale"]);
  expect(await codeOf(await ask({ authorization: `DPoP ${token}`, dpop: proof() }))).toEqual([200, "answered"]);
});

test("a bound token opens nothing as a bearer token, nor alone, nor with what does not prove its key", async () => {
  const bound = { authorization: `DPoP ${token}` };
  const bearer = { authorization: `Bearer ${token}` };
  const thief = proofMaker(aKey());
  expect(await codeOf(await ask(bearer))).toEqual([401, "proof_missing"]);
  expect(await codeOf(await ask(bound))).toEqual([401, "proof_missing"]);
  const wrong: readonly [string, Record<string, string>][] = [
    ["beside a bearer token", { ...bearer, dpop: proof() }],
    ["by another key", { ...bound, dpop: proof({}, thief) }],
    ["without the token's digest", { ...bound, dpop: proof({ token: null }) }],
    ["with another token's digest", { ...bound, dpop: proof({ token: `${token}x` }) }],
    ["for another server", { ...bound, dpop: proof({ url: `${house.writ.origin}/mcp/docs` }) }],
    ["for a GET", { ...bound, dpop: proof({ method: "GET" }) }],
    ["two at once", { ...bound, dpop: `${proof()}, ${proof()}` }],
  ];
  for (const [what, headers] of wrong)
    expect([what, await codeOf(await ask(headers))]).toEqual([what, [401, "proof_invalid"]]);
});

test("fifty that carry one proof at the same time are one that is answered", async () => {
  const headers = { authorization: `DPoP ${token}`, dpop: proof() };
  const told = await Promise.all(Array.from({ length: 50 }, async () => (await ask(headers)).status));
  expect(told.filter((status) => status === 200)).toHaveLength(1);
  expect(told.filter((status) => status === 401)).toHaveLength(49);
});

test("the record of a call says that its key was proved", async () => {
  const begun = await ask({ authorization: `DPoP ${token}`, dpop: proof() });
  const session = begun.headers.get("mcp-session-id") ?? "";
  await begun.text();
  const call = { jsonrpc: "2.0", id: 2, method: "tools/call", params: { name: "writ__end_task", arguments: {} } };
  const called = await ask({ authorization: `DPoP ${token}`, dpop: proof(), "mcp-session-id": session }, call);
  await called.text();
  const records = await house.writ.store.read((tx) => tx.ledger({ after: 0, limit: 100, task: task as never }));
  const decided = records.filter((one) => one.kind === "admission" || one.kind === "ask" || one.kind === "denial");
  expect(decided.map((one) => one.body["binding"])).toEqual(["proof-of-possession"]);
});
