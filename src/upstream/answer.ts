import { type JsonObject, own } from "../domain/json.ts";
import type { Message, Sink, StreamMark } from "../ports/upstream.ts";
import { errorText, type RequestId, resultText } from "../wire/mcp/envelope.ts";
import { CODE } from "../wire/mcp/revisions.ts";

/** The client's answer to an upstream's question, under the upstream's own id. What is neither result nor error is an error. */
function answerText(id: RequestId, answer: JsonObject): string {
  const error = own(answer, "error");
  if (error !== undefined) return `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"error":${JSON.stringify(error)}}`;
  const result = own(answer, "result");
  return result === undefined ? noAnswerText(id) : resultText(id, result);
}

function noAnswerText(id: RequestId): string {
  return errorText(id, CODE.internal, "the client did not answer");
}

/** The text that answers one question of an upstream, whatever happens to the asking. */
export async function answered(sink: Sink, message: Message, id: string | number, mark: StreamMark): Promise<string> {
  try {
    return answerText(id, await sink.request(message, mark));
  } catch {
    return noAnswerText(id);
  }
}

/** For conversations of Writ's own: hears nothing, answers no question. */
export const NOBODY: Sink = {
  notification: () => {},
  request: () => Promise.resolve({ error: { code: CODE.methodNotFound, message: "nobody is there to be asked" } }),
};
