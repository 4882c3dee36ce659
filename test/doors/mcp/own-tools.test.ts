import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { launch, type Launched } from "../../../src/doors/launcher/launch.ts";
import { endTask } from "../../../src/authority/tasks/end-task.ts";
import type { TaskId } from "../../../src/domain/ids.ts";
import type { JsonObject } from "../../../src/domain/json.ts";
import { answerOf } from "../../gate/client.ts";
import { modern, post, type Raw, sdkV1, sdkV2, session, inSession, tool } from "./callers.ts";
import { forget, type OddHouse, openOddHouse } from "./odd-house.ts";

let house: OddHouse;
beforeAll(async () => {
  house = await openOddHouse({
    top: "tier: advanced",
    agents: `
  clerk:
    scope: [{ tools: [far__look] }]
    budget: { calls: 100 }
  poor:
    scope: [{ tools: [far__look] }]
    budget: { calls: 2 }`,
  });
});
const runs: Launched[] = [];
afterEach(() => Promise.all(runs.splice(0).map((run) => run.close("done"))));
afterAll(() => house.close());

const words = (answer: Raw): string => {
  const content = answer.json.result?.["content"] as { text: string }[] | undefined;
  return content?.[0]?.text ?? answer.text;
};

/** A run as `writ run` makes it; its address is asked from this very process. */
async function run(agent = "clerk"): Promise<Launched> {
  const launched = await launch({
    origin: house.writ.origin,
    launcherKey: house.writ.keys.launcher,
    agent,
    objective: "read",
    checkTree: false,
  });
  runs.push(launched);
  return launched;
}

test("Writ's own tools stand beside all the others, and alone at their own endpoint, in both eras", async () => {
  const { token } = await house.task("clerk");
  const own = ["request_grant", "open_task", "end_task"];
  for (const [path, expected] of [
    ["", own.map((name) => `writ__${name}`)],
    ["writ", own],
  ] as const) {
    const url = path === "" ? house.url() : house.url(path);
    for (const client of [await sdkV1(url, token), await sdkV2(url, token)]) {
      const names = (await client.listTools()).tools.map((one) => one.name);
      expect(names.filter((name) => !name.startsWith("far"))).toEqual(expected);
      await client.close();
    }
  }
});

test("at its own endpoint Writ has tools and nothing else, and says so", async () => {
  const { token } = await house.task("clerk");
  const url = house.url("writ");
  const mcp = await session(url, token);
  for (const method of ["resources/list", "prompts/list"]) {
    expect((await modern(url, token, method)).json.error?.code).toBe(-32601);
    expect((await inSession(url, token, mcp, method)).json.error?.code).toBe(-32601);
  }
  expect((await inSession(url, token, mcp, "logging/setLevel", { level: "info" })).json.result).toEqual({});
  expect((await tool(url, token, "forge_grant")).code).toBe("tool_unknown");
});

