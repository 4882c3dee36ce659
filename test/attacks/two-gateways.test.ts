import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { compose } from "../../src/compose/compose.ts";
import { WritError } from "../../src/domain/error.ts";
import { createLog } from "../../src/system/log.ts";
import { openHouse } from "../house.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "writ-alone-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test("a second gateway on the same data folder does not start, and does not touch the calls of the first", async () => {
  const house = await openHouse("agents: { clerk: {} }\n", {}, folder);
  const { writ } = house;
  const before = await writ.store.read((tx) => tx.ledgerHead());
  const again = compose(
    { ...writ.configuration, listen: { host: "127.0.0.1", port: 0 } },
    createLog({ level: "silent", file: null }),
  );
  await expect(again).rejects.toMatchObject({ code: "store_in_use" });
  await expect(again).rejects.toBeInstanceOf(WritError);
  expect(await writ.store.read((tx) => tx.ledgerHead())).toEqual(before);
  await writ.close();
  const third = await compose(writ.configuration, createLog({ level: "silent", file: null }));
  await third.close();
});

test("a gateway that was killed does not keep the next one from starting", async () => {
  const lock = join(folder, "gateway.lock");
  const script = `
    const { holdAlone } = await import(${JSON.stringify(join(import.meta.dirname, "../../src/store/sql/alone.ts"))});
    holdAlone(${JSON.stringify(lock)});
    console.log("held");
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(child.stdout, "data");
  const { holdAlone } = await import("../../src/store/sql/alone.ts");
  expect(() => holdAlone(lock)).toThrow("another Writ runs");
  child.kill("SIGKILL");
  await once(child, "exit");
  holdAlone(lock)();
});
