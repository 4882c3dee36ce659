import { isObject, type JsonObject } from "../../domain/json.ts";
import type { Message } from "../../ports/upstream.ts";
import { parseLenient } from "../json/parse.ts";
import { classify, type Envelope } from "./envelope.ts";

export type ReadMessage =
  | { readonly kind: "read"; readonly message: Message; readonly envelope: Exclude<Envelope, { kind: "refused" }> }
  /** No JSON at all. */
  | { readonly kind: "malformed"; readonly why: string }
  /** JSON that nobody can believe. */
  | { readonly kind: "refused"; readonly why: string };

/** Containers inside one another in what an upstream says. */
export const MAX_DEPTH = 128;

/** Reads one message of an upstream, keeping its text beside its value. */
export function readMessage(text: string): ReadMessage {
  const parsed = parseLenient(text, { maxDepth: MAX_DEPTH });
  if (parsed.kind === "refused") {
    return parsed.why === "malformed" || parsed.why === "byte_order_mark"
      ? { kind: "malformed", why: "it is not JSON" }
      : { kind: "refused", why: parsed.why === "too_deep" ? "it is nested too deep" : "it has a member twice" };
  }
  const envelope = classify(parsed.value);
  if (envelope.kind === "refused") return { kind: "refused", why: envelope.why };
  const value = isObject(parsed.value) ? parsed.value : {};
  const idAt = parsed.members.get("id");
  return { kind: "read", envelope, message: idAt === undefined ? { value, text } : { value, text, idAt } };
}

/** A message made here, read back so that it has what a received one has. */
export function ownMessage(text: string): Message {
  const read = readMessage(text);
  if (read.kind !== "read") throw new TypeError(`not a message: ${read.why}`);
  return read.message;
}

/** An error that names no request can be given one: with an id to exchange at its front. */
export function withNullId(message: Message): Message {
  if (message.idAt !== undefined) return message;
  const open = message.text.indexOf("{") + 1;
  const value: JsonObject = { ...message.value, id: null };
  return {
    value,
    text: `${message.text.slice(0, open)}"id":null,${message.text.slice(open)}`,
    idAt: { start: open + 5, end: open + 9 },
  };
}
