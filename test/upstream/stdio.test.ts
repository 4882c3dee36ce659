import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import type { JsonObject } from "../../src/domain/json.ts";
import type { Upstream } from "../../src/ports/upstream.ts";
import { LIMITS } from "../../src/upstream/limits.ts";
import { withId } from "../../src/wire/mcp/splice.ts";
import {
  alive,
  call,
  later,
  LEGACY,
  listener,
  logged,
  MODERN,
  modernParams,
  never,
  open,
  textOf,
  until,
  upstreamsOf,
} from "./support.ts";

const HERE = dirname(fileURLToPath(import.meta.url));

function program(file: string, args: readonly string[] = [], env: Record<string, string> = {}) {
  return upstreamsOf({ kind: "stdio", command: process.execPath, args: [file, ...args], cwd: HERE, env });
}
function unruly(...args: string[]): Upstream {
  return program(join(HERE, "fixtures/unruly.mjs"), args).upstream;
}

test("the filesystem server lists its tools and reads a file", async () => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "writ-files-")));
  later(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "note.txt"), "hello from a file");
  const require = createRequire(import.meta.url);
  const { upstream } = program(
    join(dirname(require.resolve("@modelcontextprotocol/server-filesystem/package.json")), "dist/index.js"),
    [folder],
  );
  const tools = await upstream.catalogue();
  expect(tools).toHaveLength(14);
  const channel = await open(upstream);
  await channel.notify("notifications/initialized", undefined);
  expect(
    textOf(await channel.request(call("read_text_file", { path: join(folder, "note.txt") }), listener(), never())),
  ).toBe("hello from a file");
});

test("the client's own `initialize` goes on as it is", async () => {
  const opened = await unruly().open(LEGACY);
  expect(opened).toMatchObject({ kind: "open", result: { protocolVersion: "2025-11-25", extra: LEGACY.initialize } });
});

test("a server on the official SDK is spoken to in its newest era, and in the older one to a client that knows no other", async () => {
  const { upstream } = program(join(HERE, "fixtures/modern.mjs"));
  expect(await upstream.catalogue()).toMatchObject([{ name: "double" }]);
  const modern = await open(upstream, MODERN);
  const params = modernParams({ name: "double", arguments: { n: 21 } });
  expect(textOf(await modern.request({ ...call("double"), params }, listener(), never()))).toBe("42");
  const legacy = await open(upstream);
  expect(textOf(await legacy.request(call("double", { n: 4 }), listener(), never()))).toBe("8");
});

test("a modern client is told that a legacy server is one", async () => {
  expect(await unruly().open(MODERN)).toMatchObject({ kind: "era_mismatch", speaks: "2025-11-25 or earlier" });
});

test("every page of tools is listed, members we do not know included", async () => {
  const tools = await unruly().catalogue();
  expect(tools.map((tool) => (tool as JsonObject)["odd"])).toEqual([[0], [1], [2], [3]]);
});

test("a list of tools that goes in circles is refused", async () => {
  await expect(unruly("loop").catalogue()).rejects.toMatchObject({ code: "server_unavailable" });
});

test("a program that is not there is unavailable, and says so", async () => {
  const { upstream } = upstreamsOf({ kind: "stdio", command: "no-such-program-here", args: [], cwd: HERE, env: {} });
  expect(await upstream.open(LEGACY)).toMatchObject({ kind: "unavailable", why: "it cannot be started (ENOENT)" });
  await expect(upstream.catalogue()).rejects.toMatchObject({ code: "server_unavailable" });
});

test("an upstream process sees nothing of the gateway's environment but path, language and time zone", async () => {
  process.env["WRIT_PLANTED"] = "secret-1";
  process.env["PLANTED_TOKEN"] = "secret-2";
  later(() => {
    delete process.env["WRIT_PLANTED"];
    delete process.env["PLANTED_TOKEN"];
  });
  const { upstream } = program(join(HERE, "fixtures/unruly.mjs"), [], { GIVEN: "on purpose" });
  const channel = await open(upstream);
  const seen = JSON.parse(textOf(await channel.request(call("env"), listener(), never()))) as Record<string, string>;
  expect(Object.keys(seen).filter((name) => !["PATH", "LANG", "TZ", "GIVEN"].includes(name))).toEqual([]);
  expect(seen["GIVEN"]).toBe("on purpose");
});

