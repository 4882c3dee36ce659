// Dana, at another desk: a process of its own, signed in with her own key. She allows the one refund that she was told
// of, order and amount, and leaves every other question unanswered.
//   node examples/demo/approver.ts --api URL (--key-fd N | --key-file FILE) --order A-1001 --amount 120
import { closeSync, readFileSync, statSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";

export interface Agreed {
  readonly order: string;
  readonly amount: number;
}

interface Question {
  readonly id: string;
  readonly state: string;
  readonly summary: { readonly tool: string; readonly arguments: string };
}

const REFUND = "shop__refund_order";

/** True when the question is about exactly the agreed refund: this tool, this order, this amount and nothing else. */
export function isAgreed(question: Question, agreed: Agreed): boolean {
  if (question.state !== "pending" || question.summary.tool !== REFUND) return false;
  const shown = JSON.parse(question.summary.arguments) as { arguments?: Record<string, unknown> } & Record<
    string,
    unknown
  >;
  const given = shown.arguments ?? shown;
  return Object.keys(given).length === 2 && given["order"] === agreed.order && given["amount"] === agreed.amount;
}

/** Watches the open questions until the agreed refund was allowed, or `signal` aborts. Resolves to the approval's id.
 *  `onWatching` once she is signed in and looks. */
export async function approve(
  api: string,
  key: string,
  agreed: Agreed,
  signal: AbortSignal,
  onWatching: () => void = () => {},
): Promise<string | null> {
  const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
  while (!signal.aborted) {
    const { items } = (await ask(new URL("/v1/approvals?open=true", api), { headers })) as {
      items: readonly Question[];
    };
    onWatching();
    const question = items.find((one) => isAgreed(one, agreed));
    if (question !== undefined) {
      const body = JSON.stringify({ verdict: "allow", note: "agreed with the customer" });
      await ask(new URL(`/v1/approvals/${question.id}/answer`, api), { method: "POST", headers, body });
      return question.id;
    }
    await sleep(100);
  }
  return null;
}

async function ask(url: URL, init: RequestInit): Promise<unknown> {
  const response = await fetch(url, init);
  if (!response.ok)
    throw new Error(`${init.method ?? "GET"} ${url.pathname} answered ${response.status}: ${await response.text()}`);
  return await response.json();
}

function readKey(fd: string | undefined, file: string | undefined): string {
  if (fd !== undefined) {
    const key = readFileSync(Number(fd), "utf8").trim();
    closeSync(Number(fd));
    return key;
  }
  if (file === undefined) throw new Error("give --key-fd or --key-file");
  if ((statSync(file).mode & 0o077) !== 0) throw new Error(`others can read ${file}; run chmod 600 on it`);
  return readFileSync(file, "utf8").trim();
}

if (import.meta.main) {
  const text = { type: "string" } as const;
  const { values } = parseArgs({ options: { api: text, "key-fd": text, "key-file": text, order: text, amount: text } });
  const { api, order } = values;
  const amount = Number(values.amount);
  if (api === undefined || order === undefined || Number.isNaN(amount)) {
    console.error("usage: approver.ts --api URL (--key-fd N | --key-file FILE) --order ORDER --amount AMOUNT");
    process.exit(2);
  }
  const stop = new AbortController();
  let watching = false;
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop.abort());
  const allowed = await approve(
    api,
    readKey(values["key-fd"], values["key-file"]),
    { order, amount },
    stop.signal,
    () => {
      if (!watching) console.log(JSON.stringify({ watching: (watching = true) }));
    },
  );
  console.log(JSON.stringify({ approval: allowed, verdict: allowed === null ? null : "allow" }));
}
