import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readDraft } from "../../../src/authority/rules/draft.ts";
import { requestGrant } from "../../../src/authority/tasks/request-grant.ts";
import type { CallId, Digest, ServerName, TaskId, ToolName } from "../../../src/domain/ids.ts";
import { WritError } from "../../../src/domain/error.ts";
import type { JsonObject } from "../../../src/domain/json.ts";
import type { CliParts, RunRequest } from "../../../src/doors/cli/parts.ts";
import { buildProgram } from "../../../src/doors/cli/program.ts";
import { parseConfiguration } from "../../../src/system/config.ts";
import { openClerkTask } from "../../authority/house.ts";
import { type Desk, KEYS, openDesk } from "../http/desk.ts";

let desk: Desk;
let cwd: string;
let runs: RunRequest[];
beforeEach(async () => {
  [desk, cwd, runs] = [await openDesk(), await mkdtemp(join(tmpdir(), "writ-cli-")), []];
});
afterEach(async () => {
  await desk.close();
  await rm(cwd, { recursive: true });
});

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function writ(line: readonly string[], more: Partial<CliParts> = {}): Promise<Ran> {
  const [out, err]: [string[], string[]] = [[], []];
  const code = await buildProgram({
    version: "0.0.0-test",
    out: (text) => out.push(text),
    say: (text) => err.push(`${text}\n`),
    env: {},
    cwd,
    locate: () => Promise.resolve({ origin: desk.origin, dataFolder: "/data" }),
    readKey: (_, name) => KEYS[name],
    readKeyFile: () => "",
    readSecret: () => Promise.resolve(""),
    up: () => Promise.resolve(0),
    run: (settings) => {
      runs.push(settings);
      return Promise.resolve(7);
    },
    runAs: () => Promise.resolve(0),
    hold: (_, onOpened) => {
      onOpened({ task: "t_held", url: "http://127.0.0.1:1/secret" });
      return Promise.resolve(0);
    },
    serve: () => Promise.resolve(0),
    bypass: () => Promise.resolve({ isolation: null, report: { at: 0, uid: 0, attempts: [] } }),
    evaluate: () => Promise.reject(new TypeError("nobody evaluates here")),
    evaluatorKey: () => ({}),
    offlineDoctor: () => Promise.resolve([{ name: "configuration", ok: true, says: "holds", mend: null }]),
    ...more,
  }).run(line);
  return { code, out: out.join(""), err: err.join("") };
}

async function question(): Promise<string> {
  const { task, instance } = await openClerkTask(desk.house);
  const draft = readDraft(
    { tools: ["shop__refund_order"], where: { amount: { range: { max: 20 } } }, uses: 1 },
    "approval",
    "clerk",
    desk.house.configuration,
  );
  return (await requestGrant(desk.house, { instance, task: task.id, draft, why: "", policyVersion: "v" })).id;
}

test("an unreachable control plane exits 5 with the command that starts it", async () => {
  const gone = await openDesk();
  await gone.close();
  const ran = await writ(["status"], { locate: () => Promise.resolve({ origin: gone.origin, dataFolder: "/data" }) });
  expect(ran).toMatchObject({ code: 5, out: "" });
  expect(ran.err).toContain("next: start Writ with `writ up`");
});

test.each([
  [["statsu"]],
  [["task", "end"]],
  [["run", "--", "x"]],
  [["grant", "issue", "t_1"]],
  [["policy", "explain", "docs__x", "not json"]],
  [["status", "--nonsense"]],
])("a command line that makes no sense (%j) exits 2 with nothing on stdout", async (line) => {
  const ran = await writ(line);
  expect([ran.code, ran.out]).toEqual([2, ""]);
  expect(ran.err).not.toBe("");
});

test("a misspelt command is answered with the one that was probably meant", async () => {
  expect((await writ(["statsu"])).err).toContain("Did you mean status?");
});

test("help and version are data and exit 0", async () => {
  expect(await writ(["--version"])).toMatchObject({ code: 0, out: "0.0.0-test\n" });
  const help = await writ(["--help"]);
  expect(help.code).toBe(0);
  for (const command of [
    "up",
    "status",
    "doctor",
    "init",
    "run",
    "task",
    "grant",
    "approve",
    "agent",
    "policy",
    "why",
    "tools",
    "audit",
    "panic",
    "people",
  ])
    expect(help.out).toMatch(new RegExp(`^  ${command}\\b`, "m"));
});

test("a person without the role is told so and exits 3", async () => {
  const key = await desk.people.issueKey("vera", "admin");
  const ran = await writ(["panic"], { env: { WRIT_KEY_FILE: "/keys/vera" }, readKeyFile: () => key });
  expect(ran).toMatchObject({ code: 3, out: "" });
  expect(ran.err).toContain("role_missing");
});

