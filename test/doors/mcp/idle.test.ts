import { afterEach, expect, test, vi } from "vitest";
import { renewTask } from "../../../src/authority/tasks/renew-task.ts";
import { inSession, session, stream } from "./callers.ts";
import { openOddHouse } from "./odd-house.ts";

afterEach(() => vi.useRealTimers());

test("an MCP session that nobody used for half an hour is gone, and one with a client listening is not", async () => {
  vi.useFakeTimers({ toFake: ["Date", "setInterval", "clearInterval"] });
  const house = await openOddHouse({
    agents: `
  clerk:
    scope: [{ tools: [far__*] }]
    lifetime: 3h`,
  });
  try {
    const { token, task } = await house.task("clerk");
    const [idle, listening] = [await session(house.url("far"), token), await session(house.url("far"), token)];
    const heard = await stream(house.url("far"), {
      headers: { authorization: `Bearer ${token}`, accept: "text/event-stream", "mcp-session-id": listening },
    });
    vi.advanceTimersByTime(40 * 60_000);
    const instance = await house.writ.store.read((tx) => tx.instance(task.instance));
    if (instance === null) throw new Error("it was enrolled");
    const fresh = (await renewTask(house.writ.authority, { instance, task: task.id })).token;
    expect((await inSession(house.url("far"), fresh, idle, "ping")).status).toBe(404);
    expect((await inSession(house.url("far"), fresh, listening, "ping")).status).toBe(200);
    heard.stop();
  } finally {
    vi.useRealTimers();
    await house.close();
  }
});
