import { begin, notRun, type Open } from "./errand.ts";
import type { FromChild, ToChild } from "./messages.ts";

/** The process that opens a SQLite database for Writ. A statement that will not end is ended with it; what it had not
 *  committed is then as if it had never been. */
let open: Open | null = null;

function say(message: FromChild): void {
  process.send?.(message);
}

function hear(message: ToChild): void {
  if (message.kind === "commit") return commit();
  const begun = begin(message.errand);
  if ("kind" in begun) return say(begun);
  if (message.errand.changes) {
    open = begun;
    return say({ kind: "ready" });
  }
  begun.close();
  say({ kind: "done", answer: begun.answer });
}

function commit(): void {
  const ending = open;
  open = null;
  if (ending === null) return;
  try {
    ending.commit();
    say({ kind: "done", answer: ending.answer });
  } catch (cause) {
    say(notRun(cause, null));
  } finally {
    ending.close();
  }
}

process.on("message", (message) => {
  try {
    hear(message as ToChild);
  } catch (cause) {
    say(notRun(cause, null));
  }
});
process.on("disconnect", () => process.exit(0));
