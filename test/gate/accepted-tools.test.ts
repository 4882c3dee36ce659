import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type House, openHouse } from "../house.ts";
import { rawClient } from "./client.ts";

const SERVER = join(import.meta.dirname, "fixture-server.ts");
let house: House;

beforeAll(async () => {
  house = await openHouse(
    `
servers:
  box:
    command: node
    args: [${SERVER}, ./did.txt, ./drift]
    tools: { look: { effects: [read] } }
agents:
  clerk: { scope: [{ tools: [box__look] }] }
`,
    { "did.txt": "" },
  );
});
afterAll(() => house.close());

test("a changed tool that an admin accepts is called from then on, without a restart", async () => {
  const { token } = await house.task("clerk");
  const clerk = await rawClient(`${house.writ.origin}/mcp/box`, token);
  expect((await clerk.call("look", { at: "/in/a" })).code).toBeNull();
  writeFileSync(join(house.folder, "drift"), "");
  await clerk.request("tools/list", {});
  expect((await clerk.call("look", { at: "/in/a" })).code).toBe("definition_drifted");

  const accepted = await fetch(`${house.writ.origin}/v1/tools/pin`, {
    method: "POST",
    headers: { authorization: `Bearer ${house.writ.keys.admin}`, "content-type": "application/json" },
    body: JSON.stringify({ server: "box", tool: "look" }),
  });

  expect(await accepted.json()).toEqual({ accepted: ["look"] });
  expect((await clerk.call("look", { at: "/in/a" })).code).toBeNull();
  expect(existsSync(join(house.folder, "drift"))).toBe(true);
});
