import type { Analysers } from "../../src/analysis/analysis.ts";
import { NO_EFFECTS } from "../../src/domain/effect.ts";
import type { JsonObject } from "../../src/domain/json.ts";
import type { LedgerRecord } from "../../src/domain/record.ts";
import type { Answer, RawClient } from "../gate/client.ts";
import { rawClient } from "../gate/client.ts";
import type { House } from "../house.ts";

/** An analyser that finds every statement harmless: with it, nothing but the database stands between an agent and what
 *  its grant does not name. */
export const BLIND: Analysers = {
  sql: () => ({ kind: "understood", effects: { ...NO_EFFECTS, kinds: ["read"], statements: 1 }, forward: null }),
  shell: () => ({ kind: "understood", effects: NO_EFFECTS, forward: null }),
  code: () => ({ kind: "understood", effects: NO_EFFECTS, forward: null }),
};

export interface Shopper extends RawClient {
  readonly task: string;
  readonly token: string;
}

/** An agent with a task of its own, at the database `shop`. */
export async function shopper(house: House, agent: string, server = "shop"): Promise<Shopper> {
  const { token, task } = await house.task(agent, "look after the shop");
  return { ...(await rawClient(`${house.writ.origin}/mcp/${server}`, token)), task: task.id, token };
}

/** What an answer is as a structure; empty where it is none. */
export const contentOf = (answer: Answer): JsonObject =>
  (answer.json.result?.["structuredContent"] ?? {}) as JsonObject;
export const rowsOf = (answer: Answer): unknown => contentOf(answer)["rows"];

/** What a tool's answer says in words, refusals included. */
export const wordsOf = (answer: Answer): string =>
  ((answer.json.result?.["content"] ?? []) as { text?: string }[]).map(({ text }) => text ?? "").join("\n");

export const recordsOf = (house: House, task: string): Promise<readonly LedgerRecord[]> =>
  house.writ.store.read(async (tx) =>
    (await tx.ledger({ after: 0, limit: 10_000 })).filter((one) => one.task === task),
  );

/** How the task's last call ended. What only reads is answered before that is on the record. */
export async function lastOutcome(house: House, task: string): Promise<JsonObject> {
  for (;;) {
    const all = await recordsOf(house, task);
    const of = (wanted: string): readonly LedgerRecord[] => all.filter(({ kind }) => kind === wanted);
    const outcomes = of("outcome");
    if (outcomes.length > 0 && outcomes.length === of("admission").length) return outcomes.at(-1)?.body ?? {};
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
