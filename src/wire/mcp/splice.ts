import { isObject, type Json, type JsonObject, own } from "../../domain/json.ts";
import type { Message } from "../../ports/upstream.ts";
import { parseLenient, repeatsMember } from "../json/parse.ts";
import { itemsOf } from "../json/scan.ts";
import type { RequestId } from "./envelope.ts";
import { MAX_DEPTH, ownMessage } from "./message.ts";
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
  return withValueAt(message, [holder, "_meta", META.subscription], id);
}

/** The message with the value at `path` exchanged, and every byte beside it as it came. A message that has none there
 *  stays as it is; one of which its text leaves in doubt where that is, a member given twice, is written anew. */
export function withValueAt(message: Message, path: readonly string[], value: Json): Message {
  const changed = exchanged(message.value, path, value);
  if (changed === null) return message;
  const at = locate(message.text, path);
  if (at === null) return ownMessage(JSON.stringify(changed));
  const text = message.text.slice(0, at.start) + JSON.stringify(value) + message.text.slice(at.end);
  return read(changed, text);
}

/** A result with a member of ours: exchanged where it has one of that name, else put in front of the others. */
export function withResultMember(message: Message, name: string, value: Json): Message {
  const result = own(message.value, "result");
  if (!isObject(result)) return message;
  if (own(result, name) !== undefined) return withValueAt(message, ["result", name], value);
  const changed = { ...message.value, result: { [name]: value, ...result } };
  const at = locate(message.text, ["result"]);
  if (at === null || Object.keys(result).length === 0) return ownMessage(JSON.stringify(changed));
  const open = at.start + 1;
  const member = `${JSON.stringify(name)}:${JSON.stringify(value)},`;
  return read(changed, message.text.slice(0, open) + member + message.text.slice(open));
}

/** A result whose list `name` holds only the items that `keep` keeps, each as it came. A result without such a list stays
 *  as it is; one in which a member is given twice is written anew, so that its reader sees what `keep` was shown. */
export function withItems(message: Message, name: string, keep: (item: Json) => boolean): Message {
  const result = own(message.value, "result");
  const list = isObject(result) ? own(result, name) : undefined;
  if (!isObject(result) || !Array.isArray(list)) return message;
  const items = list as readonly Json[];
  const kept = items.filter(keep);
  const changed = { ...message.value, result: { ...result, [name]: kept } };
  if (repeatsMember(message.text, { maxDepth: MAX_DEPTH })) return ownMessage(JSON.stringify(changed));
  if (kept.length === items.length) return message;
  const at = locate(message.text, ["result", name]);
  const spans = at === null ? [] : itemsOf(message.text, at.start);
  if (at === null || spans.length !== items.length) return ownMessage(JSON.stringify(changed));
  const texts = spans.flatMap(({ start, end }, i) => (keep(items[i] ?? null) ? [message.text.slice(start, end)] : []));
  return read(changed, `${message.text.slice(0, at.start)}[${texts.join(",")}]${message.text.slice(at.end)}`);
}

function read(value: JsonObject, text: string): Message {
  const idAt = locate(text, ["id"]);
  return idAt === null ? { value, text } : { value, text, idAt };
}

/** Null where nothing is at `path`. */
function exchanged(value: JsonObject, path: readonly string[], replacement: Json): JsonObject | null {
  const [name, ...rest] = path;
  const member = name === undefined ? undefined : own(value, name);
  if (name === undefined || member === undefined) return null;
  if (rest.length === 0) return { ...value, [name]: replacement };
  const inner = isObject(member) ? exchanged(member, rest, replacement) : null;
  return inner === null ? null : { ...value, [name]: inner };
}

/** Where the value at `path` stands; null where there is none. */
function locate(text: string, path: readonly string[]): { start: number; end: number } | null {
  let start = 0;
  let end = text.length;
  for (const key of path) {
    const parsed = parseLenient(text.slice(start, end), { maxDepth: MAX_DEPTH });
    const span = parsed.kind === "parsed" ? parsed.members.get(key) : undefined;
    if (span === undefined) return null;
    end = start + span.end;
    start += span.start;
  }
  return { start, end };
}
