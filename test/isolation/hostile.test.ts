import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runAgent } from "../../src/doors/launcher/run-agent.ts";
import { ROOT } from "../docs/pages.ts";
import { openHouse } from "../house.ts";
import { openSetUp, type SetUp } from "./set-up.ts";
import { ground, MAIN, NOT_HERE, start, USERS } from "./users.ts";

const HOSTILE = join(ROOT, "test/attacks/hostile-agent.ts");
const AS = `${USERS.agent}:${USERS.agent}`;

interface Loot {
  readonly uid: number;
  readonly got: readonly { readonly what: string; readonly where: string }[];
}
interface Look {
  readonly isolation: string;
  readonly report: {
    readonly uid: number;
    readonly attempts: readonly { what: string; result: string; says: string; mend: string | null }[];
  };
}

test("different users are tried on this machine", (context) => {
  if (NOT_HERE !== null) context.skip(NOT_HERE);
});

describe.skipIf(NOT_HERE !== null)("in the isolated set-up", () => {
  let setUp: SetUp;
  beforeAll(async () => {
    setUp = await openSetUp();
  });
  afterAll(() => setUp?.close());

  test("a hostile agent gets nothing: no file, no process, no key, no token, no server", async () => {
    const args = [setUp.origin, setUp.dataFolder, setUp.config, setUp.socket, MAIN];
    const ran = setUp.writ(["run", "--agent", "clerk", "--user", AS, "--", process.execPath, HOSTILE, ...args]);
    expect([await ran.ended, ran.err()]).toEqual([0, expect.stringContaining("is open for clerk")]);
    const { uid, got } = JSON.parse(ran.out()) as Loot;
    expect(uid).toBe(USERS.agent);
    // Other programs of this machine are none of Writ's.
    expect(got.filter(({ what }) => what !== "another program")).toEqual([]);
  });

  test("the same agent as Writ's own user gets everything, so it knows where to look", async () => {
    const args = [setUp.origin, setUp.dataFolder, setUp.config, setUp.socket, MAIN];
    const ran = start(USERS.writ, [process.execPath, HOSTILE, ...args], { cwd: setUp.path });
    await ran.ended;
    const { got } = JSON.parse(ran.out()) as Loot;
    for (const one of [
      { what: "sealing.key", where: "its file" },
      { what: "admin.key", where: "its file" },
      { what: "the record", where: "its file" },
      { what: "a way to change the configuration", where: "its file" },
      { what: "the environment", where: "the gateway" },
      { what: "the control plane", where: "the admin key" },
      { what: "an instance of its own", where: "the launcher key" },
      { what: "the answer of `writ approve`", where: "the command line" },
      { what: "memory", where: "the gateway" },
      { what: "a server", where: "its socket" },
    ])
      expect(got).toContainEqual(one);
  });

  test("`writ doctor --bypass` as the agent's user finds barriers and nothing open, and `writ doctor` shows it", async () => {
    const looked = setUp.writ(["--json", "doctor", "--bypass", "--agent", "clerk", "--user", AS]);
    expect([await looked.ended, looked.err()]).toEqual([0, expect.stringContaining("is open for clerk")]);
    const { isolation, report } = JSON.parse(looked.out()) as Look;
    expect([isolation, report.uid]).toEqual(["isolated", USERS.agent]);
    expect(report.attempts.filter((one) => one.result === "open")).toEqual([]);
    for (const what of [
      "read the admin key",
      "read the record",
      "change the configuration",
      "read the environment of the gateway's user",
      "trace the gateway's user, or read its memory",
      "answer questions as `writ approve` does",
      `speak to the server shop at ${setUp.socket}`,
    ])
      expect(report.attempts).toContainEqual({ what, result: "barrier", says: expect.any(String), mend: null });

    const checks = (await setUp.ask("doctor")) as { name: string; ok: boolean; says: string }[];
    expect(checks).toContainEqual({
      name: "bypass",
      ok: true,
      says: expect.stringContaining(`as user ${USERS.agent}: nothing open`),
      mend: null,
    });
    expect(checks).toContainEqual({ name: "isolation", ok: true, says: expect.any(String), mend: null });
    const tail = setUp.writ(["--json", "audit", "tail", "-n", "5"], {}, USERS.writ);
    await tail.ended;
    expect(tail.out()).toContain('"kind":"bypass"');
  });

  test("as Writ's own user it names what is open, and exits 6", async () => {
    const looked = setUp.writ(["--json", "doctor", "--bypass"], { cwd: setUp.path }, USERS.writ);
    expect(await looked.ended).toBe(6);
    const open = (JSON.parse(looked.out()) as Look).report.attempts.filter((one) => one.result === "open");
    expect(open.map((one) => one.what)).toEqual(
      expect.arrayContaining([
        "be the user of Writ",
        "read the admin key",
        "read the sealing key",
        "change the configuration",
        "answer questions as `writ approve` does",
        "enrol as the launcher does",
        `speak to the server shop at ${setUp.socket}`,
      ]),
    );
    expect(open.every((one) => one.mend !== null)).toBe(true);
    const checks = (await setUp.ask("doctor")) as { name: string; ok: boolean }[];
    expect(checks).toContainEqual(expect.objectContaining({ name: "bypass", ok: false }));
  });
});

