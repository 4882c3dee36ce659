import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { answerApproval } from "../../../src/authority/tasks/answer-approval.ts";
import type { PersonName, TaskId } from "../../../src/domain/ids.ts";
import type { JsonObject } from "../../../src/domain/json.ts";
import type { LedgerRecord } from "../../../src/domain/record.ts";
import { type House, openHouse } from "../../house.ts";
import { type OddServer, startOdd } from "./odd-server.ts";

/** A whole Writ with the odd server behind it twice: `far` over HTTP, `near` over stdio. */
export interface OddHouse extends House {
  readonly far: OddServer;
  /** `/mcp/<server>`, or `/mcp`. */
  url(server?: string): string;
  /** What the process of `near` was sent, in order. */
  nearSaw(): readonly JsonObject[];
  records(task: string): Promise<readonly LedgerRecord[]>;
  ledgerSize(): Promise<number>;
  /** Waits for the next open question of the task and answers it as `dana`. */
  answer(task: string, verdict: "allow" | "deny"): Promise<void>;
}

const PROGRAM = join(import.meta.dirname, "odd-server.ts");
const LOG = "near.log";

export interface OddSettings {
  /** Members of `writ.yaml` before the servers. */
  readonly top?: string;
  /** How long a call is held open for its answer. */
  readonly hold?: string;
  /** Members of both servers, indented by four. */
  readonly servers?: string;
  /** More servers, indented by two. */
  readonly more?: string;
  readonly agents?: string;
  readonly credential?: "none" | "operation";
  readonly files?: Readonly<Record<string, string>>;
}

export const EVERYTHING = `
  clerk:
    scope: [{ tools: [far__*, near__*] }]
    budget: { calls: 2000, writes: 200 }
  careful: {}
`;

export async function openOddHouse(settings: OddSettings = {}): Promise<OddHouse> {
  const far = await startOdd();
  const rules = settings.servers ?? `    tools: { "*": { effects: [read] } }`;
  const house = await openHouse(
    `
approvals: { timeout: 20s, hold: ${settings.hold ?? "10s"} }
people: { dana: { roles: [approver] } }
${settings.top ?? ""}
servers:
  far:
    url: ${far.url}
    credential: ${settings.credential ?? "none"}
${rules}
  near:
    command: node
    args: [${PROGRAM}, ./${LOG}]
    same_names: ["*"]
${rules}
${settings.more ?? ""}
agents:
${settings.agents ?? EVERYTHING}
`,
    { [LOG]: "", ...settings.files },
  );
  const log = join(house.folder, LOG);
  const ledger = (): Promise<readonly LedgerRecord[]> =>
    house.writ.store.read((tx) => tx.ledger({ after: 0, limit: 100_000 }));
  return {
    ...house,
    far,
    url: (server) => `${house.writ.origin}/mcp${server === undefined ? "" : `/${server}`}`,
    nearSaw: () =>
      readFileSync(log, "utf8")
        .split("\n")
        .filter(Boolean)
        .map((line) => JSON.parse(line) as JsonObject),
    records: async (task) => (await ledger()).filter((one) => one.task === task),
    ledgerSize: async () => (await ledger()).length,
    async answer(task, verdict) {
      for (;;) {
        const open = await house.writ.store.read((tx) => tx.openApprovals(task as TaskId));
        const first = open.find((one) => one.state === "pending");
        if (first !== undefined) {
          const person = { name: "dana" as PersonName, roles: ["approver"] };
          await answerApproval(house.writ.authority, { approval: first.id, person, verdict, note: "" });
          return;
        }
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    },
    async close() {
      await house.close();
      await far.stop();
    },
  };
}

/** Forgets what the servers saw until now. */
export function forget(house: OddHouse): void {
  house.far.seen.length = 0;
  house.far.left.length = 0;
  writeFileSync(join(house.folder, LOG), "");
}
