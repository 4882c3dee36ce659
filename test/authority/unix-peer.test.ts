import { type ChildProcess, spawn } from "node:child_process";
import { createHash, generateKeyPairSync } from "node:crypto";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { request } from "node:http";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { unixAttestor } from "../../src/authority/enrolment/unix-peer.ts";
import type { SeenPeer } from "../../src/ports/peer.ts";
import { openPeers } from "../../src/system/peers.ts";
import { parseConfiguration } from "../../src/system/config.ts";
import { openHouse } from "../house.ts";
import { createHouse } from "./house.ts";

const UID = process.getuid?.() ?? 0;
const PROGRAM = realpathSync(process.execPath);
const digests = createHouse().digests;
/** Root may choose the next process number here; elsewhere no number can be had again on purpose. */
const LAST_PID = "/proc/sys/kernel/ns_last_pid";
const MAY_CHOOSE = UID === 0 && existsSync(LAST_PID);

let folder: string;
const children: ChildProcess[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "writ-peer-"));
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

function enrolAt(socketPath: string, body: unknown, path = "/v1/enrol"): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath, path, method: "POST", agent: false }, (response) => {
      let text = "";
      response.on("data", (chunk: Buffer) => (text += chunk.toString()));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body: text }));
    });
    asked.on("error", reject);
    asked.end(JSON.stringify(body));
  });
}
const exit = (child: ChildProcess) => new Promise((resolve) => child.once("close", resolve));
const key = () => generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey.export({ format: "jwk" });

/** Another program than ours that enrols. */
const ENROL = `import socket,sys
s=socket.socket(socket.AF_UNIX);s.connect(sys.argv[1]);b=sys.argv[2].encode()
s.sendall(b"POST /v1/enrol HTTP/1.1\\r\\nHost: x\\r\\nContent-Length: %d\\r\\n\\r\\n"%len(b)+b)
print(s.makefile().read())`;

describe("the socket of a whole Writ", () => {
  test("a local process becomes the agent whose user and program it runs, and the record says which process", async () => {
    const house = await openHouse(`agents:
  clerk: { enrol: [{ kind: unix, uid: ${UID}, exe: ${PROGRAM} }] }
  other: { enrol: [{ kind: unix, uid: ${UID + 1} }] }`);
    try {
      const answer = await enrolAt(house.writ.configuration.socket, { kind: "unix", key: key() });
      expect(answer).toMatchObject({ status: 201 });
      expect(JSON.parse(answer.body)).toMatchObject({ agent: "clerk" });
      const [record] = await house.writ.store.read((tx) => tx.ledger({ after: 0, limit: 9, kind: "enrolment" }));
      expect(record?.body).toMatchObject({
        enrolledBy: "unix",
        strength: 2,
        selectors: { "unix:uid": String(UID), "unix:exe": PROGRAM, "unix:pid": String(process.pid) },
      });
      const doctor = await fetch(new URL("/v1/doctor", house.writ.origin), {
        headers: { authorization: `Bearer ${house.writ.keys.admin}` },
      });
      expect(await doctor.json()).toMatchObject({
        checks: expect.arrayContaining([expect.objectContaining({ name: "enrolment by unix", ok: true })]),
      });
    } finally {
      await house.close();
    }
  });

  test("its program's bytes can be pinned, and another program of the same user is refused", async () => {
    const sha256 = createHash("sha256").update(readFileSync(PROGRAM)).digest("hex");
    const house = await openHouse(`agents:
  clerk: { enrol: [{ kind: unix, uid: ${UID}, sha256: ${sha256} }] }`);
    try {
      const { socket } = house.writ.configuration;
      expect(await enrolAt(socket, { kind: "unix", key: key() })).toMatchObject({ status: 201 });
      const other = spawn("python3", ["-c", ENROL, socket, JSON.stringify({ kind: "unix", key: key() })]);
      children.push(other);
      let said = "";
      other.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()));
      await exit(other);
      expect(said).toContain("registration_missing");
      expect((await house.writ.store.read((tx) => tx.instances({ after: null, limit: 9 }))).items).toHaveLength(1);
    } finally {
      await house.close();
    }
  });

  test("no agent registered for it, no socket; and none is left behind when Writ stops", async () => {
    const without = await openHouse("agents: { clerk: {} }");
    await expect(enrolAt(without.writ.configuration.socket, {})).rejects.toMatchObject({ code: "ENOENT" });
    await without.close();
    const house = await openHouse(`agents: { clerk: { enrol: [{ kind: unix, uid: ${UID} }] } }`);
    const { socket } = house.writ.configuration;
    await house.writ.close();
    await expect(enrolAt(socket, {})).rejects.toMatchObject({ code: "ENOENT" });
    await house.close();
  });

  test("a socket takes POST /v1/enrol with a key, and nothing else", async () => {
    const house = await openHouse(`agents: { clerk: { enrol: [{ kind: unix, uid: ${UID} }] } }`);
    try {
      const { socket } = house.writ.configuration;
      expect(await enrolAt(socket, { kind: "unix", key: key() }, "/v1/status")).toMatchObject({ status: 404 });
      for (const bad of [
        {},
        { kind: "launcher", key: key() },
        { kind: "unix", key: key(), uid: 0 },
        "x".repeat(20_000),
      ])
        expect((await enrolAt(socket, bad)).status).toBe(400);
      expect(await enrolAt(socket, { kind: "unix", key: { kty: "oct" } })).toMatchObject({ status: 400 });
    } finally {
      await house.close();
    }
  });
});