test("with --json a failure is JSON on stdout too, and stays a failure", async () => {
  const ran = await writ(["task", "show", "t_none", "--json"]);
  expect(ran.code).toBe(1);
  expect(JSON.parse(ran.out)).toMatchObject({ error: { code: "task_unknown" } });
});

test("a key never travels to another machine in the clear", async () => {
  const ran = await writ(["status", "--url", "http://writ.example:7420"]);
  expect([ran.code, ran.err]).toEqual([1, expect.stringContaining("control_not_local")]);
});

test("a configuration that does not hold is told line by line", async () => {
  const locate = (): Promise<never> =>
    Promise.reject(
      new WritError({
        code: "configuration_invalid",
        status: 400,
        facts: { problems: ["writ.yaml:1:1: no", "writ.yaml:2:2: no"] },
        message: "`writ.yaml` does not hold: 2 problems",
        hint: "mend what is listed",
      }),
    );
  const ran = await writ(["status"], { locate });
  expect(ran.err).toBe(
    "writ: `writ.yaml` does not hold: 2 problems (configuration_invalid)\n  problems: writ.yaml:1:1: no\n  problems: writ.yaml:2:2: no\nnext: mend what is listed\n",
  );
});

test("what runs after `--` is the command, flags and all, and its exit code is ours", async () => {
  const ran = await writ(["run", "--agent", "clerk", "--task", "read it", "--", "agent", "--json", "-x"]);
  expect(ran.code).toBe(7);
  expect(runs).toEqual([
    {
      origin: desk.origin,
      launcherKey: KEYS.launcher,
      agent: "clerk",
      objective: "read it",
      command: ["agent", "--json", "-x"],
    },
  ]);
});

test("a task held open prints its address, and nothing else, as data", async () => {
  const ran = await writ(["task", "start", "--agent", "clerk", "look around"]);
  expect(ran).toMatchObject({ code: 0, out: "http://127.0.0.1:1/secret\n" });
});

test("tasks are listed, shown and ended", async () => {
  const { task } = await openClerkTask(desk.house);
  expect((await writ(["task", "list"])).out).toMatch(new RegExp(`^TASK .*\\n${task.id}  clerk  ada    active    0/10`));
  const shown = (await writ(["task", "show", task.id])).out;
  expect(shown).toContain("read the handbook (the owner's words)");
  expect(shown).toContain("docs__read_text_file where `path` is inside /srv/desk/sample/**, 3×");
  expect((await writ(["task", "end", task.id, "--why", "enough"])).out).toBe(`ended ${task.id}\n`);
  expect((await writ(["task", "list"])).out).toBe("no task is running\n");
  expect(JSON.parse((await writ(["task", "list", "--all", "--json"])).out)).toMatchObject([
    { id: task.id, standing: "ended" },
  ]);
});

test("a grant is issued with limits, listed and revoked", async () => {
  const { task } = await openClerkTask(desk.house);
  const issued = JSON.parse(
    (
      await writ([
        "grant",
        "issue",
        task.id,
        "shop__get_order",
        "--where",
        '{"order":{"exact":"A"}}',
        "--uses",
        "1",
        "--json",
      ])
    ).out,
  ) as { id: string };
  expect((await writ(["grant", "list", task.id])).out).toContain('shop__get_order where `order` is "A", 1×');
  expect((await writ(["grant", "revoke", issued.id])).out).toBe(`revoked ${issued.id}\n`);
  expect((await writ(["grant", "issue", task.id, "*"])).err).toContain("grant_invalid");
});

test("a question is listed, shown with its exact arguments, and answered once", async () => {
  const id = await question();
  expect((await writ(["approve", "list"])).out).toContain(id);
  expect((await writ(["approve", "show", id])).out).toContain('"max":20');
  expect((await writ(["approve", "allow", id, "--note", "fine"])).out).toMatch(new RegExp(`^${id} is spent; grant g_`));
  expect(await writ(["approve", "deny", id])).toMatchObject({
    code: 1,
    err: expect.stringContaining("approval_closed"),
  });
  expect((await writ(["approve"])).out).toBe("nothing waits for a person\n");
});

test("watching shows the questions that are open, then each new one once, until interrupted", async () => {
  const first = await question();
  const shown: string[] = [];
  let second = "";
  const watching = writ(["approve", "list", "--watch", "--json"], {
    out: (text) => {
      shown.push((JSON.parse(text) as { id: string }).id);
      if (shown.length === 1) void question().then((id) => (second = id));
      else process.emit("SIGINT");
    },
  });
  expect((await watching).code).toBe(0);
  expect(shown).toEqual([first, second]);
});

