import { maskedObject, maskedResult } from "../analysis/secrets/secrets.ts";
import type { AccessRequest } from "../domain/access-request.ts";
import type { CallDraft } from "../domain/call.ts";
import type { Decision } from "../domain/decision.ts";
import { own } from "../domain/json.ts";
import { type Obligation, wordFor } from "../domain/obligation.ts";
import { type Reason, reason } from "../domain/reason.ts";
import type { Message } from "../ports/upstream.ts";
import { inspectResult } from "../provenance/result/inspect.ts";
import { repeatsMember } from "../wire/json/parse.ts";
import { MAX_DEPTH, ownMessage } from "../wire/mcp/message.ts";
import { withValueAt } from "../wire/mcp/splice.ts";

/** What goes along with a permit is done, or the call does not run: of these somebody does it. Rows are held
 *  to their number where they are counted. */
const DONE: ReadonlySet<Obligation["kind"]> = new Set([
  "redact-secrets",
  "block-secrets",
  "redact-result",
  "spotlight",
  "mark-invisible",
]);

/** Why a call may not go on as policy obliges it to; null when it may. */
export function refusedBy({ call, effects }: AccessRequest, obligations: readonly Obligation[]): Reason | null {
  const undone = obligations.find(({ kind }) => !DONE.has(kind) && !(kind === "rows" && effects.counted));
  if (undone !== undefined) return reason("obligation_unmet", { obligation: wordFor(undone) });
  const owed = (kind: Obligation["kind"]): boolean => obligations.some((one) => one.kind === kind);
  // What still holds a secret after they were taken out is not sent either.
  const blocks = owed("block-secrets") || (owed("redact-secrets") && call.lightened === true);
  return blocks && effects.traits.includes("secret-text") ? reason("secret_blocked") : null;
}

/** The call without the secrets in its arguments, where it is owed that they are taken out; else null. It is then read,
 *  decided and digested anew, so that what is judged, asked about and forwarded is what is left of it. */
export function lightened(decision: Decision): CallDraft | null {
  if (decision.kind === "deny" || !decision.obligations.some(({ kind }) => kind === "redact-secrets")) return null;
  const { call, effects } = decision.request;
  if (call.lightened === true || !effects.traits.includes("secret-text")) return null;
  const { server, method, tool, clientKey, door, protocol } = call;
  return { server, method, tool, clientKey, door, protocol, params: maskedObject(call.params), lightened: true };
}

/** Where a message from an upstream holds what people get to read. */
const PARTS = ["result", "error", "params"] as const;

interface Released {
  readonly message: Message;
  /** What had to be done to it, in the words of policies. */
  readonly done: readonly string[];
  /** How often a mark was made; null for never. */
  readonly marked: { readonly invisible: number; readonly spotlighted: number } | null;
}

/** Whose words a message holds. */
export interface Said {
  /** Whether an outsider could have written in it: nothing else is marked. */
  readonly untrusted: boolean;
  readonly source: string;
  /** Random, and never given twice. */
  readonly boundary: () => string;
}

/** A message as it may go to the agent: with every obligation on results carried out. The same message where none had
 *  anything to do. Values stay where they were, so that a structured result stays what its schema says. */
export function released(obligations: readonly Obligation[], given: Message, said: Said): Released {
  let message = given;
  const done: string[] = [];
  const owed = (kind: Obligation["kind"]): boolean => obligations.some((one) => one.kind === kind);
  if (owed("redact-result")) message = withoutSecrets(message);
  if (message !== given) done.push("redact-result");
  if (!said.untrusted || !(owed("mark-invisible") || owed("spotlight"))) return { message, done, marked: null };
  const { text, invisible, spotlighted } = inspectResult(message.text, {
    markInvisible: owed("mark-invisible"),
    spotlight: owed("spotlight") ? { source: said.source, boundary: said.boundary() } : null,
  });
  if (text === message.text) return { message, done, marked: null };
  if (invisible > 0) done.push("mark-invisible");
  if (spotlighted > 0) done.push("spotlight");
  return { message: ownMessage(text), done, marked: { invisible, spotlighted } };
}

function withoutSecrets(given: Message): Message {
  // Of a member given twice its reader sees one, and the text has both.
  const twice = repeatsMember(given.text, { maxDepth: MAX_DEPTH });
  let message = twice ? ownMessage(JSON.stringify(given.value)) : given;
  for (const name of PARTS) {
    const value = own(message.value, name);
    if (value === undefined) continue;
    const shown = maskedResult(value);
    if (shown !== value) message = withValueAt(message, [name], shown);
  }
  return message;
}
