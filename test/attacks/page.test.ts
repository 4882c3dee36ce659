import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readDraft } from "../../src/authority/rules/draft.ts";
import { openTask } from "../../src/authority/tasks/open-task.ts";
import { ADMIN } from "../../src/authority/people/people.ts";
import { requestGrant } from "../../src/authority/tasks/request-grant.ts";
import { enrolClerk } from "../authority/house.ts";
import { type Desk, openDesk } from "../doors/http/desk.ts";

let desk: Desk;
beforeEach(async () => {
  desk = await openDesk();
});
afterEach(() => desk.close());

/** A program of the agent's that listens on a port of this machine, and the person's browser looking at it: a cookie
 *  knows hosts and no ports, so the browser brings Writ's along. */
async function stolenCookie(): Promise<string> {
  const signedIn = await desk.ask("GET", `/signin?code=${await desk.people.signInCode(ADMIN)}`, null);
  const jar = signedIn.headers.get("set-cookie")?.split(";")[0] ?? "";
  let taken = "";
  const thief = createServer((request, response) => {
    taken = request.headers.cookie ?? "";
    response.end();
  });
  await new Promise<void>((resolve) => thief.listen(0, "127.0.0.1", resolve));
  await fetch(`http://127.0.0.1:${(thief.address() as AddressInfo).port}/`, { headers: { cookie: jar } });
  await new Promise<void>((resolve) => thief.close(() => resolve()));
  return taken;
}

test("a cookie taken by another program on this machine shows nothing, and answers nothing", async () => {
  const { instance } = await enrolClerk(desk.house);
  const { task } = await openTask(desk.house, { instance, objective: "secret", declaredBy: "owner", parent: null });
  const draft = readDraft({ tools: ["shop__refund_order"], uses: 1 }, "approval", "clerk", desk.house.configuration);
  const asked = await requestGrant(desk.house, { instance, task: task.id, draft, why: "", policyVersion: "v" });
  const cookie = await stolenCookie();
  expect(cookie).not.toBe("");
  for (const path of [
    "/",
    "/now/",
    "/now/guess",
    "/v1/status",
    "/v1/approvals",
    `/v1/tasks/${task.id}`,
    "/v1/events",
  ]) {
    const answer = await desk.ask("GET", path, null, undefined, { cookie });
    expect([path, answer.status >= 400, answer.text.includes("secret")]).toEqual([path, true, false]);
  }
  for (const path of [`/now/guess/approvals/${asked.id}`, `/approvals/${asked.id}`, `/v1/approvals/${asked.id}/answer`])
    expect((await desk.ask("POST", path, null, { verdict: "allow" }, { cookie })).status).toBeGreaterThanOrEqual(403);
  expect((await desk.ask("POST", "/v1/signin-codes", null, {}, { cookie })).status).toBe(403);
  expect(await desk.house.records("answer")).toEqual([]);
});

test("a page of another port cannot make a browser use the API, whatever it sends along", async () => {
  const cookie = await stolenCookie();
  for (const headers of [
    { "writ-csrf": "" },
    { "writ-csrf": "guess" },
    { authorization: "Bearer " },
    { authorization: "Basic x" },
  ])
    expect(
      (await desk.ask("POST", "/v1/revocations", null, { kind: "all", id: "*" }, { cookie, ...headers })).status,
    ).toBeGreaterThanOrEqual(401);
  expect(await desk.house.records("revocation")).toEqual([]);
});

test.each(["http://evil.example", "null", "http://127.0.0.1.evil.example", "http://localhost:80@evil.example"])(
  "a request that a page of %s makes is refused at the door",
  async (origin) => {
    expect((await desk.ask("GET", "/healthz", null, undefined, { origin })).status).toBe(403);
  },
);
