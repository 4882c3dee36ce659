import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { stringify } from "yaml";
import { expect, test } from "vitest";
import { connect } from "./agent.ts";
import { spawnGateway, startGateway } from "./gateway.ts";
import { openRig } from "./rig.ts";

const KILLS = Number(process.env["WRIT_KILLS"] ?? 20);

test(
  "a gateway killed at any moment under load leaves no call that ran without its admission, and spends no grant twice",
  async () => {
    const rig = await openRig();
    try {
      let admissions = 0;
      for (let kill = 0; kill < KILLS; kill++) {
        const round = await rig.round();
        expect(round.problems).toEqual([]);
        admissions += round.admissions;
      }
      expect(admissions).toBeGreaterThan(KILLS);
      expect(await rig.orphans()).toEqual([]);
      expect(await rig.verify()).toEqual([]);
    } finally {
      await rig.close();
    }
  },
  Math.max(180_000, KILLS * 20_000),
);

test(
  "a gateway killed at any moment of its first start starts the next time, and works",
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "writ-first-"));
    const server = join(import.meta.dirname, "count-server.ts");
    const configuration = {
      owner: "ada",
      listen: { port: 0 },
      servers: { count: { command: process.execPath, args: [server, "."], tools: { add: { effects: ["write"] } } } },
      agents: { clerk: { scope: [{ tools: ["count__add"] }] } },
    };
    writeFileSync(join(folder, "writ.yaml"), stringify(configuration));
    try {
      // How long it takes here, and everything compiled.
      const from = performance.now();
      await (await startGateway(folder)).kill();
      const startMs = performance.now() - from;
      for (let kill = 0; kill < Math.ceil(KILLS / 5); kill++) {
        rmSync(join(folder, ".writ"), { recursive: true, force: true });
        for (let again = 0; again < 2; again++) {
          const child = spawnGateway(folder);
          const gone = once(child, "exit");
          await sleep(Math.random() * startMs);
          child.kill("SIGKILL");
          await gone;
        }
        const gateway = await startGateway(folder);
        const client = await connect(gateway.origin, await gateway.task("clerk"));
        expect((await client.call("count__add", "1", null)).how).toBe("answered");
        client.close();
        await gateway.kill();
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
  Math.max(120_000, KILLS * 10_000),
);