test("a watch whose Writ goes away ends as unreachable", async () => {
  await question();
  const other = desk;
  const ran = await writ(["approve", "list", "--watch"], { out: () => void other.close() });
  expect(ran.code).toBe(5);
  desk = await openDesk();
});

const DECISION: JsonObject = {
  verdict: "permit",
  tool: "shop__refund_order",
  actor: "spiffe://writ.local/agent/clerk/i_1",
  owner: "ada",
  binding: "bearer",
  objective: "refund A-1",
  declaredBy: "owner",
  effects: {
    kinds: ["write", "spend"],
    reversible: false,
    paths: [],
    hosts: [],
    recipients: [],
    tables: [],
    columns: [],
    statements: 0,
    unrepresented: ["amount"],
  },
  labels: { readPrivate: true, readUntrusted: false, sent: false },
  policies: [{ id: "spends", file: "starter/20-spend.cedar", line: 12 }],
  credential: { id: "jti1", expires: 1_800_000_030_000, audience: "urn:shop" },
  isolation: "same-user",
  tier: "foundation",
  mode: "enforce",
  digest: "hmac-sha-256:abc",
};

test("`writ why` answers who, for whom, what, by which rule, who allowed it, and how it ended", async () => {
  const id = await question();
  await writ(["approve", "allow", id, "--note", "agreed"]);
  await desk.house.store.write(async (tx) => {
    const common = { at: 1_800_000_000_000, call: "c_1" as CallId, task: "t_1" as TaskId };
    await tx.append({ ...common, kind: "admission", body: { ...DECISION, approval: { id, by: ["admin"] } } });
    await tx.append({ ...common, kind: "outcome", body: { state: "completed", bytes: 42, took: 7 } });
  });
  const { code, out } = await writ(["why", "c_1"]);
  expect(code).toBe(0);
  for (const line of [
    "shop__refund_order: permitted, completed  (c_1, 2027-01-15 08:00:00Z)",
    "who           spiffe://writ.local/agent/clerk/i_1: by a bearer token that its launcher holds",
    "on behalf of  ada",
    `task          t_1 "refund A-1" (the owner's words)`,
    "would         write, spend; cannot be undone",
    "              policy cannot see exactly: amount",
    "policies      starter/20-spend.cedar:12  spends",
    "grant         none; the approval stood in for it",
    `approval      ${id}, spent`,
    "credential    jti1, once, for urn:shop, until 2027-01-15 08:00:30Z",
    "              42 characters in 7 ms",
    "session       had read private data",
    "set-up        same-user: a guard against a misled agent, not against hostile code; tier foundation, enforce",
  ]) {
    expect(out).toContain(line);
  }
  expect(out).toMatch(/admin said allow at .*: "agreed"/);
});

test("`writ why` of a denial gives the reason and the next step; of nothing, a failure", async () => {
  await desk.house.store.write((tx) =>
    tx.append({
      kind: "denial",
      at: 1,
      call: "c_2" as CallId,
      task: null,
      body: {
        verdict: "deny",
        tool: "docs__read",
        reason: "outside_grant",
        says: "the task may use `docs__read` only where `path` is inside /srv",
        hint: "stay inside",
        policies: [],
      },
    }),
  );
  const { out } = await writ(["why", "c_2"]);
  expect(out).toContain("docs__read: denied  (c_2");
  expect(out).toContain(
    "outside_grant: the task may use `docs__read` only where `path` is inside /srv\n          next: stay inside",
  );
  expect(await writ(["why", "c_none"])).toMatchObject({ code: 1, out: "" });
});

test("text that others chose cannot move the cursor or open a line", async () => {
  await desk.house.store.write((tx) =>
    tx.append({
      kind: "denial",
      at: 1,
      call: "c_3" as CallId,
      task: null,
      body: { verdict: "deny", tool: "x\u001b[2J\nfake__tool", reason: "no_grant" },
    }),
  );
  for (const line of [
    ["audit", "tail"],
    ["why", "c_3"],
  ]) {
    const { out } = await writ(line);
    expect(out).not.toContain("\u001b");
    expect(out).not.toMatch(/^fake__tool/m);
  }
});

test("policies are checked, tested and applied; a failing test exits 6 and changes nothing", async () => {
  expect((await writ(["policy", "check"])).out).toBe("the files load, and are what is in force\n");
  desk.policyFiles[0] = { name: "a.cedar", text: "second" };
  expect((await writ(["policy"])).out).toContain("a.cedar\n  - first\n  + second\nthe files load, and differ");
  expect(await writ(["policy", "test"])).toMatchObject({ code: 0, out: "passed  a case\n1 passed, 0 failed\n" });
  expect((await writ(["policy", "apply"])).out).toContain("in force: v-second");
  desk.policyFiles[0] = { name: "a.cedar", text: "FAILING" };
  expect(await writ(["policy", "test"])).toMatchObject({
    code: 6,
    out: "FAILED  a case: permit, not deny\n0 passed, 1 failed\n",
  });
  expect(await writ(["policy", "apply"])).toMatchObject({ code: 6, out: "" });
  expect((await writ(["policy", "explain", "docs__read", '{"path":"/x"}', "--agent", "clerk"])).out).toBe(
    "tool     docs__read\nverdict  deny\n",
  );
});

