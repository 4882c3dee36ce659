import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import type { JsonObject } from "../../../src/domain/json.ts";
import { modern, type Raw, tool } from "./callers.ts";
import { forget, type OddHouse, openOddHouse } from "./odd-house.ts";

let house: OddHouse;
let token: string;
let task: string;
beforeAll(async () => {
  house = await openOddHouse();
});
beforeEach(async () => {
  const opened = await house.task("clerk");
  token = opened.token;
  task = opened.task.id;
  forget(house);
});
afterEach(() => vi.useRealTimers());
afterAll(() => house.close());

const ASK = { name: "ask_user", arguments: { what: "it" } };
const ANSWERS = { it: { action: "accept", content: { name: "Ada" } } };
const OWN = "upstream's own state";

const stateOf = (answer: Raw): string => String(answer.json.result?.["requestState"]);

function again(state: string, more: JsonObject = {}, as = token, server = "far"): Promise<Raw> {
  return modern(house.url(server), as, "tools/call", { ...ASK, inputResponses: ANSWERS, requestState: state, ...more });
}

const refusedState = { code: -32602, message: "`requestState` is not one that was given for this request" };

test.each(["far", "near"])(
  "a server's question over %s comes with a sealed state, and its answer brings the server's own back to it",
  async (server) => {
    const asked = await modern(house.url(server), token, "tools/call", ASK);
    expect(asked.json.result).toMatchObject({
      resultType: "input_required",
      inputRequests: { it: { method: "elicitation/create" } },
    });
    expect(asked.text).not.toContain(OWN);
    expect(Buffer.from(stateOf(asked), "base64url").toString("latin1")).not.toContain("upstream");
    const answered = await again(stateOf(asked), {}, token, server);
    expect(answered.text).toContain(OWN);
    expect(answered.text).toContain("Ada");
  },
);

test("at the endpoint that shows all it is the same", async () => {
  const asked = await modern(house.url(), token, "tools/call", { ...ASK, name: "far__ask_user" });
  const answered = await modern(house.url(), token, "tools/call", {
    ...ASK,
    name: "far__ask_user",
    inputResponses: ANSWERS,
    requestState: stateOf(asked),
  });
  expect(answered.text).toContain("Ada");
});

test("each round is a call of its own in the record, and so is what the server asks of the client", async () => {
  await again(stateOf(await modern(house.url("far"), token, "tools/call", ASK)));
  const told = (await house.records(task))
    .filter((one) => one.kind === "admission")
    .map((one) => [one.body["tool"], one.body["door"]]);
  expect(told).toEqual([
    ["far__ask_user", "mcp"],
    ["far__$elicit", "upstream"],
    ["far__ask_user", "mcp"],
  ]);
});

test("a state is good for one use", async () => {
  const state = stateOf(await modern(house.url("far"), token, "tools/call", ASK));
  expect((await again(state)).text).toContain("Ada");
  expect((await again(state)).json.error).toMatchObject(refusedState);
});

test("of two uses of a state at once one is refused", async () => {
  const state = stateOf(await modern(house.url("far"), token, "tools/call", ASK));
  const both = await Promise.all([again(state), again(state)]);
  expect(both.filter((one) => one.text.includes("Ada"))).toHaveLength(1);
  expect(both.filter((one) => one.json.error?.code === -32602)).toHaveLength(1);
});

test("a state that was tampered with, cut, lengthened or made up opens nothing", async () => {
  const state = stateOf(await modern(house.url("far"), token, "tools/call", ASK));
  const middle = Math.floor(state.length / 2);
  const flipped = state.slice(0, middle) + (state[middle] === "A" ? "B" : "A") + state.slice(middle + 1);
  for (const wrong of [
    flipped,
    state.slice(0, -1),
    `${state}A`,
    `${state}=`,
    ` ${state}`,
    "",
    "x",
    OWN,
    state.toLowerCase(),
  ])
    expect((await again(wrong)).json.error, wrong).toMatchObject(refusedState);
  for (const wrong of [null, 7, {}, [state]])
    expect((await again(wrong as never)).json.error).toMatchObject(refusedState);
  expect((await again(state)).text).toContain("Ada");
});

test("a state is for the same arguments, tool, method, server and task, and for no other", async () => {
  const state = stateOf(await modern(house.url("far"), token, "tools/call", ASK));
  const other = await house.task("clerk");
  for (const wrong of [
    again(state, { arguments: { what: "something else" } }),
    again(state, { arguments: {} }),
    again(state, { name: "ask_model" }),
    again(state, {}, other.token),
    again(state, {}, token, "near"),
    modern(house.url("far"), token, "prompts/get", { name: "ask_user", requestState: state, inputResponses: ANSWERS }),
    modern(house.url("far"), token, "resources/read", { uri: "odd://one", requestState: state }),
  ])
    expect((await wrong).json.error).toMatchObject(refusedState);
  expect((await again(state)).text).toContain("Ada");
});

test("a state that is ten minutes old opens nothing any more", async () => {
  const state = stateOf(await modern(house.url("far"), token, "tools/call", ASK));
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 10 * 60_000 });
  expect((await again(state)).json.error).toMatchObject(refusedState);
});

test("a state is not used up by a call that nobody allowed yet: the same call with the same state runs once somebody has", async () => {
  const impatient = await openOddHouse({ hold: "50ms" });
  try {
    const careful = await impatient.task("careful");
    const call = (more: JsonObject = {}): Promise<Raw> =>
      modern(impatient.url("far"), careful.token, "tools/call", { ...ASK, ...more });
    expect((await call()).code).toBe("approval_pending");
    await impatient.answer(careful.task.id, "allow");
    const round = { inputResponses: ANSWERS, requestState: stateOf(await call()) };
    expect((await call(round)).code).toBe("approval_pending");
    await impatient.answer(careful.task.id, "allow");
    expect((await call(round)).text).toContain("Ada");
    expect((await call(round)).json.error).toMatchObject(refusedState);
  } finally {
    await impatient.close();
  }
});

test("a server may not use the client's model by an answer that asks for more, and the refusal is on the record", async () => {
  const answer = await tool(house.url("far"), token, "ask_model");
  expect(answer.code).toBe("reverse_denied");
  expect(answer.text).not.toContain("requestState");
  expect((await house.records(task)).findLast((one) => one.kind === "denial")?.body).toMatchObject({
    reason: "reverse_denied",
    tool: "far__$sample",
    door: "upstream",
  });
});

test("a client's own state in a request that never had one is refused, in every method", async () => {
  for (const [method, params] of [
    ["tools/call", { name: "look", arguments: { at: "x" } }],
    ["resources/read", { uri: "odd://one" }],
    ["prompts/get", { name: "greet" }],
  ] as const)
    expect(
      (await modern(house.url("far"), token, method, { ...params, requestState: "mine" })).json.error,
    ).toMatchObject(refusedState);
  expect(house.far.seen.filter((one) => one.message.params?.["requestState"] !== undefined)).toEqual([]);
});