/** A connection to a socket of ours from a process of its own, as the gateway sees it when it is accepted. */
async function peerOf(program: string, args: readonly string[]): Promise<{ child: ChildProcess; peer: SeenPeer }> {
  const peers = await openPeers();
  const path = join(folder, "s");
  const accepted = new Promise<SeenPeer | string>((resolve) => {
    const server = createServer((socket: Socket) => {
      socket.on("error", () => {}).resume();
      resolve(peers.see(socket));
      server.close();
    }).listen(path);
  });
  const child = spawn(program, [...args, path], { stdio: "ignore" });
  children.push(child);
  const peer = await accepted;
  if (typeof peer === "string") throw new Error(peer);
  return { child, peer };
}

const CONNECT = "require('net').connect(process.argv.at(-1)).on('error',()=>{}); setInterval(()=>{},1e6)";

test("a process that has ended since it connected is refused: its number may be another's by now", async () => {
  const { child, peer } = await peerOf(process.execPath, ["-e", CONNECT]);
  expect(await peer.examine({ hash: false })).toMatchObject({ pid: child.pid, uid: UID, executable: PROGRAM });
  child.kill("SIGKILL");
  await exit(child);
  expect(await peer.examine({ hash: false })).toBe("peer_gone");
  peer.release();
});

test("a connection handed down to a child counts as its maker's, and dies with the maker", async () => {
  // The shell connects, starts a child that keeps the socket open, and is killed: the socket lives, its maker does not.
  const script = `import os,socket,sys,time
s=socket.socket(socket.AF_UNIX);s.connect(sys.argv[-1])
os.set_inheritable(s.fileno(),True)
if os.fork()==0: time.sleep(20)
else: time.sleep(20)`;
  const { child, peer } = await peerOf("python3", ["-c", script]);
  child.kill("SIGKILL");
  await exit(child);
  expect(await peer.examine({ hash: false })).toBe("peer_gone");
  peer.release();
});

test("a program that was deleted since is not known by its old name", async () => {
  const copy = join(folder, "agent");
  copyFileSync("/bin/sleep", copy);
  chmodSync(copy, 0o755);
  const script = `import os,socket,sys
s=socket.socket(socket.AF_UNIX);s.connect(sys.argv[-1]);os.set_inheritable(s.fileno(),True)
os.execv(sys.argv[-2],["agent","20"])`;
  const { peer } = await peerOf("python3", ["-c", script, copy]);
  await expect
    .poll(async () => {
      const found = await peer.examine({ hash: true });
      return typeof found === "string" ? found : found.executable;
    })
    .toBe(copy);
  rmSync(copy);
  const found = await peer.examine({ hash: true });
  expect(found).toMatchObject({
    executable: null,
    sha256: createHash("sha256").update(readFileSync("/bin/sleep")).digest("hex"),
  });
  peer.release();
});

test("a connection that is over is examined no more", async () => {
  const { peer } = await peerOf(process.execPath, ["-e", CONNECT]);
  peer.release();
  peer.release();
  expect(await peer.examine({ hash: false })).toBe("peer_gone");
});

/** Starts a process under this very number; null where it cannot be had. */
async function startedAs(pid: number): Promise<ChildProcess | null> {
  for (let tries = 0; tries < 100; tries++) {
    writeFileSync(LAST_PID, String(pid - 1));
    const child = spawn("/bin/sleep", ["20"], { stdio: "ignore" });
    children.push(child);
    if (child.pid === pid) return child;
    child.kill("SIGKILL");
    await exit(child);
  }
  return null;
}

test.skipIf(!MAY_CHOOSE)("a later process of the same user with the same number is not taken for it", async () => {
  const { child, peer } = await peerOf(process.execPath, ["-e", CONNECT]);
  const pid = child.pid ?? 0;
  child.kill("SIGKILL");
  await exit(child);
  expect((await startedAs(pid))?.pid).toBe(pid);
  expect(await peer.examine({ hash: false })).toBe("peer_gone");
  peer.release();
});

test("a system that does not tell says so, and enrols nobody this way", async () => {
  const lacks = "the optional package `koffi` is not installed or does not load";
  const attestor = unixAttestor({ digests, peers: { lacks, see: () => lacks } }, { hash: false });
  expect(attestor.unavailable()).toBe(lacks);
  expect(await attestor.attest({ peer: lacks })).toEqual({ kind: "refused", why: lacks });
});

test("what is not the end of a socket has no peer", async () => {
  const peers = await openPeers();
  expect(peers.see({})).toBe("peer_unknown");
  expect(peers.see(connect({ port: 1, host: "127.0.0.1" }).on("error", () => {}))).toBe("peer_unknown");
});

test.each([
  ["kind: unix", "pin_missing"],
  ["kind: unix, exe: /usr/bin/node", "pin_missing"],
  ["kind: unix, uid: 7, exe: bin/node", "value_invalid"],
  ["kind: unix, uid: -1", "value_invalid"],
  ["kind: launcher, uid: 7", "pin_unused"],
])("a registration { %s } is a problem of the file (%s)", (entry, code) => {
  const parsed = parseConfiguration(`agents: { a: { enrol: [{ ${entry} }] } }`, "/srv/desk/writ.yaml");
  expect(parsed).toMatchObject({ kind: "refused", problems: [{ code }] });
});
