import { generateKeyPairSync } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { enrol } from "../src/authority/enrolment/enrol.ts";
import { openTask } from "../src/authority/tasks/open-task.ts";
import { compose, type Instead, type Writ } from "../src/compose/compose.ts";
import type { JsonObject } from "../src/domain/json.ts";
import type { Task } from "../src/domain/task.ts";
import type { Log } from "../src/ports/system.ts";
import { readConfiguration } from "../src/system/config.ts";
import { thumbprint } from "../src/wire/jose/jwk.ts";
import { createLog } from "../src/system/log.ts";

export interface House {
  readonly writ: Writ;
  readonly folder: string;
  /** Opens a task for `agent` as its launcher would. */
  task(agent: string, objective?: string): Promise<{ readonly token: string; readonly task: Task }>;
  close(): Promise<void>;
}

/** A whole Writ in a folder of its own, on a port of its own, with this `writ.yaml`. */
export async function openHouse(
  yaml: string,
  files: Readonly<Record<string, string>> = {},
  folder = mkdtempSync(join(tmpdir(), "writ-house-")),
  log: Log = createLog({ level: "silent", file: null }),
  instead: Instead = {},
): Promise<House> {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(folder, name, ".."), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  writeFileSync(join(folder, "writ.yaml"), `listen: { port: 0 }\nowner: ada\n${yaml}`);
  const configuration = { ...(await readConfiguration(join(folder, "writ.yaml"))) };
  const writ = await compose({ ...configuration, listen: { host: "127.0.0.1", port: 0 } }, log, instead);
  return {
    writ,
    folder,
    async task(agent, objective = "") {
      const { publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
      const enrolled = await enrol(writ.authority, {
        agent,
        thumbprint: thumbprint(publicKey.export({ format: "jwk" }) as JsonObject) ?? "",
        selectors: {},
      });
      const opened = await openTask(writ.authority, {
        instance: enrolled.instance,
        objective,
        declaredBy: "owner",
        parent: null,
      });
      return { token: opened.token.token, task: opened.task };
    },
    async close() {
      await writ.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