test("a result passes byte for byte, big integers and repeated members included, under the caller's id", async () => {
  const channel = await open(unruly());
  const incoming = await channel.request(call("exact"), listener(), never());
  if (incoming.kind !== "answered") throw new Error(incoming.kind);
  expect(withId(incoming.message, "mine").text).toBe(
    '{"result":{"big":9007199254740993,"x":1.0,"a":{"dup":1,"dup":2},"unknown\\u0020field":"\\u00e9"},  "jsonrpc":"2.0","id":"mine"}',
  );
});

test("requests run side by side, and each gets its own answer", async () => {
  const channel = await open(unruly());
  const slow = new AbortController();
  const hanging = channel.request(call("hang"), listener(), slow.signal);
  const answers = await Promise.all(
    Array.from({ length: 50 }, (_, n) => channel.request(call("echo", { n }), listener(), never())),
  );
  expect(answers.map((answer) => (JSON.parse(textOf(answer)) as { arguments: { n: number } }).arguments.n)).toEqual(
    Array.from({ length: 50 }, (_, n) => n),
  );
  slow.abort();
  expect(await hanging).toEqual({ kind: "lost", why: "cancelled" });
});

test("progress goes to the request whose token it carries, ten thousand events of it in order", async () => {
  const channel = await open(unruly());
  const [one, other] = [listener(), listener()];
  await Promise.all([
    channel.request(call("chatter", { count: 10_000 }, { meta: { progressToken: "a" } }), one, never()),
    channel.request(call("chatter", { count: 3 }, { meta: { progressToken: 7 } }), other, never()),
  ]);
  expect(one.notifications.map(({ value }) => (value["params"] as JsonObject)["progress"])).toEqual(
    Array.from({ length: 10_000 }, (_, i) => i),
  );
  expect(other.notifications).toHaveLength(3);
});

test("a server that floods with events is ended, and its calls are lost", async () => {
  const channel = await open(unruly());
  const incoming = await channel.request(
    call("chatter", { count: LIMITS.sideEvents + 1 }, { meta: { progressToken: "a" } }),
    listener(),
    never(),
  );
  expect(incoming).toMatchObject({ kind: "lost", why: "more came beside the answer than may" });
  expect(await channel.request(call("echo"), listener(), never())).toMatchObject({ kind: "not_sent" });
});

test.each([
  ["a crash in the middle of a call", "crash", "it ended (exit 3)"],
  ["an answer cut in half", "half", "it ended (exit 0)"],
  ["a line larger than a result may be", "flood", "a message is larger than it may be"],
  ["bytes that are not UTF-8", "not_utf8", "a message cannot be believed: it is not UTF-8"],
  ["nesting without end", "deep", "a message cannot be believed: it is nested too deep"],
  ["noise instead of messages", "noise", "it writes noise instead of messages"],
])("after %s the call is lost, not failed and not answered", async (_, tool, why) => {
  const channel = await open(unruly());
  expect(await channel.request(call(tool), listener(), never())).toEqual({ kind: "lost", why });
});

test.each(["other_id", "string_id", "hang"])(
  "a call that never gets its own answer (%s) is lost when its time is over",
  async (tool) => {
    const channel = await open(unruly());
    expect(await channel.request(call(tool, {}, { timeoutMs: 100 }), listener(), never())).toEqual({
      kind: "lost",
      why: "timeout",
    });
    expect(textOf(await channel.request(call("echo", { still: "here" }), listener(), never()))).toContain("still");
  },
);

test("a server that greets on its output is understood all the same", async () => {
  const channel = await open(unruly("noisy"));
  expect(textOf(await channel.request(call("echo", { a: 1 }), listener(), never()))).toContain('"a":1');
  expect(logged.some(({ message }) => message.includes("what is no message"))).toBe(true);
  await until(() =>
    logged.some(({ level, facts }) => level === "debug" && String(facts["text"]).includes("standard error")),
  );
});

