import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import { expect, test } from "vitest";
import { parseConfiguration } from "../../src/system/config.ts";
import { read } from "../docs/pages.ts";

const UNITS = ["writ.service", "writ-server@.service", "writ-agent@.service"];
const COMMAND = "/usr/bin/node /opt/writ/dist/main.js";

test("the configuration of the isolated set-up loads, and says that it is isolated", () => {
  const parsed = parseConfiguration(read("deploy/writ.yaml"), "/etc/writ/writ.yaml");
  expect(parsed).toMatchObject({
    kind: "loaded",
    configuration: { isolation: "isolated", servers: [{ launch: { kind: "socket" } }] },
  });
});

test("systemd reads the units without a complaint", (context) => {
  if (spawnSync("systemd-analyze", ["--version"]).status !== 0) context.skip("there is no systemd-analyze here");
  const folder = mkdtempSync(join(tmpdir(), "writ-units-"));
  try {
    const files = UNITS.map((unit) => {
      const file = join(folder, unit.replace("@", "@one"));
      writeFileSync(
        file,
        read(`deploy/systemd/${unit}`)
          .replaceAll(COMMAND, "/bin/true")
          .replace("EnvironmentFile=", "EnvironmentFile=-"),
      );
      return file;
    });
    const verified = spawnSync("systemd-analyze", ["verify", "--man=no", ...files], { encoding: "utf8" });
    const ours = verified.stderr.split("\n").filter((line) => line.includes("writ"));
    expect([verified.status, ours]).toEqual([0, []]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("each unit runs Writ as its own user, and nothing of it can gain a privilege", () => {
  const users = UNITS.map((unit) => /^User=(.+)$/m.exec(read(`deploy/systemd/${unit}`))?.[1]);
  expect(users).toEqual(["writ", "writ-servers", "root"]);
  for (const unit of UNITS) {
    const text = read(`deploy/systemd/${unit}`);
    expect(text).toContain(COMMAND);
    for (const line of ["NoNewPrivileges=yes", "ProtectSystem=strict", "LimitCORE=0"])
      expect(text).toContain(`\n${line}\n`);
  }
  expect(read("deploy/systemd/writ-agent@.service")).toContain("run --agent %i --user writ-agent -- $COMMAND");
});

interface Service {
  readonly user: string;
  readonly volumes: readonly string[];
  readonly network_mode?: string;
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly privileged?: boolean;
  readonly pid?: string;
}

test("in the compose file no two of gateway, servers and agent are one user, and the agent sees nothing of the others", () => {
  const { services } = parse(read("deploy/compose/compose.yaml"), { merge: true }) as {
    services: Record<string, Service>;
  };
  const { writ, documents, launcher, agent, prepare, ...rest } = services;
  expect([rest, prepare === undefined]).toEqual([{}, false]);
  const uid = (service: Service | undefined) => service?.user.split(":")[0];
  expect(new Set([uid(writ), uid(documents), uid(agent), "0"]).size).toBe(4);
  expect(uid(launcher)).toBe(uid(writ));
  expect(agent?.volumes).toEqual(["run:/run/writ-agent:ro"]);
  expect(documents?.volumes.some((volume) => volume.startsWith("data:"))).toBe(false);
  for (const service of [writ, documents, launcher, agent]) {
    expect(service).toMatchObject({ cap_drop: ["ALL"], security_opt: ["no-new-privileges:true"], read_only: true });
    expect([service?.privileged, service?.pid]).toEqual([undefined, undefined]);
  }
  const text = read("deploy/compose/compose.yaml");
  expect(text).toContain(`--user ${uid(agent)} `);
  expect(text).not.toContain("docker.sock");
});
