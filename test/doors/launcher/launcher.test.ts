import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { type IncomingMessage, request, type ServerResponse } from "node:http";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openTask } from "../../../src/authority/tasks/open-task.ts";
import type { InstanceId, TaskId } from "../../../src/domain/ids.ts";
import { holdTask } from "../../../src/doors/launcher/hold-task.ts";
import { launch, type Launched } from "../../../src/doors/launcher/launch.ts";
import { TELLS } from "../../../src/doors/launcher/process-tree.ts";
import { runAgent, type RunSettings } from "../../../src/doors/launcher/run-agent.ts";
import { type Desk, KEYS, openDesk } from "../http/desk.ts";

interface Arrived {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

let desk: Desk;
let arrived: Arrived[];
let said: string[];
let answer: (request: IncomingMessage, response: ServerResponse) => void;

beforeEach(async () => {
  arrived = [];
  said = [];
  answer = (_, response) => void response.end("{}");
  desk = await openDesk((incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
    incoming.on("end", () => {
      arrived.push({
        method: incoming.method ?? "",
        url: incoming.url ?? "",
        headers: incoming.headers,
        body: Buffer.concat(chunks).toString(),
      });
      answer(incoming, response);
    });
  });
});
afterEach(() => desk.close());

function node(script: string): readonly string[] {
  return [process.execPath, "--input-type=module", "-e", script];
}

/** Runs the command with its standard output read. */
async function run(
  command: readonly string[],
  more: Partial<RunSettings> = {},
): Promise<{ code: number; out: string }> {
  let out = "";
  const code = await runAgent({
    origin: desk.origin,
    launcherKey: KEYS.launcher,
    agent: "clerk",
    objective: "read",
    command,
    stdio: ["ignore", "pipe", "pipe"],
    say: (line) => said.push(line),
    onStarted: (child) => child.stdout?.on("data", (chunk: Buffer) => (out += chunk.toString())),
    ...more,
  });
  return { code, out };
}

/** Opens a run whose address answers to this very process. */
async function open(): Promise<Launched> {
  const launched = await launch({
    origin: desk.origin,
    launcherKey: KEYS.launcher,
    agent: "clerk",
    objective: "",
    say: (line) => said.push(line),
  });
  launched.bind(process.pid);
  return launched;
}

/** The same, with a token that is over in `ms`: a third of that before it is, it is renewed. */
async function openFor(ms: number): Promise<Launched> {
  const [clerk] = desk.house.configuration.agents;
  Object.assign(clerk ?? {}, { lifetimeMs: ms });
  return open();
}

async function taskEnds(): Promise<readonly unknown[]> {
  return (await desk.house.records("task_ended")).map((record) => record.body["why"]);
}

test("a command reaches the gateway under its task's token, whatever authority it brings itself", async () => {
  const script = `
    const response = await fetch(process.env.WRIT_MCP_URL + "/docs", { method: "POST", headers: { authorization: "Bearer mine", cookie: "a=b", "mcp-session-id": "s1" }, body: '{"n":9007199254740993}' });
    console.log(response.status, await response.text());`;
  const { code, out } = await run(node(script));
  expect([code, out.trim()]).toEqual([0, "200 {}"]);
  expect(arrived).toMatchObject([
    {
      method: "POST",
      url: "/mcp/docs",
      body: '{"n":9007199254740993}',
      headers: { "mcp-session-id": "s1", host: new URL(desk.origin).host },
    },
  ]);
  expect(arrived[0]?.headers.cookie).toBeUndefined();
  const token = arrived[0]?.headers.authorization?.slice("DPoP ".length) ?? "";
  expect(desk.house.credentials.inspectTask(token, desk.house.clock.at)).toMatchObject({
    kind: "verified",
    value: { agent: "clerk", owner: "ada" },
  });
});

test("the task ends with the command, and the record says what was seen of it", async () => {
  await run(node(""));
  expect(await taskEnds()).toEqual(["the command ended"]);
  expect(await desk.house.records("enrolment")).toMatchObject([
    { body: { selectors: { command: process.execPath, tree: TELLS ? "checked" : "unchecked" } } },
  ]);
});

test("the command's exit code is passed on, and so is the signal that killed it", async () => {
  expect((await run(node("process.exit(7)"))).code).toBe(7);
  expect((await run(node("process.kill(process.pid, 'SIGTERM'); setInterval(() => {}, 1000)"))).code).toBe(143);
});

test("a command that does not exist is told, and its task is ended", async () => {
  expect((await run(["/nowhere/agent"])).code).toBe(127);
  expect(await taskEnds()).toEqual(["the command ended"]);
});

test("nothing of Writ's own environment reaches the command but what this run gives it", async () => {
  const { out } = await run(
    node("console.log(JSON.stringify(Object.keys(process.env).filter((n) => n.startsWith('WRIT_')).sort()))"),
    { env: { ...process.env, WRIT_KEY_FILE: "/k", writ_secret: "x" } },
  );
  expect(JSON.parse(out)).toEqual(["WRIT_MCP_CONFIG", "WRIT_MCP_URL"]);
});

test("a client is handed an mcpServers file that only this user reads, and that is gone afterwards", async () => {
  const script = `
    import { readFileSync, statSync } from "node:fs";
    const file = process.argv.at(-1).slice("--mcp-config=".length);
    console.log(JSON.stringify([file === process.env.WRIT_MCP_CONFIG, (statSync(file).mode & 0o777).toString(8), JSON.parse(readFileSync(file)).mcpServers.writ.url === process.env.WRIT_MCP_URL, file]));`;
  const { out } = await run([...node(script), "--", "--mcp-config={mcp-config}"]);
  const [same, mode, url, file] = JSON.parse(out) as [boolean, string, boolean, string];
  expect([same, mode, url]).toEqual([true, "600", true]);
  expect(existsSync(file)).toBe(false);
});

test("a run that Writ refuses exits 3 without starting anything", async () => {
  expect(await run(node("console.log('ran')"), { agent: "nobody" })).toEqual({ code: 3, out: "" });
  expect((await run(node("console.log('ran')"), { launcherKey: "guess" })).code).toBe(3);
  expect(said.join("\n")).toMatch(/there is no agent `nobody` \(agent_unknown\)\nnext: /);
});

test("a run without a Writ to ask exits 5, and says how to start it", async () => {
  const gone = await openDesk();
  await gone.close();
  expect(await run(node("console.log('ran')"), { origin: gone.origin })).toEqual({ code: 5, out: "" });
  expect(said.at(-1)).toContain("writ up");
});

test("a task of which everything was revoked stops the run's calls, and the launcher passes the refusal on", async () => {
  answer = (_, response) =>
    void response.writeHead(401, { "www-authenticate": 'Bearer error="invalid_token"' }).end("{}");
  const { out } = await run(
    node(
      "const r = await fetch(process.env.WRIT_MCP_URL, { method: 'POST', body: '{}' }); console.log(r.status, r.headers.get('www-authenticate'))",
    ),
  );
  expect(out.trim()).toBe('401 Bearer error="invalid_token"');
});

test.runIf(TELLS)("a process outside the command's tree is refused, and told of once for each connection", async () => {
  let url = "";
  let child: ChildProcess | undefined;
  const finished = run(node("process.stdout.write(process.env.WRIT_MCP_URL); process.stdin.resume()"), {
    stdio: ["pipe", "pipe", "ignore"],
    onStarted: (started) => {
      child = started;
      started.stdout?.on("data", (chunk: Buffer) => (url += chunk.toString()));
    },
  });
  while (!url.includes("/", 10)) await new Promise((resolve) => setTimeout(resolve, 10));
  const response = await fetch(url, { method: "POST", body: "{}" });
  expect([response.status, await response.json()]).toMatchObject([403, { error: { code: "stranger_refused" } }]);
  child?.stdin?.end();
  await finished;
  expect(arrived).toEqual([]);
  expect(said.filter((line) => line.includes("stranger"))).toHaveLength(1);
});

test("a grandchild of the command is of its tree", async () => {
  const script = `
    import { spawnSync } from "node:child_process";
    const inner = "const r = await fetch(process.env.WRIT_MCP_URL, { method: 'POST', body: '{}' }); console.log(r.status)";
    console.log(spawnSync(process.execPath, ["--input-type=module", "-e", inner]).stdout.toString());`;
  expect((await run(node(script))).out.trim()).toBe("200");
});

test("another path, host, origin or method than an MCP client of this run uses is refused", async () => {
  const launched = await open();
  const ask = (url: string, headers: Record<string, string> = {}, method = "GET"): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      request(url, { method, headers, agent: false }, (response) => resolve(response.resume().statusCode))
        .on("error", reject)
        .end();
    });
  const base = new URL(launched.url).origin;
  expect(await ask(launched.url)).toBe(200);
  expect(await ask(`${launched.url}/docs`)).toBe(200);
  expect(await ask(base)).toBe(404);
  expect(await ask(`${base}/mcp`)).toBe(404);
  expect(await ask(`${base}/${"A".repeat(43)}`)).toBe(404);
  expect(await ask(`${launched.url}/../v1/status`)).toBe(404);
  expect(await ask(`${launched.url}/docs/../../v1/status`)).toBe(404);
  expect(await ask(`${launched.url}/DOCS`)).toBe(404);
  expect(await ask(launched.url, {}, "PUT")).toBe(405);
  expect(await ask(launched.url, { host: "evil.example" })).toBe(403);
  expect(await ask(launched.url, { origin: "https://evil.example" })).toBe(403);
  expect(arrived.map((one) => one.url)).toEqual(["/mcp", "/mcp/docs"]);
  await launched.close("done");
  await expect(ask(launched.url)).rejects.toThrow();
});

