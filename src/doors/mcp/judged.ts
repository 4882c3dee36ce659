import type { CallDraft } from "../../domain/call.ts";
import type { ServerName } from "../../domain/ids.ts";
import type { Reason } from "../../domain/reason.ts";
import type { Channel } from "../../ports/upstream.ts";
import { resultText } from "../../wire/mcp/envelope.ts";
import { ownMessage } from "../../wire/mcp/message.ts";
import { SILENT } from "./silent.ts";
import type { Visit } from "./visit.ts";

/** Takes through the gate, on the record, what travels inside another request and has no exchange of its own: one
 *  resource of a subscription, one question of an answer that asks for more. Null when it may be. */
export async function judged(visit: Visit, draft: CallDraft): Promise<Reason | null> {
  const { parts, credential, reply } = visit;
  const response = await parts.gate.call(
    { credential, call: draft },
    {
      channel: carriedElsewhere(draft.server),
      meta: null,
      headers: {},
      sink: SILENT,
      signal: reply.signal,
      present: reply.signal,
    },
  );
  return response.kind === "refused" ? response.reason : null;
}

function carriedElsewhere(server: ServerName): Channel {
  return {
    server,
    request: () => Promise.resolve({ kind: "answered", message: ownMessage(resultText(0, {})), mark: {} }),
    notify: () => Promise.resolve(),
    listen: () => Promise.resolve("unsupported"),
    close: () => Promise.resolve(),
  };
}
