import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Log } from "../../src/ports/system.ts";
import { SECRETS } from "../analysis/secrets/samples.ts";
import { masked } from "../../src/analysis/secrets/secrets.ts";
import { createLog } from "../../src/system/log.ts";

let folder: string;
let log: Log;
const lines = (): Record<string, unknown>[] =>
  readFileSync(join(folder, "writ.log"), "utf8")
    .trim()
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Record<string, unknown>);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "writ-log-"));
  log = createLog({ level: "info", file: join(folder, "writ.log") });
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

test("a line keeps its facts and its message, and the file is for its user alone", () => {
  log.info({ task: "t_1", tokenId: "j1" }, "task opened");
  expect(lines()).toMatchObject([{ task: "t_1", tokenId: "j1", msg: "task opened" }]);
  expect(statSync(join(folder, "writ.log")).mode & 0o077).toBe(0);
});

test.each(["token", "taskToken", "admin_key", "privateKey", "Authorization", "set-cookie", "clientSecret", "password"])(
  "what is named `%s` is never written",
  (name) => {
    log.warn({ [name]: "hush-hush", inside: [{ [name]: { deep: "hush-hush" } }] }, "seen");
    expect(JSON.stringify(lines())).not.toContain("hush-hush");
    expect(lines()).toHaveLength(1);
  },
);

test("a token is cut out wherever it stands: in a message, a fact, an error or its cause", () => {
  const token = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJvIn0.c2lnbmF0dXJl";
  log.error(
    { why: `got ${token}`, error: new Error(token, { cause: new Error(`Bearer opaque-but-secret`) }) },
    `refused ${token}`,
  );
  expect(JSON.stringify(lines())).not.toMatch(/eyJ|opaque-but-secret/);
  expect(lines()).toHaveLength(1);
});

test("a secret of any service is covered as well, wherever it stands", () => {
  const secret = SECRETS["stripe"] ?? "";
  const careful = createLog({ level: "info", file: join(folder, "writ.log") }, masked);
  careful.error({ why: `got ${secret}`, error: new Error(secret) }, `refused ${secret}`);
  expect(JSON.stringify(lines())).not.toContain(secret);
  expect(lines()[0]?.["msg"]).toBe("refused •••• (stripe)");
});

test("facts that turn in circles or hold odd values do not stop the line", () => {
  const circle: Record<string, unknown> = { big: 1n, bytes: new Uint8Array(3), none: undefined };
  circle["self"] = circle;
  log.info({ circle }, "still here");
  expect(lines()).toMatchObject([{ msg: "still here", circle: { big: "1", bytes: "[redacted]" } }]);
});

test("a level below the one set is not written", () => {
  log.debug({}, "quiet");
  log.info({}, "loud");
  expect(lines().map((line) => line["msg"])).toEqual(["loud"]);
});
