import { createHash } from "node:crypto";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readDraft } from "../../../src/authority/rules/draft.ts";
import { ADMIN } from "../../../src/authority/people/people.ts";
import { openTask } from "../../../src/authority/tasks/open-task.ts";
import { requestGrant } from "../../../src/authority/tasks/request-grant.ts";
import type { Approval } from "../../../src/domain/approval.ts";
import { enrolClerk } from "../../authority/house.ts";
import { type Desk, openDesk } from "./desk.ts";

let desk: Desk;
beforeEach(async () => {
  desk = await openDesk();
});
afterEach(() => desk.close());

async function question(objective = "refund an order"): Promise<Approval> {
  const { instance } = await enrolClerk(desk.house);
  const { task } = await openTask(desk.house, { instance, objective, declaredBy: "owner", parent: null });
  const draft = readDraft({ tools: ["shop__refund_order"], uses: 1 }, "approval", "clerk", desk.house.configuration);
  return requestGrant(desk.house, { instance, task: task.id, draft, why: "", policyVersion: "v" });
}

interface SignedIn {
  readonly cookie: string;
  /** The address of this session's own page. */
  readonly page: string;
}

async function signIn(): Promise<SignedIn> {
  const answer = await desk.ask("GET", `/signin?code=${await desk.people.signInCode(ADMIN)}`, null);
  return {
    cookie: answer.headers.get("set-cookie")?.split(";")[0] ?? "",
    page: /href="([^"]+)"/.exec(answer.text)?.[1] ?? "",
  };
}

function look({ cookie, page }: SignedIn) {
  return desk.ask("GET", page, null, undefined, { cookie });
}

function press(approval: Approval, { cookie, page }: SignedIn, headers: Record<string, string> = {}) {
  return desk.ask("POST", `${page}/approvals/${approval.id}`, null, "verdict=allow", {
    cookie,
    "content-type": "application/x-www-form-urlencoded",
    ...headers,
  });
}

test("nobody sees the page without signing in", async () => {
  await question("the secret objective");
  const answer = await desk.ask("GET", "/", null);
  expect(answer.status).toBe(401);
  expect(answer.text).not.toContain("secret objective");
});

test("the sign-in link works once, and its cookie is for this page alone", async () => {
  const link = `/signin?code=${await desk.people.signInCode(ADMIN)}`;
  const first = await desk.ask("GET", link, null);
  expect(first.headers.get("set-cookie")).toMatch(/HttpOnly; SameSite=Strict/);
  expect((await desk.ask("GET", link, null)).status).toBe(403);
});

test("the page shows what waits and what runs, and loads nothing from anywhere", async () => {
  await question();
  const answer = await look(await signIn());
  expect(answer.status).toBe(200);
  expect(answer.text).toContain("refund an order");
  expect(answer.text).toContain("Allow this call once");
  expect(answer.headers.get("content-security-policy")).toMatch(/^default-src 'none'; style-src 'sha256-/);
  expect(answer.text).not.toMatch(/<script|<img|<link|https?:\/\//);
  const style = /<style>([^<]*)<\/style>/.exec(answer.text)?.[1] ?? "";
  const hash = createHash("sha256").update(style).digest("base64");
  expect(answer.headers.get("content-security-policy")).toContain(`'sha256-${hash}'`);
});

test("what an agent or owner wrote cannot become part of the page", async () => {
  await question("<script>alert(1)</script>\u202e");
  const { text } = await look(await signIn());
  expect(text).toContain("&#60;script&#62;alert(1)&#60;/script&#62;\\u{202e}");
  expect(text).not.toContain("<script");
});

test("the button on the page answers the question", async () => {
  const approval = await question();
  const me = await signIn();
  expect((await look(me)).text).toContain(`action="${me.page}/approvals/${approval.id}"`);
  const answer = await press(approval, me, { origin: desk.origin });
  expect([answer.status, answer.headers.get("location")]).toEqual([303, me.page]);
  expect(await desk.house.records("answer")).toMatchObject([{ body: { person: "admin", verdict: "allow" } }]);
});

test.each(["/now/", "/now/guess"])(
  "a form that was sent from no page of this session (%s) is refused",
  async (page) => {
    const approval = await question();
    const answer = await press(approval, { ...(await signIn()), page });
    expect(answer.status).toBeGreaterThanOrEqual(403);
    expect(await desk.house.records("answer")).toEqual([]);
  },
);

test("a form from another local port is refused even with the right address", async () => {
  const approval = await question();
  const me = await signIn();
  expect((await press(approval, me, { origin: "http://127.0.0.1:1" })).status).toBe(403);
  expect(await desk.house.records("answer")).toEqual([]);
});

test("a browser that shows its session's own secret beside the cookie uses the API", async () => {
  const { cookie, page } = await signIn();
  const csrf = page.slice("/now/".length);
  const answer = await desk.ask("GET", "/v1/status", null, undefined, { cookie, "writ-csrf": csrf });
  expect(answer.status).toBe(200);
});

test("signing out ends the session, and the browser forgets it", async () => {
  const signedIn = await signIn();
  const out = await desk.ask("POST", `${signedIn.page}/signout`, null, undefined, { cookie: signedIn.cookie });
  expect(out.headers.get("set-cookie")).toMatch(/writ_session=;.*Max-Age=0/);
  expect((await look(signedIn)).status).toBe(401);
});

test("another page cannot sign somebody out", async () => {
  const signedIn = await signIn();
  const from = { cookie: signedIn.cookie, origin: "http://127.0.0.1:9999" };
  expect((await desk.ask("POST", `${signedIn.page}/signout`, null, undefined, from)).status).toBe(403);
  expect((await desk.ask("POST", "/now/guess/signout", null, undefined, { cookie: signedIn.cookie })).status).toBe(403);
  expect((await look(signedIn)).status).toBe(200);
});
