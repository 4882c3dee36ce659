import { mkdtempSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { rawClient } from "../gate/client.ts";
import { type House, openHouse } from "../house.ts";
import { type HostileServer, openHostileServer, tool } from "./hostile-server.ts";

let server: HostileServer;
let house: House;
let real: string;
let link: string;

beforeEach(async () => {
  server = await openHostileServer(tool("write"));
  real = realpathSync(mkdtempSync(join(tmpdir(), "writ-ground-")));
  link = `${real}-by-another-name`;
  symlinkSync(real, link);
  house = await openHouse(
    `
servers: { box: { url: ${server.url}, tools: { write: { effects: [write] } } } }
agents: { clerk: { scope: [{ tools: [box__write] }] } }
`,
    {},
    link,
  );
});
afterEach(async () => {
  await house.close();
  await server.close();
  rmSync(real, { recursive: true, force: true });
});

test("Writ's own files are out of reach under their real name too, and so are its program and the policies it comes with", async () => {
  const { token } = await house.task("clerk");
  const client = await rawClient(`${house.writ.origin}/mcp/box`, token);
  const root = join(import.meta.dirname, "..", "..");
  for (const to of [
    join(link, ".writ", "keys", "admin.key"),
    join(real, ".writ", "keys", "admin.key"),
    join(real, "writ.yaml"),
    join(root, "policies", "reads.cedar"),
    join(root, "src", "gate", "decide.ts"),
    `file://${join(real, ".writ")}`,
    house.writ.origin.replace("127.0.0.1", "localhost."),
  ])
    expect([to, (await client.call("write", { to })).code]).toEqual([to, "self_target"]);
  expect(server.asked.filter((one) => one.method === "tools/call")).toEqual([]);
  expect((await client.call("write", { to: join(root, "examples", "notes.md") })).code).toBeNull();
});
