import { answerApproval } from "../../src/authority/tasks/answer-approval.ts";
import { onlyReads } from "../../src/domain/effect.ts";
import { type ApprovalId, type PersonName, qualified, type ServerName, type ToolName } from "../../src/domain/ids.ts";
import type { Json, JsonObject } from "../../src/domain/json.ts";
import { sentence } from "../../src/domain/reason.ts";
import type { Exchange } from "../../src/gate/enforce.ts";
import { createGate } from "../../src/gate/gate.ts";
import type { GateParts } from "../../src/gate/parts.ts";
import { createMemoryStore } from "../../src/store/memory/memory-store.ts";
import type { RecordedCall, Trace } from "./data.ts";
import { createMemoryServer, MEMORY } from "./memory-server.ts";
import { partsOf } from "./parts.ts";
import type { Judged, Run } from "./score.ts";
import { openTask } from "./session.ts";
import { withRecords } from "./records.ts";
import { textOf } from "./spans.ts";
import { SERVER, type Stage } from "./stage.ts";

/** One trace through the gate, in a store of its own. What a stopped call returned when it was recorded is withheld, so it
 *  is no evidence for the calls after it; nobody answers an ask, but where a move says so (`allowed`). */
export async function runTrace(stage: Stage, trace: Trace, results: readonly Json[]): Promise<Run> {
  const store = createMemoryStore();
  const { before, prompt } = trace;
  let principal = await openTask(store, stage, trace, { prompt: before?.prompt ?? prompt, name: "first" });
  const parts = partsOf(stage, store, () => principal);
  const gate = createGate(parts);
  const judged: Judged[] = [];
  const answers = answering(results, createMemoryServer(), judged);
  for (const turn of turns(trace)) {
    if (before !== undefined && judged.length === before.calls)
      principal = await openTask(store, stage, trace, { prompt, name: "second" });
    // Nothing of a turn's results is there before its last call has left.
    let release = (): void => {};
    const gone = new Promise<void>((resolve) => (release = resolve));
    const settling: Promise<unknown>[] = [];
    for (const call of turn) {
      const server = call.memory === undefined ? SERVER : MEMORY[call.memory];
      const tool = call.t as ToolName;
      const params: JsonObject = { name: call.t, arguments: call.a };
      const draft = {
        server,
        method: "tools/call",
        tool,
        params,
        clientKey: null,
        door: "mcp",
        protocol: "2025-11-25",
      } as const;
      const make = async (): Promise<Verdict> => {
        let carried = (): void => {};
        const left = new Promise<"left">((resolve) => (carried = () => resolve("left")));
        const answer = gate.call(
          { credential: { token: "recorded", proven: null }, call: draft },
          exchange(server, () => answers(call), carried, gone),
        );
        settling.push(answer);
        return verdictOf(await Promise.race([left, answer]), parts);
      };
      const started = performance.now();
      let verdict = await make();
      const ms = performance.now() - started;
      const asked = verdict.approval !== null;
      if (call.allowed === true && verdict.approval !== null) {
        await answerApproval(parts, { approval: verdict.approval, ...YES });
        verdict = await make();
      }
      const known = stage.definitions.get(qualified(server, tool)) ?? null;
      const changes = known !== null && !onlyReads(parts.meaning(draft, known).effects);
      judged.push({ tool: call.t, changes, ms, asked, verdict: verdict.verdict, why: verdict.why });
    }
    release();
    await Promise.all(settling);
  }
  parts.inFlight.size();
  await store.close();
  return { trace, calls: judged };
}

type Verdict = Pick<Judged, "verdict" | "why"> & { readonly approval: ApprovalId | null };

/** Somebody who is asked, and says yes. */
const YES = { person: { name: "approver" as PersonName, roles: ["approver"] }, verdict: "allow", note: "" } as const;

async function verdictOf(
  first: "left" | Awaited<ReturnType<ReturnType<typeof createGate>["call"]>>,
  parts: GateParts,
): Promise<Verdict> {
  const none = { why: "", approval: null };
  if (first === "left" || first.kind === "answered") return { ...none, verdict: "permit" };
  if (first.kind === "asked") return { ...none, verdict: "ask" };
  if (first.reason.code !== "approval_pending") return { ...none, verdict: "deny", why: sentence(first.reason) };
  const approval = String(first.reason.facts["approval"]) as ApprovalId;
  const open = await parts.store.read((tx) => tx.approval(approval));
  return { verdict: "ask", why: open?.asks.map((ask) => `${ask.policy}: ${ask.why}`).join(" | ") ?? "", approval };
}

/** Calls of one assistant turn; a new session begins a new one. */
function turns({ calls, before }: Trace): readonly (readonly RecordedCall[])[] {
  const all: RecordedCall[][] = [];
  for (const [i, call] of calls.entries()) {
    const last = all.at(-1);
    if (last?.[0] !== undefined && last[0].s === call.s && i !== before?.calls) last.push(call);
    else all.push([call]);
  }
  return all;
}

/** What the servers answer: as they did when this was recorded, with what permitted calls have added since. */
function answering(
  results: readonly Json[],
  memory: ReturnType<typeof createMemoryServer>,
  judged: readonly Judged[],
): (call: RecordedCall) => JsonObject {
  return (call) => {
    if (call.memory !== undefined) return memory(call.t, call.a);
    const failed = typeof call.e === "string" && call.e !== "";
    const text = failed ? String(call.e) : textOf(call.r === undefined ? null : results[call.r]);
    const added = (call.adds ?? []).filter((one) => judged[one.call]?.verdict === "permit");
    const whole =
      added.length === 0
        ? text
        : withRecords(
            text,
            added.map((one) => one.record),
          );
    return { content: [{ type: "text", text: whole }], ...(failed ? { isError: true } : {}) };
  };
}

function exchange(server: ServerName, answer: () => JsonObject, carried: () => void, gone: Promise<void>): Exchange {
  const never = new AbortController().signal;
  return {
    channel: {
      server,
      async request() {
        carried();
        await gone;
        const value: JsonObject = { jsonrpc: "2.0", id: 1, result: answer() };
        return { kind: "answered", message: { value, text: JSON.stringify(value) }, mark: {} };
      },
      notify: () => Promise.resolve(),
      listen: () => Promise.resolve("unsupported"),
      close: () => Promise.resolve(),
    },
    meta: null,
    headers: {},
    sink: { notification: () => {}, request: () => Promise.resolve({ error: { code: -32601, message: "no" } }) },
    signal: never,
    present: never,
  };
}
