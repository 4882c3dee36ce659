import { readFileSync, statSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openSetUp, type SetUp } from "./set-up.ts";
import { MAIN, NOT_HERE, start, USERS } from "./users.ts";

const AS = `${USERS.agent}:${USERS.agent}`;

describe.skipIf(NOT_HERE !== null)("a run as another user", () => {
  let setUp: SetUp;
  beforeAll(async () => {
    setUp = await openSetUp();
  });
  afterAll(() => setUp?.close());

  function run(script: string, user = AS, env: Record<string, string> = {}) {
    const command = [process.execPath, "--input-type=module", "-e", script];
    return setUp.writ(["run", "--agent", "clerk", "--user", user, "--", ...command], { env });
  }

  test("its command is the agent's user, in no other group, with no way to more, and reaches its tools", async () => {
    const ran = run(`
      import { readFileSync, statSync } from "node:fs";
      const status = readFileSync("/proc/self/status", "utf8");
      const headers = { "content-type": "application/json", accept: "application/json, text/event-stream" };
      const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "initialize", params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "c", version: "1" } } });
      const response = await fetch(process.env.WRIT_MCP_URL, { method: "POST", headers, body });
      const file = statSync(process.env.WRIT_MCP_CONFIG);
      console.log(JSON.stringify({ uid: process.getuid(), gid: process.getgid(), groups: process.getgroups(), privileges: /NoNewPrivs:\\s*(\\d)/.exec(status)[1], effective: /CapEff:\\s*(\\w+)/.exec(status)[1], status: response.status, config: [file.uid, file.mode & 0o777] }));`);
    expect([await ran.ended, JSON.parse(ran.out() || "null"), ran.err()]).toEqual([
      0,
      {
        uid: USERS.agent,
        gid: USERS.agent,
        groups: [USERS.agent],
        privileges: "1",
        effective: "0000000000000000",
        status: 200,
        config: [USERS.agent, 0o600],
      },
      expect.stringContaining("is open for clerk"),
    ]);
  });

  test("nothing of the environment of who started it reaches the command", async () => {
    const ran = run("console.log(Object.keys(process.env).sort().join())", AS, {
      AWS_SECRET_ACCESS_KEY: "s",
      HOME: "/h",
    });
    await ran.ended;
    expect(ran.out().trim()).toBe("HOME,LOGNAME,PATH,SHELL,USER,WRIT_MCP_CONFIG,WRIT_MCP_URL");
  });

  test("the launcher is Writ's own user, and its address answers to the agent's user alone", async () => {
    const ran = run("console.log(process.env.WRIT_MCP_URL); setTimeout(() => {}, 60_000)");
    await ran.says("http://");
    const url = ran.out().trim();
    const owner = readFileSync("/proc/net/tcp", "utf8")
      .split("\n")
      .map((line) => line.trim().split(/\s+/))
      .find(
        ([, local = "", , state]) =>
          state === "0A" && Number.parseInt(local.split(":")[1] ?? "", 16) === Number(new URL(url).port),
      );
    expect(Number(owner?.[7])).toBe(USERS.writ);
    const ask = `fetch(${JSON.stringify(url)}, { method: "POST", body: "{}" }).then((r) => console.log(r.status))`;
    const answers = await Promise.all(
      [USERS.servers, 0, USERS.agent].map(async (user) => {
        const asked = start(user, [process.execPath, "-e", ask]);
        await asked.ended;
        return asked.out().trim();
      }),
    );
    expect(answers.slice(0, 2)).toEqual(["403", "403"]);
    expect(answers[2]).not.toBe("403");
    await ran.stop();
    await expect(fetch(url)).rejects.toThrow();
  });

  test("the task ends with the command, with its exit code, also when root's own process is killed", async () => {
    const ran = run("process.exit(7)");
    expect(await ran.ended).toBe(7);
    const killed = run("setTimeout(() => process.exit(), 3_000)");
    await killed.says("is open for clerk");
    killed.child.kill("SIGKILL");
    await killed.ended;
    await expect.poll(() => setUp.ask("task", "list")).toEqual([]);
  });

  test.each([
    ["root", "0", 1, "user_is_root"],
    ["Writ's own user", String(USERS.writ), 1, "user_is_writ"],
    ["nobody known", "no-such-user-here", 1, "user_unknown"],
  ])("an agent is not run as %s", async (_, user, code, says) => {
    const ran = run("console.log('ran')", user);
    expect([await ran.ended, ran.out(), ran.err()]).toEqual([code, "", expect.stringContaining(says)]);
  });

  test("only root runs a command as somebody else", async () => {
    expect(statSync(setUp.dataFolder).mode & 0o777).toBe(0o700);
    const ran = start(
      USERS.writ,
      [
        process.execPath,
        MAIN,
        "--config",
        setUp.config,
        "--url",
        setUp.origin,
        "run",
        "--agent",
        "clerk",
        "--user",
        AS,
        "--",
        "true",
      ],
      { cwd: setUp.path },
    );
    expect([await ran.ended, ran.err()]).toEqual([1, expect.stringContaining("user_needs_root")]);
  });
});

test("different users are tried on this machine", (context) => {
  if (NOT_HERE !== null) context.skip(NOT_HERE);
});