test("what the upstream asks goes to the client and the answer comes back under its own id, however long a person takes", async () => {
  const channel = await open(unruly());
  const sink = listener(async () => {
    await new Promise((resolve) => setTimeout(resolve, 300));
    return { id: "forged", result: { role: "assistant", kept: 1 } };
  });
  const answer = JSON.parse(
    textOf(await channel.request(call("sample", {}, { timeoutMs: 150 }), sink, never())),
  ) as JsonObject;
  expect(answer).toEqual({ jsonrpc: "2.0", id: "q1", result: { role: "assistant", kept: 1 } });
  expect(sink.questions[0]?.value["method"]).toBe("sampling/createMessage");
});

test("a client that fails to answer is an error to the upstream, not silence", async () => {
  const channel = await open(unruly());
  const sink = listener(() => Promise.reject(new Error("gone")));
  expect(textOf(await channel.request(call("sample"), sink, never()))).toContain("-32603");
});

test("what a server says of its own accord waits for somebody to listen", async () => {
  const channel = await open(unruly());
  await channel.notify("notifications/initialized", undefined);
  await new Promise((resolve) => setTimeout(resolve, 200));
  const sink = listener();
  const stop = new AbortController();
  const listening = channel.listen(sink, stop.signal, null);
  await until(() => sink.notifications.length > 0);
  stop.abort();
  expect(await listening).toBe("ended");
});

test("a change of tools heard in any conversation is told to whoever keeps the catalogue", async () => {
  const upstream = unruly();
  let told = 0;
  upstream.onToolsChanged(() => told++);
  await (await open(upstream)).request(call("change"), listener(), never());
  expect(told).toBe(1);
});

test("conversations are isolated: each has a process of its own, and only so many", async () => {
  const upstream = unruly();
  const channels = await Promise.all(Array.from({ length: LIMITS.children }, () => open(upstream)));
  expect(await upstream.open(LEGACY)).toMatchObject({ kind: "unavailable" });
  await channels[0]?.close();
  expect(await upstream.open(LEGACY)).toMatchObject({ kind: "open" });
}, 60_000);

test("closing a conversation takes its whole family with it, the deaf ones included", async () => {
  const channel = await open(unruly("stubborn"));
  const child = Number(textOf(await channel.request(call("family"), listener(), never())));
  await until(() => descendants(child).length > 0);
  const family = [child, ...descendants(child)];
  expect(family.every(alive)).toBe(true);
  await channel.close();
  await until(() => !family.some(running));
}, 20_000);

test("a crash takes what the process started with it", async () => {
  const channel = await open(unruly());
  const child = Number(textOf(await channel.request(call("family"), listener(), never())));
  await channel.request(call("crash"), listener(), never());
  await until(() => !running(child));
});

test("when the gateway's own process ends, however, its children end", () => {
  const script = `
    import { createUpstreams } from ${JSON.stringify(join(HERE, "../../src/upstream/upstreams.ts"))};
    const none = () => {};
    const launch = { kind: "stdio", command: process.execPath, args: [${JSON.stringify(join(HERE, "fixtures/unruly.mjs"))}, "stubborn"], cwd: "/", env: {} };
    const upstreams = createUpstreams([{ name: "s", launch, mode: { kind: "enforce" }, timeoutMs: 5000, maxResultBytes: 100000, tools: {}, reverse: [] }], { log: { debug: none, info: none, warn: none, error: none }, clock: { now: Date.now } });
    const opened = await upstreams.all.get("s").open(${JSON.stringify(LEGACY)});
    const sink = { notification: none, request: async () => ({}) };
    const answer = await opened.channel.request({ method: "tools/call", params: { name: "family", arguments: {} }, headers: {}, credentials: {}, timeoutMs: 5000 }, sink, new AbortController().signal);
    console.log(answer.message.value.result.content[0].text);
    process.exit(0);`;
  const pid = Number(execFileSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" }));
  expect(pid).toBeGreaterThan(1);
  return until(() => !running(pid));
}, 20_000);

function stat(pid: number): string[] | null {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\) /s, "")
      .split(" ");
  } catch {
    return null;
  }
}
/** A zombie that nobody has reaped yet does not run. */
function running(pid: number): boolean {
  const state = stat(pid)?.[0];
  return state !== undefined && state !== "Z";
}
function descendants(pid: number): number[] {
  return readdirSync("/proc")
    .map(Number)
    .filter((one) => one > 0 && Number(stat(one)?.[1]) === pid);
}
