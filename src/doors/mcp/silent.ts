import type { Sink } from "../../ports/upstream.ts";
import { CODE } from "../../wire/mcp/revisions.ts";

/** Hears nothing and answers nothing: for what is said to a server when no client listens. */
export const SILENT: Sink = {
  notification: () => {},
  request: () => Promise.resolve({ error: { code: CODE.methodNotFound, message: "nobody is there to be asked" } }),
};
