import { afterEach, beforeEach, expect, test } from "vitest";
import { openWorld, structured, type World } from "./world.ts";

let world: World;
beforeEach(async () => {
  world = await openWorld();
});
afterEach(() => world.house.close());

const SHOP = { name: "shop", entityType: "customer", observations: ["pays within thirty days"] };
const DESK = { name: "desk", entityType: "thing", observations: ["made of walnut"] };
const BELONGS = { from: "desk", to: "shop", relationType: "belongs to" };
const without = (what: string) => (text: string) =>
  text
    .split("\n")
    .filter((line) => !line.includes(what))
    .join("\n");
const findings = async (): Promise<readonly unknown[]> =>
  (await world.records()).filter(({ kind }) => kind === "finding").map(({ body }) => body["now"]);

test("an element that was taken out of the file altogether is told of at the next read of everything, once on the record", async () => {
  const clerk = await world.session();
  await clerk.call("create_entities", { entities: [SHOP, DESK] });
  world.memoryFile(without('"desk"'));
  const next = await world.session();
  const read = await next.call("read_graph", {});
  expect(structured(read)["entities"]).toEqual([SHOP]);
  expect(read.text).toContain("1 gone, and not through Writ");
  await next.call("read_graph", {});
  expect(await findings()).toEqual([[]]);
  expect((await world.element("desk")).state).toBe("gone");
});

test("what was forgotten through Writ is not missed, nor is what hung on it", async () => {
  const clerk = await world.session();
  await clerk.call("create_entities", { entities: [SHOP, DESK] });
  await clerk.call("create_relations", { relations: [BELONGS] });
  await clerk.allowed("delete_entities", { entityNames: ["desk"] });
  expect((await clerk.call("read_graph", {})).text).not.toContain("gone");
  expect(await findings()).toEqual([]);
});

test("`writ memory verify` reads the server again, and finds what was changed and what is gone since anybody looked", async () => {
  const clerk = await world.session();
  await clerk.call("create_entities", { entities: [SHOP, DESK] });
  expect(await world.admin("POST", "/v1/memory-verification", {})).toMatchObject({
    wrong: [],
    read: [{ place: "memory", why: null }],
  });
  world.memoryFile((text) => without('"desk"')(text).replace("thirty", "ninety"));
  expect(await world.admin("GET", "/v1/memory-verification")).toMatchObject({ wrong: [] });
  const { wrong } = await world.admin("POST", "/v1/memory-verification", {});
  expect((wrong as unknown as { state: string }[]).map(({ state }) => state).toSorted()).toEqual(["changed", "gone"]);
  const kinds = (await world.records()).map(({ kind }) => kind);
  expect(kinds.slice(kinds.lastIndexOf("task_opened"))).toEqual([
    "task_opened",
    "grant_issued",
    "admission",
    "outcome",
    "finding",
    "finding",
    "task_ended",
  ]);
});

test("a person who releases what is gone accepts that it is", async () => {
  const clerk = await world.session();
  await clerk.call("create_entities", { entities: [SHOP, DESK] });
  world.memoryFile(without('"desk"'));
  await clerk.call("read_graph", {});
  const { id, seen } = await world.element("desk");
  await world.admin("POST", `/v1/memory/${id}/release`, { seen });
  expect((await (await world.session()).call("read_graph", {})).text).not.toContain("gone");
  expect(await world.admin("POST", "/v1/memory-verification", {})).toMatchObject({ wrong: [] });
});
