import { afterAll, beforeAll, expect, test } from "vitest";
import { inSession, modern, type Raw, session, tool } from "./callers.ts";
import { forget, type OddHouse, openOddHouse } from "./odd-house.ts";

const AGENTS = `
  clerk:
    scope: [{ tools: [far__look] }]
    envelope: [{ tools: [near__look], where: { at: { prefix: /in/ } } }]`;

const houses: Record<string, OddHouse> = {};
beforeAll(async () => {
  for (const tier of ["foundation", "advanced", "optimized"])
    houses[tier] = await openOddHouse({ top: `tier: ${tier}`, agents: AGENTS, hold: "50ms" });
});
afterAll(() => Promise.all(Object.values(houses).map((house) => house.close())));

function names({ json }: Raw): readonly string[] {
  const { tools } = json.result as { tools: { name: string }[] };
  return tools.map((one) => one.name).filter((name) => !name.startsWith("writ__"));
}

/** What a task sees at the endpoint that shows all, the same in both eras. */
async function seen(house: OddHouse, token: string): Promise<readonly string[]> {
  const shown = names(await modern(house.url(), token, "tools/list"));
  const mcp = await session(house.url(), token);
  expect(names(await inSession(house.url(), token, mcp, "tools/list"))).toEqual(shown);
  return shown;
}

function open(tier: string): OddHouse {
  const house = houses[tier];
  if (house === undefined) throw new Error("it was opened");
  forget(house);
  return house;
}

test("at Foundation every tool is shown, and one that no grant names is asked", async () => {
  const house = open("foundation");
  const { token } = await house.task("clerk");
  expect(await seen(house, token)).toContain("near__change");
  expect((await tool(house.url("near"), token, "change", { to: "a" })).code).toBe("approval_pending");
});

test("at Advanced only granted tools are shown, and nothing is begun at a server that no grant names", async () => {
  const house = open("advanced");
  const { token } = await house.task("clerk");
  expect(await seen(house, token)).toEqual(["far__look"]);
  expect((await modern(house.url("near"), token, "tools/list")).code).toBe("no_grant");
  expect((await modern(house.url("near"), token, "server/discover")).code).toBe("no_grant");
  expect((await tool(house.url("near"), token, "look", { at: "/in/a" })).code).toBe("no_grant");
  expect(house.nearSaw()).toEqual([]);
});

test("at Optimized what the owner's envelope holds is shown, and issued when it is called, inside its limits only", async () => {
  const house = open("optimized");
  const { token, task } = await house.task("clerk");
  expect(await seen(house, token)).toEqual(["far__look", "near__look"]);
  expect(names(await modern(house.url("near"), token, "tools/list"))).toEqual(["look"]);
  expect((await tool(house.url("near"), token, "look", { at: "/in/a" })).code).toBeNull();
  expect((await tool(house.url("near"), token, "look", { at: "/out/a" })).code).toMatch(/no_grant|outside_grant/);
  expect((await tool(house.url("near"), token, "change", { to: "/in/a" })).code).toBe("no_grant");
  const admissions = (await house.records(task.id)).filter((one) => one.kind === "admission");
  expect(admissions.map((one) => one.body["grant"])).toMatchObject([{ origin: "just-in-time", issued: true }]);
});
