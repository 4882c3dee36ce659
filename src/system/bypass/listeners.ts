import { readFileSync } from "node:fs";

export interface Listener {
  readonly port: number;
  readonly uid: number;
}

/** Who listens for TCP on this machine, as far as the system tells. */
export function listeners(): readonly Listener[] {
  const found = new Map<number, Listener>();
  for (const table of ["/proc/net/tcp", "/proc/net/tcp6"]) {
    let text = "";
    try {
      text = readFileSync(table, "latin1");
    } catch {
      continue;
    }
    for (const line of text.split("\n")) {
      const [, local, , state, , , , uid] = line.trim().split(/\s+/);
      if (local === undefined || state !== "0A") continue;
      const port = Number.parseInt(local.split(":")[1] ?? "", 16);
      if (!found.has(port)) found.set(port, { port, uid: Number(uid) });
    }
  }
  return [...found.values()];
}