test("a task opened below the run's own has an address of its own, until it ends; one of another run has none", async () => {
  const launched = await open();
  const tokenAt = async (path: string): Promise<number | string> => {
    const response = await fetch(`${launched.url}${path}`, { method: "POST" });
    const sent = arrived.pop()?.headers.authorization?.slice("DPoP ".length);
    const verified = sent === undefined ? null : desk.house.credentials.inspectTask(sent, desk.house.clock.at);
    return verified?.kind === "verified" ? verified.value.task : response.status;
  };
  const below = async (run: Launched): Promise<string> => {
    const instance = await desk.house.store.read((tx) => tx.instance(run.instance as InstanceId));
    if (instance === null) throw new Error("the run has no instance");
    const parent = run.task as TaskId;
    return (await openTask(desk.house, { instance, objective: "a part", declaredBy: "agent-claimed", parent })).task.id;
  };
  const part = await below(launched);
  const stranger = await open();
  const theirs = await below(stranger);

  expect(await tokenAt("/docs")).toBe(launched.task);
  expect(await tokenAt(`/task/${part}`)).toBe(part);
  expect(await tokenAt(`/task/${part}/docs`)).toBe(part);
  expect(await tokenAt(`/task/${launched.task}`)).toBe(launched.task);
  expect(await tokenAt(`/task/${theirs}`)).toBe(404);
  expect(await tokenAt("/task/t_nothing")).toBe(404);
  await stranger.close("done");
  await launched.close("done");
});

