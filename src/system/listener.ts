import { chmodSync, statSync, unlinkSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { WritError } from "../domain/error.ts";

/** How long a request may take to come, its headers and all of it, and how often that is looked at. */
const SLOWEST = { headersTimeout: 30_000, requestTimeout: 60_000, connectionsCheckingInterval: 5_000 };

/** A server that answers 408 to a request that comes too slowly, and cuts it: nobody holds a connection by sending a
 *  byte now and then. Answers may take as long as they do. */
export function patientServer(slowest = SLOWEST): Server {
  return createServer({ ...slowest, keepAliveTimeout: 65_000 });
}

/** Listens, and resolves to the origin it is reached at, with the port it really has.
 *  @throws WritError `port_in_use`, `listen_failed`. */
export async function listen(
  server: Server,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause: NodeJS.ErrnoException) =>
      reject(
        new WritError({
          code: cause.code === "EADDRINUSE" ? "port_in_use" : "listen_failed",
          status: 500,
          facts: { host, port },
          message:
            cause.code === "EADDRINUSE"
              ? `something else listens on ${host}:${port}`
              : `cannot listen on ${host}:${port}`,
          hint: "stop it (`writ status` says whether it is another Writ), or set `listen.port` in `writ.yaml`",
          cause,
        }),
      ),
    );
    server.listen(port, host, resolve);
  });
  const address = server.address() as AddressInfo;
  return `http://${host.includes(":") ? `[${host}]` : host}:${address.port}`;
}

/** Listens on a Unix socket, which anyone may open who may enter its folder. One that was left behind is replaced.
 *  @throws WritError `socket_in_use`, `listen_failed`. */
export async function listenLocally(server: Server, path: string): Promise<void> {
  if (statSync(path, { throwIfNoEntry: false })?.isSocket() === true) {
    if (await answers(path)) throw notListening(path, "socket_in_use", "something else listens there");
    unlinkSync(path);
  }
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause: NodeJS.ErrnoException) =>
      reject(notListening(path, "listen_failed", `the socket cannot be made (${cause.code ?? "unknown"})`)),
    );
    server.listen(path, resolve);
  });
  chmodSync(path, 0o666);
}

function notListening(path: string, code: string, why: string): WritError {
  return new WritError({
    code,
    status: 500,
    facts: { path },
    message: `${why}: ${path}`,
    hint: "set `listen.socket` in `writ.yaml` to a path of at most 100 characters in a folder that Writ may write to",
  });
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path)
      .once("connect", () => resolve(true))
      .once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}

/** Stops listening and cuts what is still connected. */
export async function stopListening(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  await closed;
}
