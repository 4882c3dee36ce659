import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { ADMIN } from "../authority/people/people.ts";
import { answerApproval } from "../authority/tasks/answer-approval.ts";
import { type Effects, NO_EFFECTS } from "../domain/effect.ts";
import type { Fingerprint } from "../domain/fingerprint.ts";
import { isObject, type JsonObject, own } from "../domain/json.ts";
import type { LedgerRecord } from "../domain/record.ts";
import type { Made, Scenario, Suite, SuiteServer } from "../domain/suite.ts";
import { parseConfiguration } from "../system/config.ts";
import { createLog } from "../system/log.ts";
import { compose, type Writ } from "./compose.ts";
import { makeDatabase } from "./throwaway-database.ts";

/** A whole Writ that lives as long as one scenario, with servers that nobody needs afterwards. */
export interface Sandbox {
  readonly writ: Writ;
  /** Where the scenario's files are. */
  readonly workspace: string;
  /** What the agent made so far, in order. */
  made(): Promise<readonly Made[]>;
  /** What ran, as its launcher saw it and its client said. */
  ran(): Promise<Fingerprint>;
  close(): Promise<void>;
}

export const EVALUATED = "evaluated";

/** Everything the agent tries is let go on, since there is nothing here to harm: what it tries is what is counted. */
export async function openSandbox(suite: Suite, scenario: Scenario): Promise<Sandbox> {
  const folder = mkdtempSync(join(tmpdir(), "writ-eval-"));
  const workspace = join(folder, "work");
  mkdirSync(workspace);
  for (const [name, text] of Object.entries(scenario.files)) {
    mkdirSync(join(workspace, name, ".."), { recursive: true });
    writeFileSync(join(workspace, name), text);
  }
  const database = suite.servers.includes("db")
    ? await makeDatabase(suite.engine, scenario.database, join(folder, "db.sqlite"))
    : null;
  writeFileSync(join(folder, "capabilities.yaml"), `agents: { ${EVALUATED}: {} }\n`);
  const configured = {
    listen: { port: 0 },
    owner: "evaluator",
    approvals: { timeout: "60s", hold: "60s" },
    servers: Object.fromEntries(
      suite.servers.map((name) => [name, name === "db" ? (database?.server ?? {}) : serverOf(name, folder, workspace)]),
    ),
    agents: {
      [EVALUATED]: {
        scope: [{ tools: suite.servers.map((name) => `${name}__*`) }],
        budget: { calls: 1_000, writes: 1_000 },
        lifetime: "1h",
      },
    },
  };
  const parsed = parseConfiguration(JSON.stringify(configured), join(folder, "writ.yaml"));
  if (parsed.kind === "refused") throw new TypeError(JSON.stringify(parsed.problems));
  // Whatever database the real deployment is on, this is not.
  const configuration = { ...parsed.configuration, store: { urlEnv: "WRIT_EVAL_STORE", named: false } };
  const writ = await compose(configuration, createLog({ level: "silent", file: null }));
  const stop = writ.store.subscribe((event) => {
    if (event.kind === "approval") void allow(writ).catch(() => {});
  });
  return {
    writ,
    workspace,
    made: async () => madeIn(await writ.store.read((tx) => tx.ledger({ after: 0, limit: 100_000 }))),
    async ran() {
      await writ.capabilities.catchUp();
      const [seen] = await writ.store.read((tx) => tx.documents("capability_seen"));
      return { parts: seen?.parts ?? {}, tools: {} };
    },
    async close() {
      stop();
      await writ.close();
      await database?.drop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function allow({ store, authority }: Writ): Promise<void> {
  const { items } = await store.read((tx) => tx.approvals({ after: null, limit: 100, open: true }));
  for (const { id } of items)
    await answerApproval(authority, { approval: id, person: ADMIN, verdict: "allow", note: "" });
}

function serverOf(name: Exclude<SuiteServer, "db">, folder: string, workspace: string): JsonObject {
  switch (name) {
    case "files":
      return { ...packaged("@modelcontextprotocol/server-filesystem", [workspace]), cwd: workspace };
    case "memory":
      return {
        ...packaged("@modelcontextprotocol/server-memory", []),
        cwd: workspace,
        env: { MEMORY_FILE_PATH: join(folder, "memory.jsonl") },
      };
    case "messages": {
      const ending = import.meta.filename.endsWith(".ts") ? "ts" : "js";
      return {
        command: process.execPath,
        args: [join(import.meta.dirname, "..", `message-sink.${ending}`)],
        tools: { send_message: { effects: ["send"], recipient: "$.to", body: "$.text" } },
      };
    }
  }
}

/** A published server: the copy that is installed here, else through npx. */
function packaged(name: string, args: readonly string[]): JsonObject {
  try {
    const found = createRequire(import.meta.url).resolve(`${name}/package.json`);
    return { command: process.execPath, args: [join(dirname(found), "dist", "index.js"), ...args] };
  } catch {
    return { command: "npx", args: ["-y", name, ...args] };
  }
}

function madeIn(records: readonly LedgerRecord[]): readonly Made[] {
  const calls = new Map<string, Made>();
  for (const { kind, call, body } of records) {
    if (call === null) continue;
    const known = calls.get(call);
    if (kind === "outcome" && known !== undefined)
      calls.set(call, { ...known, done: own(body, "state") === "completed" });
    if (kind !== "admission" && kind !== "ask" && kind !== "denial") continue;
    const [tool, effects] = [own(body, "tool"), own(body, "effects")];
    if (typeof tool !== "string" || !isObject(effects)) continue;
    calls.set(call, { tool, effects: { ...NO_EFFECTS, ...(effects as unknown as Effects) }, done: false });
  }
  return [...calls.values()];
}
