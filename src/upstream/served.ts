import { connect } from "node:net";
import type { Child, ChildListener } from "./child.ts";
import { createLines } from "./lines.ts";

const MAX_UNREAD = 16 * 1024 * 1024;

/** One conversation with a process behind a socket of `writ serve`: what a child of ours would be, under a user that is
 *  not ours. The process ends with the connection. */
export function connectServed(path: string, maxLine: number, listener: ChildListener): Child {
  const socket = connect(path);
  const gone = Promise.withResolvers<void>();
  let over = false;
  let ending = false;
  let flooded = false;
  let why = "it ended";

  const feed = createLines((line) => {
    if (!over) listener.line(line);
  }, maxLine);
  socket.on("data", (chunk: Buffer) => {
    if (flooded || feed(chunk)) return;
    flooded = true;
    listener.flooded();
  });
  socket.on("error", (cause: NodeJS.ErrnoException) => {
    why = `it cannot be reached (${cause.code ?? "unknown"})`;
  });
  socket.on("close", () => {
    over = true;
    gone.resolve();
    listener.ended(why);
  });
  return {
    write(line) {
      if (over || ending || socket.destroyed || socket.writableLength > MAX_UNREAD) return false;
      socket.write(line);
      return true;
    },
    async stop() {
      if (!ending && !over) {
        ending = true;
        socket.end();
        setTimeout(() => socket.destroy(), 5_000).unref();
      }
      return gone.promise;
    },
    kill() {
      socket.destroy();
    },
  };
}
