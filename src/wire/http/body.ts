import type { IncomingMessage } from "node:http";

export interface BodyLimits {
  readonly maxBytes: number;
  /** From the call until the last byte: a body that trickles in is cut off. */
  readonly timeoutMs: number;
}

export type Body =
  | { readonly kind: "read"; readonly bytes: Buffer }
  /** To be answered with `status`; the rest of the body is unread, and to be discarded. */
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

const DISCARDED_BYTES = 16 * 1024 * 1024;
const DISCARDED_MS = 2_000;

/** Lets go of what nobody will read of a body. For a moment it is thrown away as it comes, so that its sender gets to
 *  our answer and the connection can be used again; then the connection is cut. */
export function discardBody(request: IncomingMessage): void {
  if (request.complete || request.destroyed) return;
  let left = DISCARDED_BYTES;
  const cut = (): void => void request.socket.destroy();
  const timer = setTimeout(cut, DISCARDED_MS);
  request.on("data", (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) cut();
  });
  request.on("error", () => {}).once("close", () => clearTimeout(timer));
  request.once("end", () => clearTimeout(timer));
  request.resume();
}
