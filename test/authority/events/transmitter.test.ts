import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRemoteJWKSet, jwtVerify, type JWTPayload } from "jose";
import { afterEach, beforeEach, expect, test } from "vitest";
import { startTransmitter } from "../../../src/authority/events/transmitter.ts";
import { issueGrant, revokeGrant } from "../../../src/authority/tasks/grants.ts";
import { revokeSubject } from "../../../src/authority/revocation/revoke.ts";
import { endTask } from "../../../src/authority/tasks/end-task.ts";
import { MOST_ATTEMPTS } from "../../../src/domain/security-event.ts";
import { type House, openHouse } from "../../house.ts";
import { createHouse, openClerkTask } from "../house.ts";
import { soon } from "../../crash/box.ts";

const CAEP = "https://schemas.openid.net/secevent/caep/event-type/";
const TOKEN = "Bearer the-token-of-this-receiver";

interface Heard {
  readonly body: string;
  readonly headers: Readonly<Record<string, unknown>>;
}
let receiver: Server;
let url: string;
let heard: Heard[];
let answers: number;
let house: House | undefined;
let folder: string;

beforeEach(async () => {
  [heard, answers] = [[], 202];
  folder = mkdtempSync(join(tmpdir(), "writ-events-"));
  receiver = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (chunk: string) => (body += chunk));
    request.on("end", () => {
      if (answers < 300) heard.push({ body, headers: request.headers });
      response.writeHead(answers).end();
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/events`;
  process.env["RECEIVER_OF_THIS_TEST"] = TOKEN;
});
afterEach(async () => {
  await house?.close();
  house = undefined;
  rmSync(folder, { recursive: true, force: true });
  receiver.closeAllConnections();
  await new Promise((resolve) => receiver.close(resolve));
  delete process.env["RECEIVER_OF_THIS_TEST"];
});

const yaml = (more = ""): string => `
agents: { clerk: { scope: [] }, other: {} }
receivers:
  siem: { url: ${url}, audience: siem, authorization_env: RECEIVER_OF_THIS_TEST${more} }
`;

/** As any receiver would: by the published keys, and by nothing else that it knows. */
async function verified(writ: House, { body }: Heard): Promise<JWTPayload> {
  const keys = createRemoteJWKSet(new URL(`${writ.writ.origin}/.well-known/jwks.json`));
  const { payload } = await jwtVerify(body, keys, {
    issuer: writ.writ.origin,
    audience: "siem",
    typ: "secevent+jwt",
    algorithms: ["ES256"],
  });
  return payload;
}

test("a receiver is told of an ended session, signed, with whom it is about and who ended it", async () => {
  house = await openHouse(yaml());
  const { task } = await house.task("clerk");
  await endTask(house.writ.authority, { task: task.id, by: "ada", why: "odd calls" });
  await soon(() => heard.length).toBe(1);
  const [first] = heard;
  if (first === undefined) throw new Error("nothing heard");
  expect(first.headers).toMatchObject({ "content-type": "application/secevent+jwt", authorization: TOKEN });
  const payload = await verified(house, first);
  expect(payload).toMatchObject({
    sub_id: {
      format: "complex",
      user: { format: "iss_sub", iss: house.writ.origin, sub: "ada" },
      application: { format: "uri", uri: `spiffe://writ.local/agent/clerk/${task.instance}` },
      session: { format: "opaque", id: task.session },
    },
    events: { [`${CAEP}session-revoked`]: { initiating_entity: "admin", reason_admin: { en: "odd calls" } } },
  });
  expect(Object.keys(payload["events"] as object)).toHaveLength(1);
  expect(payload.exp).toBeUndefined();
  expect(first.body).not.toContain(task.id);
});

