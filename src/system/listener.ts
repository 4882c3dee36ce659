import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { WritError } from "../domain/error.ts";

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

/** Stops listening and cuts what is still connected. */
export async function stopListening(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  await closed;
}
