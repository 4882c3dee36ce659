import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Upstream } from "../../src/ports/upstream.ts";
import { ROOT } from "../docs/pages.ts";
import { call, listener, never, open, textOf, until, upstreamsOf } from "../upstream/support.ts";
import { ground, MAIN, NOT_HERE, type Process, start, USERS } from "./users.ts";

let place: ReturnType<typeof ground>;
let running: Process[];
beforeEach((context) => {
  place = ground();
  running = [];
  // Nothing is served as root, and root cannot be another user here.
  if (process.getuid?.() === 0 && NOT_HERE !== null) context.skip(NOT_HERE);
});
afterEach(async () => {
  await Promise.all(running.map((one) => one.stop()));
  place.clear();
});

async function serving(mode = 0o2750): Promise<{ socket: string; upstream: Upstream }> {
  const folder = place.folder("servers", USERS.servers, mode, USERS.writ);
  const socket = join(folder, "one.sock");
  const counter = join(place.folder("counted", USERS.servers, 0o700), "calls");
  const server = join(ROOT, "test/gate/fixture-server.ts");
  const process_ = start(
    USERS.servers,
    [process.execPath, MAIN, "serve", "--socket", socket, "--", process.execPath, server, counter],
    {
      env: { SECRET_OF_THE_SERVER: "s", WRIT_KEY_FILE: "k" },
    },
  );
  running.push(process_);
  await process_.says("serving");
  return { socket, upstream: upstreamsOf({ kind: "socket", path: socket, cwd: place.path }).upstream };
}

test("a served stdio server is called like one of Writ's own, and each conversation has a process of its own", async () => {
  const { upstream } = await serving();
  expect((await upstream.catalogue()).length).toBeGreaterThan(5);
  const [one, two] = [await open(upstream), await open(upstream)];
  for (const channel of [one, two])
    expect(textOf(await channel.request(call("look", { at: "x" }), listener(), never()))).toContain("look");
  const pids = children(running[0]);
  expect(pids).toHaveLength(2);
  await one.close();
  await until(() => children(running[0]).length === 1);
  await two.close();
  await until(() => children(running[0]).length === 0);
});

test("its processes are the servers' user's, with that user's environment and nothing of Writ's", async (context) => {
  if (NOT_HERE !== null) context.skip(NOT_HERE);
  const { upstream } = await serving();
  const channel = await open(upstream);
  const [pid] = children(running[0]);
  expect(statSync(`/proc/${pid}`).uid).toBe(USERS.servers);
  const names = readFileSync(`/proc/${pid}/environ`, "utf8")
    .split("\0")
    .map((entry) => entry.split("=")[0]);
  expect(names).toContain("SECRET_OF_THE_SERVER");
  expect(names.filter((name) => name?.startsWith("WRIT_"))).toEqual([]);
  await channel.close();
});

test("the socket is for the servers' user and the group of its folder", async (context) => {
  if (NOT_HERE !== null) context.skip(NOT_HERE);
  const { socket } = await serving();
  expect([statSync(socket).mode & 0o777, statSync(socket).gid]).toEqual([0o660, USERS.writ]);
  const script = `require("net").connect(${JSON.stringify(socket)}).on("connect", () => console.log("connected")).on("error", (e) => console.log(e.code))`;
  const [agent, writ] = [USERS.agent, USERS.writ].map((user) =>
    start(user, [process.execPath, "-e", `${script}; setTimeout(() => process.exit(), 300)`]),
  );
  expect([(await agent?.ended, agent?.out().trim()), (await writ?.ended, writ?.out().trim())]).toEqual([
    "EACCES",
    "connected",
  ]);
});

test("a folder that everybody can write to is no place for the socket", async () => {
  const folder = place.folder("open", USERS.servers, 0o777);
  const refused = start(USERS.servers, [
    process.execPath,
    MAIN,
    "serve",
    "--socket",
    join(folder, "one.sock"),
    "--",
    "true",
  ]);
  expect([await refused.ended, refused.err()]).toEqual([1, expect.stringContaining("socket_folder_open")]);
});

test("a server is not run as root", async (context) => {
  if (NOT_HERE !== null) context.skip(NOT_HERE);
  const folder = place.folder("root", 0, 0o700);
  const refused = start(0, [process.execPath, MAIN, "serve", "--socket", join(folder, "one.sock"), "--", "true"]);
  expect([await refused.ended, refused.err()]).toEqual([1, expect.stringContaining("serve_as_root")]);
});

test("a socket that somebody answers at is left alone, and what a dead run left is replaced", async () => {
  const { socket } = await serving();
  const again = [process.execPath, MAIN, "serve", "--socket", socket, "--", "true"];
  const second = start(USERS.servers, again);
  expect([await second.ended, second.err()]).toEqual([1, expect.stringContaining("socket_in_use")]);
  running[0]?.child.kill("SIGKILL");
  await running[0]?.ended;
  const third = start(USERS.servers, again);
  running.push(third);
  await third.says("serving");
});

test("when it is told to stop, what it started stops with it", async () => {
  const { upstream } = await serving();
  await open(upstream);
  const pids = children(running[0]);
  expect(pids).toHaveLength(1);
  await running[0]?.stop();
  await until(() => !readdirSync("/proc").includes(String(pids[0])));
});

function children(process_: Process | undefined): readonly string[] {
  return readdirSync("/proc").filter((entry) => {
    if (!/^\d+$/.test(entry)) return false;
    try {
      const stat = readFileSync(`/proc/${entry}/stat`, "latin1");
      const [state, parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      return state !== "Z" && parent === String(process_?.child.pid);
    } catch {
      return false;
    }
  });
}
