import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { freePorts, type Line, play, setUp } from "../../examples/demo/demo.ts";
import { EXPECTED } from "../../examples/demo/plan.ts";
import { unexpected } from "../../examples/demo/print.ts";

const dataFolder = mkdtempSync(join(tmpdir(), "writ-second-"));
afterAll(() => rmSync(dataFolder, { recursive: true, force: true }));

test("the demo says what it is expected to say, and the same again on the data of the first time", async () => {
  const ports = await freePorts();
  for (const _time of ["first", "second"]) {
    const stage = await setUp({ dataFolder, ports });
    const lines: Line[] = [];
    try {
      await play(stage, (line) => lines.push(line));
    } finally {
      await stage.close();
    }
    expect(unexpected(lines, EXPECTED)).toEqual([]);
  }
}, 120_000);