test("a drifted tool is shown as a diff with the command that accepts it", async () => {
  const definition = (description: string) => ({
    server: "docs" as ServerName,
    name: "read" as ToolName,
    body: { name: "read", description },
    hash: `sha-256:${description}` as Digest,
  });
  await desk.pins.observe("docs" as ServerName, "sha-256:o" as Digest, [definition("reads")]);
  expect((await writ(["tools", "diff"])).out).toBe("every tool is as it was accepted\n");
  await desk.pins.observe("docs" as ServerName, "sha-256:o" as Digest, [definition("reads all")]);
  expect((await writ(["tools", "list"])).out).toContain("docs__read  drifted");
  expect((await writ(["tools", "diff", "docs"])).out).toContain('+   "description": "reads all"');
  expect((await writ(["tools", "pin", "docs", "read"])).out).toBe("accepted read\n");
});

test("the record is listed, one JSON object a line where asked, and verified", async () => {
  await openClerkTask(desk.house);
  const rows = (await writ(["audit", "tail", "--json"])).out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { kind: string });
  expect(rows.map((row) => row.kind)).toEqual([
    "policy_applied",
    "signing_key",
    "signing_key",
    "enrolment",
    "task_opened",
  ]);
  expect((await writ(["audit", "tail", "-n", "1"])).out).toContain("task_opened");
  expect((await writ(["audit", "verify"])).out).toBe("intact: 5 entries\n");
});

test("panic, people and agents speak plainly", async () => {
  expect((await writ(["panic", "--why", "drill"])).out).toBe(
    "every credential made until now is refused from now on, and every task has ended; nothing new is made until an admin says `writ panic --lift`\n",
  );
  expect((await writ(["agent", "disable", "clerk"])).code).toBe(0);
  expect((await writ(["agent", "enable", "clerk", "--json"])).out).toContain('"kind":"agent"');
  expect(await writ(["agent", "enable", "clerk"])).toMatchObject({
    code: 1,
    err: expect.stringContaining("not_revoked"),
  });
  expect((await writ(["panic", "--lift"])).out).toContain("what was revoked stays dead");
  expect(await writ(["revoke", "everything", "*"])).toMatchObject({
    code: 1,
    err: expect.stringContaining("subject_invalid"),
  });
  const key = await writ(["people", "key", "dana"]);
  expect((await desk.people.byKey(key.out.trim()))?.name).toBe("dana");
  expect((await writ(["people", "key", "mallory"])).err).toContain("person_unknown");
  expect((await writ(["people"])).out).toMatch(/dana {2}approver/);
  expect((await writ(["agent", "list"])).out).toMatch(/clerk +launcher +never/);
});

test("status tells how things stand, and a link that signs in once", async () => {
  expect((await writ(["status"])).out).toMatch(/set-up {5}same-user: a guard against a misled agent/);
  const link = (await writ(["status", "--link"])).out.trim();
  expect((await fetch(link)).status).toBe(200);
  expect((await fetch(link)).status).toBe(403);
});

test("doctor says what is wrong also when nothing runs, and exits 1", async () => {
  expect((await writ(["doctor"])).code).toBe(0);
  const gone = await openDesk();
  await gone.close();
  const ran = await writ(["doctor"], { locate: () => Promise.resolve({ origin: gone.origin, dataFolder: "/data" }) });
  expect(ran.code).toBe(1);
  expect(ran.out).toMatch(
    /ok +configuration +holds\nWRONG {2}control plane {2}nobody answers at .*; start Writ with `writ up`/,
  );
});

test("init writes a file that holds, and never over another", async () => {
  expect((await writ(["init"])).code).toBe(0);
  const file = join(cwd, "writ.yaml");
  const text = await readFile(file, "utf8");
  expect(parseConfiguration(text, file).kind).toBe("loaded");
  const everything = text
    .replaceAll(/^#(?= )/gm, "")
    .replaceAll(/^(people|servers|agents): \{\}$/gm, "$1:")
    .replace(/^ What.*\n/gm, "")
    .replace(/^ (Who|MCP).*\n/gm, "");
  expect(parseConfiguration(everything, file)).toMatchObject({ kind: "loaded" });
  expect(await writ(["init"])).toMatchObject({ code: 1, err: expect.stringContaining("file_exists") });
  expect(await readFile(file, "utf8")).toBe(text);
});
