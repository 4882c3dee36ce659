import { spawn } from "node:child_process";
import { connect } from "node:net";
import type { BypassAttempt } from "../../domain/bypass.ts";
import { readKey } from "../keys.ts";
import { came, refused } from "./attempt.ts";
import { listeners } from "./listeners.ts";
import type { BypassPlan, Place } from "./plan.ts";

const WAIT_MS = 5_000;
const MOST_PORTS = 32;

/** Speaks to the control plane, the servers and whatever listens here, without Writ's leave. */
export async function tryNetwork(plan: BypassPlan, run: string | undefined): Promise<readonly BypassAttempt[]> {
  return (
    await Promise.all([
      tryControlPlane(plan),
      ...(run === undefined ? [] : [tryRunAddress(run)]),
      ...plan.sockets.map(trySocket),
      ...plan.http.map(tryServer),
      ...plan.programs.map(tryProgram),
      tryPorts(plan, run),
    ])
  ).flat();
}

/** As `writ approve` would: with a key, if one can be had. */
async function tryControlPlane({ origin, dataFolder }: BypassPlan): Promise<readonly BypassAttempt[]> {
  const keys = (["admin", "launcher"] as const).map((name) => {
    try {
      return dataFolder === null ? null : readKey(dataFolder, name);
    } catch {
      return null;
    }
  });
  const [admin = null, launcher = null] = keys;
  const mend = "keep the keys from the agent's user: deploy/README.md";
  return Promise.all([
    ask("see the record without a key", `${origin}/v1/approvals`, null, mend),
    ask("answer questions as `writ approve` does", `${origin}/v1/approvals`, admin, mend),
    ask("enrol as the launcher does", `${origin}/v1/instances`, launcher, mend, "POST"),
  ]);
}

async function ask(
  what: string,
  url: string,
  key: string | null,
  mend: string,
  method = "GET",
): Promise<BypassAttempt> {
  try {
    const response = await fetch(url, {
      method,
      headers: { ...(key === null ? {} : { authorization: `Bearer ${key}` }), "content-type": "application/json" },
      // An empty body enrols nobody; what matters is whether the caller is let in.
      ...(method === "POST" ? { body: "{}" } : {}),
      redirect: "error",
      signal: AbortSignal.timeout(WAIT_MS),
    });
    await response.body?.cancel();
    const stopped = response.status === 401 || response.status === 403;
    if (stopped)
      return came(
        what,
        "barrier",
        key === null ? "it takes a key, and none was found" : `HTTP ${response.status}`,
        mend,
      );
    return came(what, response.status < 500 ? "open" : "friction", `HTTP ${response.status}`, mend);
  } catch {
    return came(what, "barrier", `nobody answers at ${new URL(url).origin}`, mend);
  }
}

/** The run's own address leads to MCP and nowhere else. */
async function tryRunAddress(run: string): Promise<readonly BypassAttempt[]> {
  const what = "reach the control plane through the run's address";
  const { origin, pathname } = new URL(run);
  const statuses = await Promise.all(
    [`${origin}/v1/approvals`, `${origin}${pathname}/../v1/approvals`, `${origin}${pathname}/..%2fv1%2fapprovals`].map(
      async (url) => {
        const response = await fetch(url, { signal: AbortSignal.timeout(WAIT_MS) }).catch(() => null);
        await response?.body?.cancel();
        return response?.status ?? 0;
      },
    ),
  );
  const through = statuses.some((status) => status !== 0 && status < 400);
  return [
    came(
      what,
      through ? "open" : "barrier",
      through ? "it answers" : "it leads to MCP alone",
      "report this: it is a fault of Writ",
    ),
  ];
}

function trySocket({ what, at }: Place): Promise<readonly BypassAttempt[]> {
  const tried = `speak to ${what} at ${at}`;
  return new Promise((resolve) => {
    const socket = connect(at);
    socket.setTimeout(WAIT_MS, () => socket.destroy(new Error("timeout")));
    socket.once("connect", () => {
      socket.destroy();
      resolve([came(tried, "open", "it takes the connection", "close its socket to the agent's user")]);
    });
    socket.once("error", (cause) => resolve([refused(tried, cause)]));
  });
}

