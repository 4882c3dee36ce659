import { isObject, own } from "../../domain/json.ts";
import type { Message } from "../../ports/upstream.ts";
import { parseLenient } from "../json/parse.ts";
import type { RequestId } from "./envelope.ts";
import { META } from "./revisions.ts";

/** The message under another id, every byte beside the id as it came. A message without an id stays as it is. */
export function withId(message: Message, id: RequestId): Message {
  if (message.idAt === undefined) return message;
  const { start, end } = message.idAt;
  const text = JSON.stringify(id);
  return {
    value: { ...message.value, id },
    text: message.text.slice(0, start) + text + message.text.slice(end),
    idAt: { start, end: start + text.length },
  };
}

/** The message with its subscription tag exchanged: 2026-07-28 tags what a subscription brings with the id of the
 *  request that opened it, and every hop has ids of its own. A message without the tag stays as it is. */
export function withSubscription(message: Message, id: RequestId): Message {
  const holder = Object.hasOwn(message.value, "result") ? "result" : "params";
  const outer = own(message.value, holder);
  const meta = isObject(outer) ? own(outer, "_meta") : undefined;
  if (!isObject(outer) || !isObject(meta) || own(meta, META.subscription) === undefined) return message;
  const at = locate(message.text, [holder, "_meta", META.subscription]);
  if (at === null) return message;
  const replacement = JSON.stringify(id);
  const text = message.text.slice(0, at.start) + replacement + message.text.slice(at.end);
  const value = { ...message.value, [holder]: { ...outer, _meta: { ...meta, [META.subscription]: id } } };
  const idAt = locate(text, ["id"]);
  return idAt === null ? { value, text } : { value, text, idAt };
}

/** Where the value at `path` stands; null where there is none. */
function locate(text: string, path: readonly string[]): { start: number; end: number } | null {
  let start = 0;
  let end = text.length;
  for (const key of path) {
    const parsed = parseLenient(text.slice(start, end));
    const span = parsed.kind === "parsed" ? parsed.members.get(key) : undefined;
    if (span === undefined) return null;
    end = start + span.end;
    start += span.start;
  }
  return { start, end };
}