test("a receiver is told what a task holds now when a grant is given or taken back", async () => {
  house = await openHouse(`${yaml()}servers: { box: { url: "http://127.0.0.1:9/mcp" } }\n`);
  const { task } = await house.task("clerk");
  const draft = { tools: ["box__see"], constraints: [], uses: 2, origin: "approval", issuedBy: "otto" } as const;
  const grant = await issueGrant(house.writ.authority, { task: task.id, draft });
  await soon(() => heard.length).toBe(1);
  await revokeGrant(house.writ.authority, { grant: grant.id, by: "otto", why: "" });
  await soon(() => heard.length).toBe(2);
  const told = await Promise.all(heard.map((one) => verified(house as House, one)));
  const held = told.map((one) => (one["events"] as Record<string, { claims: unknown }>)[`${CAEP}token-claims-change`]);
  expect(held.map((one) => one?.claims)).toEqual([
    { authorization_details: [{ type: "mcp_tool_call", tools: ["box__see"], uses: 2 }] },
    { authorization_details: [] },
  ]);
});

test("an agent, an owner, an instance and everything are told as a whole, beside each session that ends", async () => {
  house = await openHouse(yaml());
  const { task } = await house.task("clerk");
  for (const subject of [
    { kind: "instance", id: task.instance },
    { kind: "agent", id: "clerk" },
    { kind: "owner", id: "ada" },
    { kind: "all", id: "*" },
  ] as const)
    await revokeSubject(house.writ.authority, { subject, by: "ada", why: "" });
  await soon(() => heard.length).toBe(5);
  const told = await Promise.all(heard.map((one) => verified(house as House, one)));
  expect(
    told.map((one) =>
      Object.keys(one["sub_id"] as object)
        .filter((name) => name !== "format")
        .toSorted(),
    ),
  ).toEqual([["application"], ["application", "session", "user"], ["application"], ["user"], ["tenant"]]);
});

test("a receiver hears of its own agents and events only", async () => {
  house = await openHouse(yaml(", agents: [other], events: [session-revoked]"));
  const [clerk, other] = [await house.task("clerk"), await house.task("other")];
  for (const { task } of [clerk, other]) await endTask(house.writ.authority, { task: task.id, by: "ada", why: "" });
  await soon(() => heard.length).toBe(1);
  expect(JSON.stringify(await verified(house, heard[0] as Heard))).toContain(other.task.session);
});

test("while a receiver is away nothing is lost, over a restart too, and it hears all of it in order with the ids of before", async () => {
  answers = 503;
  house = await openHouse(yaml(), {}, folder);
  const tasks = [];
  for (let i = 0; i < 3; i++) tasks.push((await house.task("clerk")).task);
  for (const task of tasks) await endTask(house.writ.authority, { task: task.id, by: "ada", why: "" });
  await soon(() => house?.writ.store.read(async (tx) => (await tx.document("delivery", "siem"))?.trouble)).toBe(
    "it answered 503",
  );
  expect(await doctor(house)).toContain("it answered 503; what it has not taken is sent again");
  await house.writ.close();
  answers = 202;
  house = await openHouse(yaml(), {}, folder);
  await soon(() => heard.length).toBe(3);
  const sessions = await Promise.all(
    heard.map(
      async (one) => ((await verified(house as House, one))["sub_id"] as { session: { id: string } }).session.id,
    ),
  );
  expect(sessions).toEqual(tasks.map((task) => task.session));
  expect(await doctor(house)).toContain("has taken 3 events");
});

async function doctor({ writ }: House): Promise<string> {
  const answer = await fetch(`${writ.origin}/v1/doctor`, { headers: { authorization: `Bearer ${writ.keys.admin}` } });
  return answer.text();
}

