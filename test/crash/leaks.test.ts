import { type ClientRequest, request } from "node:http";
import { afterAll, beforeAll, expect, test } from "vitest";
import { endTask } from "../../src/authority/tasks/end-task.ts";
import type { TaskId } from "../../src/domain/ids.ts";
import { rawClient } from "../gate/client.ts";
import { type Box, openBox, soon } from "./box.ts";

const NOTHING = { conversations: 0, calls: 0, owed: 0 };
let box: Box;
/** Those who hear of the store's events, and of changed tools, since the start. */
let listening = 0;

beforeAll(async () => {
  box = await openBox();
  const { store, catalogue } = box.writ;
  const [subscribe, onChange] = [store.subscribe, catalogue.onChange];
  const counted = (stop: () => void): (() => void) => {
    listening++;
    return () => {
      listening--;
      stop();
    };
  };
  store.subscribe = (listener) => counted(subscribe(listener));
  catalogue.onChange = (listener) => counted(onChange(listener));
});
afterAll(() => box.close());

test("after 200 conversations opened and closed no process is left, and nothing is held for them", async () => {
  const { token } = await box.task("clerk");
  await Promise.all(
    Array.from({ length: 8 }, async () => {
      for (let n = 0; n < 25; n++) {
        const client = await rawClient(`${box.writ.origin}/mcp/tiny`, token);
        expect((await client.call("touch", { n: "1" })).code).toBeNull();
        const ended = await fetch(`${box.writ.origin}/mcp/tiny`, {
          method: "DELETE",
          headers: { authorization: `Bearer ${token}`, "mcp-session-id": client.session },
        });
        expect(ended.status).toBe(200);
      }
    }),
  );
  expect(box.ran()).toHaveLength(200);
  expect([box.processes(), box.writ.held(), listening]).toEqual([[], NOTHING, 0]);
});

test("a client that leaves before it is known, or once its stream is open, leaves nobody listening for it", async () => {
  const { token } = await box.task("clerk");
  const { session } = await rawClient(`${box.writ.origin}/mcp`, token);
  // Nobody is known before the store says so, and it waits for them to have left.
  const { store } = box.writ;
  const { read } = store;
  const known = Promise.withResolvers<void>();
  let [asked, told] = [0, 0];
  store.read = async (body) => {
    asked++;
    await known.promise;
    return read(body).finally(() => told++);
  };
  const early = Array.from({ length: 20 }, () => stream(token, session));
  await soon(() => asked).toBe(20);
  for (const one of early) one.destroy();
  await fetch(`${box.writ.origin}/healthz`);
  await new Promise((resolve) => setTimeout(resolve, 50));
  store.read = read;
  known.resolve();
  await soon(() => told).toBe(20);
  await fetch(`${box.writ.origin}/healthz`);
  expect(listening).toBe(0);

  const late = stream(token, session);
  await new Promise((resolve) => late.on("response", resolve));
  expect(listening).toBeGreaterThan(0);
  late.destroy();
  await soon(() => listening).toBe(0);
});

/** The stream of what servers say outside calls. */
function stream(token: string, session: string): ClientRequest {
  const headers = { authorization: `Bearer ${token}`, accept: "text/event-stream", "mcp-session-id": session };
  const sent = request(`${box.writ.origin}/mcp`, { headers });
  sent.on("error", () => {}).on("response", (response) => response.on("error", () => {}).resume());
  return sent.end();
}

test("an agent that vanished leaves no process behind once its task is ended, and its conversation opens no other", async () => {
  const clerk = await box.agent("tiny");
  await clerk.call("touch", { n: "2" });
  expect(box.processes()).toHaveLength(1);
  await endTask(box.writ.authority, { task: clerk.task as TaskId, by: "ada", why: "done" });
  await soon(() => box.processes()).toEqual([]);
  expect((await clerk.call("touch", { n: "3" })).code).toBe("task_ended");
  expect([box.processes(), box.ran().includes("3")]).toEqual([[], false]);
});

test("a task whose deadline passes takes the processes of its agent with it", async () => {
  const brief = await box.agent("tiny", "brief");
  await brief.call("touch", { n: "4" });
  expect(box.processes()).toHaveLength(1);
  await soon(() => box.processes()).toEqual([]);
});

test("an ended task starts nothing, whatever its token asks for", async () => {
  const clerk = await box.agent("tiny");
  await endTask(box.writ.authority, { task: clerk.task as TaskId, by: "ada", why: "done" });
  await soon(() => box.processes()).toEqual([]);
  await expect(rawClient(`${box.writ.origin}/mcp/tiny`, clerk.token)).rejects.toThrow();
  const meta = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
  };
  for (const method of ["server/discover", "tools/list", "subscriptions/listen"]) {
    const response = await fetch(`${box.writ.origin}/mcp/tiny`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${clerk.token}`,
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
        "mcp-protocol-version": "2026-07-28",
        "mcp-method": method,
      },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params: { _meta: meta } }),
    });
    expect(await response.text()).toContain("error");
  }
  expect(box.processes()).toEqual([]);
});

test("the 33rd process of a server is refused in words, and one that ends makes room for another", async () => {
  const { token } = await box.task("clerk");
  const url = `${box.writ.origin}/mcp/tiny`;
  const opened = await Promise.allSettled(Array.from({ length: 40 }, () => rawClient(url, token)));
  const clients = opened.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  const refused = opened.flatMap((one) => (one.status === "rejected" ? [String(one.reason)] : []));
  expect([clients.length, refused.length, box.processes().length]).toEqual([32, 8, 32]);
  for (const why of refused) expect(why).toContain("it runs 32 times already");

  const headers = { authorization: `Bearer ${token}`, "mcp-session-id": clients[0]?.session ?? "" };
  await fetch(url, { method: "DELETE", headers });
  const next = await rawClient(url, token);
  expect((await next.call("touch", { n: "5" })).code).toBeNull();
});