test("a stream reaches the client as it comes, head first, and is cancelled upstream when the client goes", async () => {
  const launched = await open();
  let gone: Promise<unknown> = Promise.resolve();
  let push: (text: string) => void = () => {};
  answer = (_, response) => {
    gone = once(response, "close");
    push = (text) => response.write(text);
    response.writeHead(200, { "content-type": "text/event-stream", "mcp-session-id": "s9" }).flushHeaders();
  };
  const stop = new AbortController();
  const response = await fetch(launched.url, {
    headers: { accept: "text/event-stream", "last-event-id": "e7" },
    signal: stop.signal,
  });
  expect(response.headers.get("mcp-session-id")).toBe("s9");
  expect(arrived[0]?.headers["last-event-id"]).toBe("e7");
  const reader = response.body?.getReader();
  for (const text of ["id: 1\n\n", "data: {}\n\n"]) {
    push(text);
    expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe(text);
  }
  stop.abort();
  await gone;
  await launched.close("done");
});

test("a gateway that is gone is told as such, and one that breaks off breaks the answer off", async () => {
  const launched = await open();
  answer = (_, response) => {
    response.writeHead(200, { "content-length": "100" });
    response.write("half", () => response.destroy());
  };
  await expect(
    fetch(launched.url, { method: "POST", body: "{}" }).then((response) => response.text()),
  ).rejects.toThrow();
  answer = (_, response) => void response.destroy();
  expect((await fetch(launched.url, { method: "POST", body: "{}" })).status).toBe(502);
  await launched.close("done");
});

test("a token that runs out is renewed while the run goes on", async () => {
  const launched = await openFor(4_000);
  const tokens = new Set<string>();
  while (tokens.size < 2) {
    await fetch(launched.url, { method: "POST", body: "{}" });
    tokens.add(arrived.at(-1)?.headers.authorization ?? "");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  expect(said).toEqual([]);
  await launched.close("done");
});

test("a run that was revoked stops renewing, and says so once", async () => {
  const launched = await openFor(4_000);
  await desk.ask("POST", "/v1/revocations", KEYS.admin, { kind: "task", id: launched.task });
  while (said.length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  expect(said).toEqual([expect.stringContaining("this run's calls will be refused")]);
  await launched.close("done");
});

test("closing twice ends the task once", async () => {
  const launched = await open();
  await Promise.all([launched.close("first"), launched.close("second")]);
  expect(await taskEnds()).toEqual(["first"]);
});

test("a task held for a client that somebody starts later ends when it is let go, and the record says its tree is unchecked", async () => {
  const stop = new AbortController();
  let url = "";
  const held = holdTask(
    { origin: desk.origin, launcherKey: KEYS.launcher, agent: "clerk", objective: "", say: () => {} },
    (opened) => {
      url = opened.url;
      stop.abort();
    },
    stop.signal,
  );
  expect(await held).toBe(0);
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\//);
  expect(await taskEnds()).toEqual(["ended by its starter"]);
  expect(await desk.house.records("enrolment")).toMatchObject([{ body: { selectors: { tree: "unchecked" } } }]);
});

test("at the launcher's address no client is told where to sign in, and there is nothing to discover", async () => {
  const challenge =
    'Bearer realm="writ", resource_metadata="http://127.0.0.1/.well-known/oauth-protected-resource/mcp"';
  answer = (_, response) => void response.writeHead(401, { "www-authenticate": challenge }).end("{}");
  const { out } = await run(
    node(
      `const url = new URL(process.env.WRIT_MCP_URL);
       const r = await fetch(url, { method: 'POST', body: '{}' });
       const there = await Promise.all(['/.well-known/oauth-protected-resource', '/.well-known/oauth-authorization-server', '/.well-known/openid-configuration'].map(async (path) => (await fetch(new URL(path, url))).status));
       console.log(r.headers.get('www-authenticate'), there.join(' '));`,
    ),
  );
  expect(out.trim()).toBe('Bearer realm="writ" 404 404 404');
});