test("a transmitter says where its keys are and how it delivers; a Writ that tells nobody says nothing", async () => {
  house = await openHouse(yaml());
  const metadata = (await (await fetch(`${house.writ.origin}/.well-known/ssf-configuration`)).json()) as object;
  expect(metadata).toEqual({
    spec_version: "1_0",
    issuer: house.writ.origin,
    jwks_uri: `${house.writ.origin}/.well-known/jwks.json`,
    delivery_methods_supported: ["urn:ietf:rfc:8935"],
    default_subjects: "ALL",
  });
  await house.close();
  house = await openHouse("agents: { clerk: {} }\n");
  expect((await fetch(`${house.writ.origin}/.well-known/ssf-configuration`)).status).toBe(404);
});

const RECEIVERS = `
owner: ada
agents: { clerk: {}, other: {} }
receivers: { siem: { url: "https://siem.example/events", authorization_env: SIEM } }
`;

test("an event that is never taken is put aside after very many attempts, named, and the next is told", async () => {
  const desk = createHouse(RECEIVERS);
  const pushed: string[] = [];
  let refuse = "";
  const transmitter = startTransmitter({
    ...desk,
    issuer: "https://writ.example",
    env: { SIEM: "Bearer x" },
    push: ({ body }) => {
      const { jti } = JSON.parse(Buffer.from(body.split(".")[1] ?? "", "base64url").toString()) as { jti: string };
      refuse ||= jti;
      pushed.push(jti);
      const status = jti === refuse ? 400 : 202;
      return Promise.resolve({ kind: "answered", status, headers: {}, bytes: Buffer.from("") });
    },
  });
  await transmitter.flush();
  const [one, two] = [await openClerkTask(desk), await openClerkTask(desk)];
  for (const { task } of [one, two]) await endTask(desk, { task: task.id, by: "ada", why: "" });
  for (let i = 0; i < MOST_ATTEMPTS + 2; i++) {
    await transmitter.flush();
    desk.clock.at += 3_600_000;
  }
  expect(pushed.filter((jti) => jti === refuse)).toHaveLength(MOST_ATTEMPTS);
  expect(new Set(pushed).size).toBe(2);
  const delivery = await desk.store.read((tx) => tx.document("delivery", "siem"));
  expect(delivery).toMatchObject({ delivered: 1, trouble: null });
  expect(delivery?.dropped).toHaveLength(1);
  await transmitter.stop();
});

test("of two gateways on one store one makes each attempt", async () => {
  const desk = createHouse(RECEIVERS);
  const pushed: string[] = [];
  const gateway = () =>
    startTransmitter({
      ...desk,
      issuer: "https://writ.example",
      env: { SIEM: "Bearer x" },
      push: async ({ body }) => {
        pushed.push(body.split(".")[1] ?? "");
        await new Promise((resolve) => setImmediate(resolve));
        return { kind: "answered", status: 202, headers: {}, bytes: Buffer.from("") };
      },
    });
  const both = [gateway(), gateway()];
  await Promise.all(both.map((one) => one.flush()));
  for (let i = 0; i < 5; i++) {
    const { task } = await openClerkTask(desk);
    await endTask(desk, { task: task.id, by: "ada", why: "" });
  }
  for (let i = 0; i < 5; i++) await Promise.all(both.map((one) => one.flush()));
  expect(pushed).toHaveLength(5);
  expect(new Set(pushed).size).toBe(5);
  await Promise.all(both.map((one) => one.stop()));
});

test("without the variable that holds its authorization nothing is sent, and the reason is kept", async () => {
  const desk = createHouse(RECEIVERS);
  let pushes = 0;
  const transmitter = startTransmitter({
    ...desk,
    issuer: "https://writ.example",
    env: {},
    push: () => {
      pushes++;
      return Promise.resolve({ kind: "failed", why: "", sent: false });
    },
  });
  await transmitter.flush();
  const { task } = await openClerkTask(desk);
  await endTask(desk, { task: task.id, by: "ada", why: "" });
  await transmitter.flush();
  expect(pushes).toBe(0);
  expect(await desk.store.read((tx) => tx.document("delivery", "siem"))).toMatchObject({
    trouble: "the variable SIEM is not set",
  });
  await transmitter.stop();
});
