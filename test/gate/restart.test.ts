import { mkdtempSync, renameSync, rmSync } from "node:fs";
import { cpSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { openHouse } from "../house.ts";
import { rawClient } from "./client.ts";

const folder = mkdtempSync(join(tmpdir(), "writ-restart-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const server = join(folder, "server.ts");
const YAML = `
policies: ./rules
servers:
  box: { command: node, args: [./server.ts, ./did.txt], cwd: ., tools: { look: { effects: [read] } } }
agents:
  clerk: { scope: [ { tools: [box__look] } ] }
`;
const FILES = {
  "did.txt": "",
  "rules/box.cedar":
    '@id("no-secrets") forbid (principal, action == Writ::Action::"box__look", resource) when { context.input.at == "secret" };',
};

test("a Writ that starts while a server is down keeps its policies, and says of each call that the server does not answer", async () => {
  cpSync(join(import.meta.dirname, "fixture-server.ts"), server);
  const first = await openHouse(YAML, FILES, folder);
  const before = first.writ.policies.current()?.version;
  await first.writ.close();

  renameSync(server, `${server}.gone`);
  const second = await openHouse(YAML, FILES, folder);
  expect(second.writ.policies.current()?.version).toBe(before);
  const { token } = await second.task("clerk");
  const all = await rawClient(`${second.writ.origin}/mcp`, token);
  expect((await all.call("box__look", { at: "here" })).code).toBe("server_unavailable");
  expect((await all.call("box__look", { at: "secret" })).code).toBe("policy_forbidden");

  renameSync(`${server}.gone`, server);
  expect(await second.writ.catalogue.refresh("box" as never)).toBe(true);
  expect((await all.call("box__look", { at: "here" })).code).toBeNull();
  await second.writ.close();
});
