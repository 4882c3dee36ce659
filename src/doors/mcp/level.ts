import { own } from "../../domain/json.ts";
import type { Channel } from "../../ports/upstream.ts";
import { errorText, resultText } from "../../wire/mcp/envelope.ts";
import { CODE } from "../../wire/mcp/revisions.ts";
import { SILENT } from "./silent.ts";
import type { Asked, Visit } from "./visit.ts";

const LEVELS = ["debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"];
const TOLD_MS = 10_000;

/** `logging/setLevel` (2025-11-25): for every server of the conversation, each in its own way. */
export async function setLevel({ conversation, reply }: Visit, { id, params }: Asked): Promise<void> {
  const level = own(params, "level");
  if (typeof level !== "string" || !LEVELS.includes(level))
    return reply.finish(errorText(id, CODE.invalidParams, `\`level\` is none of ${LEVELS.join(", ")}`));
  await conversation.setLevel(level);
  reply.finish(resultText(id, {}));
}

/** Tells one server; that it has no such thing is no matter. */
export async function tellLevel(channel: Channel, level: string): Promise<void> {
  const request = {
    method: "logging/setLevel",
    params: { level },
    headers: {},
    credentials: {},
    timeoutMs: TOLD_MS,
  };
  await channel.request(request, SILENT, new AbortController().signal);
}