/** Asks a server for a tool that it does not have: one that says so would have run one that it has. */
async function tryServer({ what, at }: Place): Promise<readonly BypassAttempt[]> {
  const tried = `call ${what} without Writ`;
  const mend = "let it check Writ's credential, or close its address to the agent";
  try {
    const response = await fetch(at, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
        "mcp-protocol-version": "2026-07-28",
        "mcp-method": "tools/call",
        "mcp-name": "writ-bypass-probe",
      },
      body: JSON.stringify({
        jsonrpc: "2.0",
        id: 1,
        method: "tools/call",
        params: {
          name: "writ-bypass-probe",
          arguments: {},
          _meta: {
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientCapabilities": {},
            "io.modelcontextprotocol/clientInfo": { name: "writ-doctor", version: "1" },
          },
        },
      }),
      redirect: "error",
      signal: AbortSignal.timeout(WAIT_MS),
    });
    await response.body?.cancel();
    if (response.status === 401 || response.status === 403)
      return [came(tried, "barrier", `it refuses what comes without a credential (HTTP ${response.status})`, mend)];
    return [came(tried, "open", `it answers (HTTP ${response.status})`, mend)];
  } catch {
    return [came(tried, "barrier", "it cannot be reached", mend)];
  }
}

/** Starts a server's program itself. What that reaches is what this user reaches; that is judged by its folder. */
function tryProgram({ what, at, args, cwd }: BypassPlan["programs"][number]): Promise<readonly BypassAttempt[]> {
  const tried = `start ${what} without Writ`;
  return new Promise((resolve) => {
    const child = spawn(at, [...args], {
      cwd,
      env: { PATH: process.env["PATH"] ?? "" },
      stdio: ["pipe", "pipe", "ignore"],
    });
    let out = "";
    const end = (attempt: BypassAttempt): void => {
      clearTimeout(timer);
      child.kill("SIGKILL");
      resolve([attempt]);
    };
    const timer = setTimeout(() => end(came(tried, "barrier", "it does not answer", "")), WAIT_MS);
    child.stdout.on("data", (chunk: Buffer) => {
      out += chunk.toString().slice(0, 65_536);
      if (out.includes('"jsonrpc"'))
        end(came(tried, "open", "it answers", "run it as a user of its own, behind `writ serve`"));
    });
    child.once("error", (cause) => end(refused(tried, cause)));
    child.once("exit", () => end(came(tried, "barrier", "it does not run for this user", "")));
    for (const pipe of [child.stdin, child.stdout]) pipe.on("error", () => {});
    const params = {
      protocolVersion: "2025-11-25",
      capabilities: {},
      clientInfo: { name: "writ-doctor", version: "1" },
    };
    child.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", id: 1, method: "initialize", params })}\n`);
  });
}

/** What else listens on loopback. Whether it matters only its owner can say. */
async function tryPorts(plan: BypassPlan, run: string | undefined): Promise<readonly BypassAttempt[]> {
  const known = [plan.origin, ...(run === undefined ? [] : [run]), ...plan.http.map(({ at }) => at)].map((url) =>
    Number(new URL(url).port),
  );
  const others = listeners()
    .filter(({ port }) => !known.includes(port))
    .slice(0, MOST_PORTS);
  const answering = await Promise.all(
    others.map(
      (one) =>
        new Promise<typeof one | null>((resolve) => {
          const socket = connect(one.port, "127.0.0.1");
          socket.setTimeout(1_000, () => socket.destroy(new Error("timeout")));
          socket.once("connect", () => {
            socket.destroy();
            resolve(one);
          });
          socket.once("error", () => resolve(null));
        }),
    ),
  );
  const ports = answering.flatMap((one) => (one === null ? [] : [`${one.port} (user ${one.uid})`]));
  return [
    came(
      "connect to other programs on loopback",
      ports.length === 0 ? "barrier" : "friction",
      ports.length === 0 ? "nothing else answers" : `these take the connection: ${ports.join(", ")}`,
      "see that each asks for a key of its own, or close the network to the agent",
    ),
  ];
}