test("in a same-user set-up a hostile agent gets the keys and the control plane, and the report says so", async () => {
  const place = ground();
  const home = join(place.path, "home");
  mkdirSync(join(home, ".aws"), { recursive: true });
  writeFileSync(join(home, ".aws", "credentials"), "x");
  const house = await openHouse(
    `data: data
servers:
  files: { command: ${process.execPath}, args: [${join(ROOT, "test/gate/fixture-server.ts")}, counted], tools: { look: { effects: [read] } } }
agents:
  clerk: { scope: [{ tools: [files__look] }] }
`,
  );
  try {
    const { dataFolder, file } = house.writ.configuration;
    const command = async (...words: readonly string[]): Promise<{ out: string; code: number }> => {
      let out = "";
      const code = await runAgent({
        origin: house.writ.origin,
        launcherKey: house.writ.keys.launcher,
        agent: "clerk",
        objective: "",
        command: [process.execPath, ...words],
        env: { ...process.env, HOME: home, OF_THE_OPERATOR_TOKEN: "x" },
        stdio: ["ignore", "pipe", "ignore"],
        say: () => {},
        onStarted: (child) => child.stdout?.on("data", (chunk: Buffer) => (out += chunk.toString())),
      });
      return { out, code };
    };
    const { got } = JSON.parse(
      (await command(HOSTILE, house.writ.origin, dataFolder, file ?? "", "none", MAIN)).out,
    ) as Loot;
    const looked = await command(
      MAIN,
      "--json",
      "--config",
      file ?? "",
      "--url",
      house.writ.origin,
      "doctor",
      "--bypass",
    );
    const { isolation, report } = JSON.parse(looked.out) as Look;
    expect([isolation, looked.code]).toEqual(["same-user", 0]);
    const open = report.attempts.filter((one) => one.result === "open").map((one) => one.what);
    // What the agent really got, and the line of the report that says it would.
    const told: Record<string, string> = {
      "digest.key": "read the digest key",
      "sealing.key": "read the sealing key",
      "launcher.key": "read the launcher key",
      "admin.key": "read the admin key",
      "the record": "read the record",
      "the configuration": "read the configuration",
      "a way to change the record": "change the record",
      "a way to change the configuration": "change the configuration",
      "the control plane": "answer questions as `writ approve` does",
      "an instance of its own": "enrol as the launcher does",
      "the answer of `writ approve`": "answer questions as `writ approve` does",
      "a secret": "find a key in its own environment",
    };
    for (const [what, line] of Object.entries(told)) {
      expect(got.map((one) => one.what)).toContain(what);
      expect(open).toContain(line);
    }
    expect(open).toEqual(expect.arrayContaining(["read ~/.aws/credentials", "start the server files without Writ"]));
    const last = await house.writ.store.read((tx) => tx.document("bypass", "last"));
    expect(last?.attempts.length).toBe(report.attempts.length);
  } finally {
    await house.close();
    place.clear();
    rmSync(home, { recursive: true, force: true });
  }
});

describe("a deployment that says isolated and is not", () => {
  test("is told so by the doctor and in its record", async () => {
    const house = await openHouse(
      `isolation: isolated
servers:
  files: { command: ${process.execPath}, args: [${join(ROOT, "test/gate/fixture-server.ts")}, counted] }
agents:
  clerk: {}
`,
    );
    try {
      await runAgent({
        origin: house.writ.origin,
        launcherKey: house.writ.keys.launcher,
        agent: "clerk",
        objective: "",
        command: ["true"],
        say: () => {},
      });
      const answer = await fetch(`${house.writ.origin}/v1/doctor`, {
        headers: { authorization: `Bearer ${house.writ.keys.admin}` },
      });
      const { checks } = (await answer.json()) as { checks: { name: string; ok: boolean; says: string }[] };
      expect(checks).toContainEqual(
        expect.objectContaining({
          name: "isolation",
          ok: false,
          says: expect.stringContaining("the server `files` is a child of Writ"),
        }),
      );
      expect(checks).toContainEqual(
        expect.objectContaining({ name: "bypass", ok: false, says: expect.stringContaining("nobody has tried it") }),
      );
      expect(checks.find(({ name }) => name === "isolation")?.says).toContain("`clerk` ran as the user of Writ");
      const findings = await house.writ.store.read((tx) => tx.ledger({ after: 0, limit: 10, kind: "finding" }));
      expect(findings).toMatchObject([{ body: { code: "isolation_untrue" } }]);
    } finally {
      await house.close();
    }
  });
});