test("a grant that was asked for is nothing until a person says yes; then the call runs", async () => {
  for (const speak of ["modern", "legacy"]) {
    const { token, task } = await house.task("clerk");
    const mcp = await session(house.url(), token);
    const call = (name: string, args: JsonObject): Promise<Raw> =>
      speak === "modern"
        ? tool(house.url(), token, name, args)
        : inSession(house.url(), token, mcp, "tools/call", { name, arguments: args });
    expect((await call("far__change", { to: "a" })).code).toBe("no_grant");
    const asked = await call("writ__request_grant", {
      tools: ["far__change"],
      where: { to: { exact: "a" } },
      uses: 1,
      why: "to change it",
    });
    expect(words(asked)).toMatch(/^a person has been asked \(a_/);
    expect((await call("far__change", { to: "a" })).code).toBe("no_grant");
    await house.answer(task.id, "allow");
    expect(words(await call("far__change", { to: "a" }))).toBe('change {"to":"a"}');
    expect((await call("far__change", { to: "a" })).code).toBe("outside_grant");
    const kinds = (await house.records(task.id)).map((one) => one.kind);
    expect(kinds).toContain("grant_requested");
    expect(kinds).toContain("grant_issued");
  }
});

test("a grant that a person refused is not asked for again", async () => {
  const { token, task } = await house.task("clerk");
  const ask = (): Promise<Raw> =>
    tool(house.url(), token, "writ__request_grant", { tools: ["far__change"], why: "please" });
  await ask();
  await house.answer(task.id, "deny");
  const again = await ask();
  expect([again.json.result?.["isError"], words(again)]).toEqual([true, expect.stringContaining("approval_refused")]);
  expect((await tool(house.url(), token, "far__change", { to: "a" })).code).toBe("no_grant");
});

test.each([
  ["every tool of a server", { tools: ["far__*"], why: "all" }, "grant_too_wide"],
  ["a server that is not there", { tools: ["nowhere__x"], why: "x" }, "server_unknown"],
  ["no tool at all", { tools: [], why: "x" }, "grant_invalid"],
  ["a limit that does not hold", { tools: ["far__look"], where: { at: { like: "x" } }, why: "x" }, "grant_invalid"],
  ["half a use", { tools: ["far__look"], uses: 0.5, why: "x" }, "argument_invalid"],
  ["something undeclared", { tools: ["far__look"], why: "x", origin: "plan" }, "argument_undeclared"],
])("a request for %s is refused in words", async (_, args, code) => {
  const { token } = await house.task("clerk");
  const answer = await tool(house.url(), token, "writ__request_grant", args as JsonObject);
  expect(answer.json.result?.["isError"]).toBe(true);
  expect(words(answer)).toContain(code);
});

test("ending the task answers what it ended, and is the last thing that is answered", async () => {
  for (const [path, name] of [
    ["writ", "end_task"],
    [undefined, "writ__end_task"],
  ] as const) {
    const { token, task } = await house.task("clerk");
    const answer = await tool(house.url(path), token, name, { why: "finished" });
    expect(words(answer)).toBe(`ended: ${task.id}.`);
    expect((await tool(house.url("far"), token, "look", { at: "x" })).code).toBe("task_ended");
    expect((await house.records(task.id)).find((one) => one.kind === "task_ended")?.body).toMatchObject({
      why: "finished",
    });
  }
});

test("a part of a task is worked on at the run's address followed by its name, under its own permissions", async () => {
  const launched = await run();
  const opened = words(await plain(launched.url, "writ__open_task", { objective: "a part" }));
  const id = /task (t_[\w-]+) is open/.exec(opened)?.[1] ?? "";
  expect(opened).toContain(`/task/${id}`);
  expect((await plain(`${launched.url}/far`, "look", { at: "x" })).code).toBeNull();
  // The part holds nothing yet.
  expect((await plain(`${launched.url}/task/${id}/far`, "look", { at: "x" })).code).toBe("no_grant");
  await plain(`${launched.url}/task/${id}`, "writ__request_grant", { tools: ["far__look"], why: "to look" });
  await house.answer(id, "allow");
  expect(words(await plain(`${launched.url}/task/${id}`, "far__look", { at: "y" }))).toBe('look {"at":"y"}');
  const child = await house.writ.store.read((tx) => tx.task(id as TaskId));
  expect(child).toMatchObject({ parent: launched.task, objective: "a part", declaredBy: "agent-claimed" });
  expect((await house.records(id)).findLast((one) => one.kind === "admission")?.body["tool"]).toBe("far__look");
});

test("a stock client works in a part of a task, and its MCP session is the part's alone", async () => {
  const launched = await run();
  const id =
    /task (t_[\w-]+)/.exec(words(await plain(launched.url, "writ__open_task", { objective: "a part" })))?.[1] ?? "";
  const mcp = await session(`${launched.url}/task/${id}/writ`, "none");
  expect((await inSession(`${launched.url}/writ`, "none", mcp, "ping")).status).toBe(404);
  expect((await inSession(`${launched.url}/task/${id}/writ`, "none", mcp, "ping")).status).toBe(200);
  const client = await sdkV1(`${launched.url}/task/${id}/writ`, "none");
  expect((await client.listTools()).tools.map((one) => one.name)).toContain("end_task");
  await client.callTool({ name: "end_task", arguments: {} });
  await client.close();
  expect((await house.writ.store.read((tx) => tx.task(id as TaskId)))?.state.kind).toBe("ended");
  expect((await plain(`${launched.url}/far`, "look", { at: "x" })).code).toBeNull();
});

test("the address of a task that is not below this run, unknown or over is refused in words", async () => {
  const [mine, other] = [await run(), await run()];
  forget(house);
  const ask = (task: string): Promise<Raw> => plain(`${mine.url}/task/${task}/far`, "look", { at: "x" });
  for (const task of [other.task, "t_nothing"]) {
    const refused = await ask(task);
    expect([refused.status, refused.text]).toEqual([404, expect.stringContaining("task_unknown")]);
  }
  const id = /task (t_[\w-]+)/.exec(words(await plain(mine.url, "writ__open_task", { objective: "" })))?.[1] ?? "";
  await endTask(house.writ.authority, { task: id as TaskId, by: "ada", why: "enough" });
  const over = await ask(id);
  expect([over.status, over.text]).toEqual([409, expect.stringContaining("task_ended")]);
  for (const path of ["/task", "/task/", "/task/x", `/task/${id}/../far`, "/task/t_%2e%2e", `/task/${id}/far/far`])
    expect((await plain(mine.url + path, "look", { at: "x" })).status).toBe(404);
  expect(house.far.seen.filter((one) => one.message.method === "tools/call")).toEqual([]);
});

test("a part takes half of the calls that are left, so that both can act, and one too poor to share opens none", async () => {
  const { token, task } = await house.task("clerk");
  await tool(house.url("writ"), token, "open_task", { objective: "a part" });
  const parent = await house.writ.store.read((tx) => tx.task(task.id));
  const [child] = await house.writ.store.read((tx) => tx.childTasks(task.id));
  // One call of the hundred went into opening it.
  expect([child?.budget.calls, (parent?.budget.calls ?? 0) - (parent?.used.calls ?? 0)]).toEqual([49, 50]);
  expect((await tool(house.url("far"), token, "look", { at: "x" })).code).toBeNull();
  const poor = await house.task("poor");
  const refused = await tool(house.url("writ"), poor.token, "open_task", { objective: "a part" });
  expect([refused.json.result?.["isError"], words(refused)]).toEqual([
    true,
    expect.stringContaining("not enough calls left"),
  ]);
});

/** A modern call over a run's address: the token is the launcher's to add. */
async function plain(url: string, name: string, args: JsonObject): Promise<Raw> {
  const answer = await modern(url, "ignored", "tools/call", { name, arguments: args });
  return { ...answer, ...answerOf(answer.status, answer.text) };
}

test("what an agent brings as authority to a run's address counts for nothing", async () => {
  const launched = await run();
  const stranger = await house.task("clerk");
  forget(house);
  const answer = await post(`${launched.url}/far`, stranger.token, { jsonrpc: "2.0", id: 1, method: "tools/list" });
  expect(answer.status).toBe(400);
  expect(
    (await modern(`${launched.url}/far`, stranger.token, "tools/call", { name: "look", arguments: { at: "x" } })).code,
  ).toBeNull();
  expect((await house.records(launched.task)).findLast((one) => one.kind === "admission")?.body["tool"]).toBe(
    "far__look",
  );
  expect((await house.records(stranger.task.id)).map((one) => one.kind)).toEqual(["task_opened"]);
});
