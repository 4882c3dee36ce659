import { chownSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../docs/pages.ts";
import { ground, MAIN, type Process, start, USERS } from "./users.ts";

/** What `deploy/` describes, on this machine: Writ, its servers and the agent as three users. */
export interface SetUp {
  readonly origin: string;
  readonly config: string;
  readonly dataFolder: string;
  readonly socket: string;
  readonly path: string;
  readonly gateway: Process;
  /** A folder of the agent's own. */
  readonly home: string;
  /** `writ …` as root, or as `user`. */
  writ(args: readonly string[], options?: Parameters<typeof start>[2], user?: number): Process;
  /** What `writ … --json` answers to the user of Writ, who holds the admin key. */
  ask(...args: readonly string[]): Promise<unknown>;
  close(): Promise<void>;
}

/** Opens it; every file and process belongs to whom `deploy/README.md` says. Takes root. */
export async function openSetUp(more = "", isolation = "isolated"): Promise<SetUp> {
  const place = ground();
  const servers = place.folder("servers", USERS.servers, 0o2750, USERS.writ);
  const folder = place.folder("writ", USERS.writ, 0o700);
  const home = place.folder("agent", USERS.agent, 0o700);
  const counter = join(place.folder("orders", USERS.servers, 0o700), "calls");
  const socket = join(servers, "shop.sock");
  const config = join(folder, "writ.yaml");
  writeFileSync(
    config,
    `owner: ada
isolation: ${isolation}
data: data
listen: { port: 0 }
approvals: { hold: 0s }
servers:
  shop:
    socket: ${socket}
    tools:
      look: { effects: [read] }
      pay: { effects: [spend] }
agents:
  clerk:
    scope: [{ tools: [shop__look] }]
${more}`,
    { mode: 0o600 },
  );
  chownSync(config, USERS.writ, USERS.writ);
  const fixture = join(ROOT, "test/gate/fixture-server.ts");
  const served = start(USERS.servers, [
    process.execPath,
    MAIN,
    "serve",
    "--socket",
    socket,
    "--",
    process.execPath,
    fixture,
    counter,
  ]);
  await served.says("serving");
  const gateway = start(USERS.writ, [process.execPath, MAIN, "--config", config, "up"], { cwd: folder });
  await gateway.says("writ listens on");
  const origin = /writ listens on (\S+)/.exec(gateway.err())?.[1] ?? "";
  const writ: SetUp["writ"] = (args, options, user = 0) =>
    start(user, [process.execPath, MAIN, "--config", config, "--url", origin, ...args], {
      cwd: place.path,
      ...options,
    });
  return {
    origin,
    config,
    dataFolder: join(folder, "data"),
    socket,
    path: place.path,
    gateway,
    home,
    writ,
    async ask(...args) {
      const asked = writ(["--json", ...args], {}, USERS.writ);
      await asked.ended;
      return JSON.parse(asked.out());
    },
    async close() {
      await Promise.all([gateway.stop(), served.stop()]);
      place.clear();
    },
  };
}
