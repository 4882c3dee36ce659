import type { IncomingMessage } from "node:http";

export interface BodyLimits {
  readonly maxBytes: number;
  /** From the call until the last byte: a body that trickles in is cut off. */
  readonly timeoutMs: number;
}

export type Body =
  | { readonly kind: "read"; readonly bytes: Buffer }
  /** To be answered with `status`; the rest of the body is unread, so the connection is not to be used again. */
  | { readonly kind: "refused"; readonly status: 400 | 408 | 413 | 415; readonly why: string }
  /** The caller went away: nobody is there to answer. */
  | { readonly kind: "gone" };

/** Reads a request's body within `limits`. Never rejects, and never holds more than `maxBytes` and one chunk. */
export function readBody(request: IncomingMessage, limits: BodyLimits): Promise<Body> {
  const coding = request.headers["content-encoding"];
  if (coding !== undefined && coding.toLowerCase() !== "identity") {
    return Promise.resolve({ kind: "refused", status: 415, why: "a compressed body is not read" });
  }
  if (Number(request.headers["content-length"] ?? 0) > limits.maxBytes) return Promise.resolve(tooLarge(limits));
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const timer = setTimeout(
      () => finish({ kind: "refused", status: 408, why: "the body did not arrive in time" }),
      limits.timeoutMs,
    );

    function onData(chunk: Buffer): void {
      size += chunk.length;
      if (size > limits.maxBytes) finish(tooLarge(limits));
      else chunks.push(chunk);
    }
    function onEnd(): void {
      finish({
        kind: "read",
        bytes: chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks, size),
      });
    }
    function onGone(): void {
      finish({ kind: "gone" });
    }
    function finish(body: Body): void {
      clearTimeout(timer);
      request.off("data", onData).off("end", onEnd).off("error", onGone).off("close", onGone);
      if (body.kind !== "read") {
        request.on("error", () => {});
        request.pause();
      }
      resolve(body);
    }
    request.on("data", onData).on("end", onEnd).on("error", onGone).on("close", onGone);
  });
}

function tooLarge(limits: BodyLimits): Body {
  return { kind: "refused", status: 413, why: `a body holds at most ${limits.maxBytes} bytes` };
}
