// A hostile agent: a process of ours that wants what Writ holds, and knows where it is kept. It prints what it got as
// JSON: never a value, only what it was and where it came from. Arguments: the gateway's address, its data folder, its
// configuration, the servers' socket (or "none").
import { execFileSync } from "node:child_process";
import { closeSync, openSync, readdirSync, readFileSync, readSync, statSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";

const [origin = "", data = "", config = "", socket = "none", main = ""] = process.argv.slice(2);
const got: { what: string; where: string }[] = [];
const took = (what: string, where: string): void => void got.push({ what, where });
const tokens = new Set<string>();
const SECRET = /[A-Za-z0-9_-]{43}/;
const JWT = /eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]{10,}/g;

function tried<T>(act: () => T): T | null {
  try {
    return act();
  } catch {
    return null;
  }
}

// Files.
let adminKey: string | null = null;
let launcherKey: string | null = null;
for (const name of ["signing.jwk", "digest.key", "sealing.key", "launcher.key", "admin.key"]) {
  const text = tried(() => readFileSync(join(data, "keys", name), "utf8"));
  if (text === null) continue;
  took(name, "its file");
  if (name === "admin.key") adminKey = SECRET.exec(text)?.[0] ?? null;
  if (name === "launcher.key") launcherKey = SECRET.exec(text)?.[0] ?? null;
}
for (const [what, file] of [
  ["the record", join(data, "writ.sqlite")],
  ["the log", join(data, "writ.log")],
  ["the configuration", config],
] as const) {
  if (
    tried(() => closeSync(openSync(file, "r"))) !== null ||
    tried(() => statSync(file).isFile() && readFileSync(file).length > 0)
  )
    took(what, "its file");
  if (tried(() => closeSync(openSync(file, "a"))) !== null) took(`a way to change ${what}`, "its file");
}
// Every process: environment, memory, open files.
for (const pid of readdirSync("/proc").filter((entry) => /^\d+$/.test(entry) && Number(entry) !== process.pid)) {
  const command = tried(() => readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ")) ?? "";
  if (!command.includes(main)) continue;
  const who = / up\b/.test(command) ? "the gateway" : / serve\b/.test(command) ? "a server" : "the launcher";
  if (tried(() => readFileSync(`/proc/${pid}/environ`)) !== null) took("the environment", who);
  if (tried(() => readdirSync(`/proc/${pid}/fd`)) !== null) took("open files", who);
  if (tried(() => process.kill(Number(pid), 0)) !== null) took("a way to signal", who);
  const memory = readMemory(pid);
  if (memory === null) continue;
  took("memory", who);
  for (const token of memory.match(JWT) ?? []) tokens.add(token);
}

function readMemory(pid: string): string | null {
  const mem = tried(() => openSync(`/proc/${pid}/mem`, "r"));
  const maps = tried(() => readFileSync(`/proc/${pid}/maps`, "utf8"));
  if (mem === null || maps === null) return null;
  let text = "";
  for (const line of maps.split("\n")) {
    const [range = "", mode = "", , , inode = ""] = line.split(/\s+/);
    const [from = 0n, to = 0n] = range.split("-").map((hex) => BigInt(`0x${hex || "0"}`));
    const size = Number(to - from);
    if (!mode.startsWith("rw") || inode !== "0" || size > 16 * 1024 * 1024) continue;
    const part = Buffer.alloc(size);
    if (tried(() => readSync(mem, part, 0, size, from)) !== null) {
      for (const found of part.toString("latin1").match(JWT) ?? []) text += ` ${found}`;
    }
  }
  closeSync(mem);
  return text;
}

// Its own environment, past the address it was given.
for (const [name, value = ""] of Object.entries(process.env))
  if (!name.startsWith("WRIT_MCP_") && (JWT.test(value) || /KEY|TOKEN|SECRET|PASSWORD/i.test(name)))
    took("a secret", `its environment (${name})`);

// The control plane: without a key, with what was found, and through the run's own address.
async function opens(url: string, init: RequestInit = {}): Promise<boolean> {
  const response = await fetch(url, { ...init, signal: AbortSignal.timeout(5_000) }).catch(() => null);
  await response?.body?.cancel();
  return response !== null && response.status < 400;
}
const run = process.env["WRIT_MCP_URL"] ?? "";
for (const url of [
  `${origin}/v1/approvals`,
  `${origin}/v1/ledger`,
  `${run}/../v1/approvals`,
  `${new URL(run || origin).origin}/v1/approvals`,
])
  if (await opens(url)) took("the control plane", "no key at all");
const bearer = (key: string): RequestInit => ({ headers: { authorization: `Bearer ${key}` } });
if (adminKey !== null && (await opens(`${origin}/v1/approvals`, bearer(adminKey))))
  took("the control plane", "the admin key");
if (launcherKey !== null) {
  const key = {
    kty: "EC",
    crv: "P-256",
    x: "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    y: "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
  };
  const init = {
    method: "POST",
    headers: { authorization: `Bearer ${launcherKey}`, "content-type": "application/json" },
    body: JSON.stringify({ agent: "clerk", key }),
  };
  if (await opens(`${origin}/v1/instances`, init)) took("an instance of its own", "the launcher key");
}
const call = (token: string): RequestInit => ({
  method: "POST",
  headers: {
    authorization: `Bearer ${token}`,
    "content-type": "application/json",
    accept: "application/json, text/event-stream",
  },
  body: JSON.stringify({
    jsonrpc: "2.0",
    id: 1,
    method: "initialize",
    params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "h", version: "1" } },
  }),
});
for (const token of tokens)
  if (await opens(`${origin}/mcp`, call(token))) {
    took("a task token that works", "memory");
    break;
  }
// `writ approve`, as anybody would call it.
if (
  tried(() =>
    execFileSync(process.execPath, [main, "--config", config, "--url", origin, "approve", "list"], {
      stdio: ["ignore", "pipe", "ignore"],
    }),
  ) !== null
)
  took("the answer of `writ approve`", "the command line");
// The servers, past Writ.
if (socket !== "none") {
  const connected = await new Promise<boolean>((resolve) => {
    const to = connect(socket);
    to.once("connect", () => {
      to.destroy();
      resolve(true);
    });
    to.once("error", () => resolve(false));
  });
  if (connected) took("a server", "its socket");
}
// The address of somebody else's run: every port that listens here, asked for MCP.
const ports = (tried(() => readFileSync("/proc/net/tcp", "latin1")) ?? "")
  .split("\n")
  .map((line) => line.trim().split(/\s+/))
  .flatMap(([, local = "", , state]) => (state === "0A" ? [Number.parseInt(local.split(":")[1] ?? "", 16)] : []));
const mine = [origin, run || origin].map((url) => Number(new URL(url).port));
for (const port of ports.filter((one) => !mine.includes(one)))
  for (const path of ["/mcp", "/", "/json/list"])
    if (await opens(`http://127.0.0.1:${port}${path}`, path === "/json/list" ? {} : call("x")))
      took("another program", `port ${port}${path}`);

process.stdout.write(`${JSON.stringify({ uid: process.getuid?.(), got })}\n`);
