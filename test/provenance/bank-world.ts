import { join } from "node:path";
import type { JsonObject } from "../../src/domain/json.ts";
import type { RecordKind } from "../../src/domain/record.ts";
import { buildProgram } from "../../src/doors/cli/program.ts";
import { type Answer, rawClient } from "../gate/client.ts";
import { type House, openHouse } from "../house.ts";

export const BOB = "GB33BUKB20201555555555";
export const CLUB = "DE89370400440532013000";

export const bankYaml = (more = "", tier = "optimized"): string => `
tier: ${tier}
approvals: { timeout: 30s, hold: 0s${more} }
people: { ada: { roles: [viewer] }, ana: { roles: [approver] }, otto: { roles: [operator] }, vera: { roles: [viewer] } }
servers: { bank: { command: node, args: [bank.ts], cwd: ${join(import.meta.dirname, "fixtures")} } }
agents: { clerk: { ${tier === "optimized" ? "envelope" : "scope"}: [{ tools: ["bank__*"] }], budget: { calls: 100, writes: 50 } } }
`;

export interface Bank {
  readonly house: House;
  agent(objective: string): Promise<Agent>;
  /** The API as this person. */
  as(person: string, method: string, path: string, body?: object): Promise<{ status: number; json: JsonObject }>;
  /** The command line as this person. */
  writ(person: string, line: readonly string[]): Promise<{ readonly code: number; readonly out: string }>;
  records(kind: RecordKind): Promise<readonly JsonObject[]>;
  close(): Promise<void>;
}

export interface Agent {
  readonly task: string;
  readonly token: string;
  call(tool: string, input: JsonObject): Promise<Answer>;
  /** The same, asked about; ana says yes, and it is made again. */
  allowed(tool: string, input: JsonObject): Promise<{ readonly asked: JsonObject; readonly answer: Answer }>;
}

/** A whole Writ before a bank that nobody has described; below Optimized the owner's plan names its tools. */
export async function openBank(more = "", tier = "optimized"): Promise<Bank> {
  return bankOf(await openHouse(bankYaml(more, tier)));
}

export function bankOf(house: House): Bank {
  const keys = new Map<string, string>();
  const request = async (key: string, method: string, path: string, body?: object) => {
    const response = await fetch(`${house.writ.origin}${path}`, {
      method,
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, json: (await response.json()) as JsonObject };
  };
  const keyOf = async (person: string): Promise<string> => {
    const key =
      keys.get(person) ?? (await request(house.writ.keys.admin, "POST", `/v1/people/${person}/keys`)).json["key"];
    keys.set(person, String(key));
    return String(key);
  };
  const as: Bank["as"] = async (person, method, path, body) => request(await keyOf(person), method, path, body);
  return {
    house,
    as,
    async agent(objective) {
      const { task, token } = await house.task("clerk", objective);
      return agentOf(house, as, task.id, token);
    },
    async writ(person, line) {
      const key = await keyOf(person);
      let out = "";
      const unused = (): never => {
        throw new TypeError("not in this test");
      };
      const code = await buildProgram({
        version: "0",
        out: (text) => (out += text),
        say: (text) => (out += text),
        env: { WRIT_KEY_FILE: "key" },
        cwd: house.folder,
        locate: () => Promise.resolve({ origin: house.writ.origin, dataFolder: house.folder }),
        readKey: unused,
        readKeyFile: () => key,
        readSecret: unused,
        up: unused,
        run: unused,
        runAs: unused,
        hold: unused,
        serve: unused,
        bypass: unused,
        evaluate: unused,
        evaluatorKey: unused,
        offlineDoctor: unused,
      }).run(line);
      return { code, out };
    },
    records: async (kind) =>
      (await house.writ.store.read((tx) => tx.ledger({ after: 0, limit: 1_000, kind }))).map(({ body }) => body),
    close: () => house.close(),
  };
}

/** The agent of a task, at this gateway. */
export async function agentOf(house: House, as: Bank["as"], task: string, token: string): Promise<Agent> {
  const client = await rawClient(`${house.writ.origin}/mcp/bank`, token);
  const call: Agent["call"] = (tool, input) => client.call(tool, input);
  return {
    task,
    token,
    call,
    async allowed(tool, input) {
      const first = await call(tool, input);
      if (first.code !== "approval_pending") throw new Error(`not asked: ${first.text}`);
      const open = await house.writ.store.read((tx) => tx.openApprovals(task as never));
      const asked = open.find(({ state }) => state === "pending");
      if (asked === undefined) throw new Error("no question");
      const answered = await as("ana", "POST", `/v1/approvals/${asked.id}/answer`, { verdict: "allow" });
      if (answered.status !== 200) throw new Error(JSON.stringify(answered.json));
      return { asked: asked as unknown as JsonObject, answer: await call(tool, input) };
    },
  };
}
