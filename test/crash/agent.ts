import { Agent, request } from "node:http";
import type { JsonObject } from "../../src/domain/json.ts";
import { answerOf } from "../gate/client.ts";
import type { HeldTask } from "./gateway.ts";

/** A call and what its agent was told of it. */
export interface Told {
  readonly task: HeldTask;
  /** As the agent names it, `server__tool`. */
  readonly tool: string;
  readonly n: string;
  /** The agent's own name for the call, where it gave one. */
  readonly key: string | null;
  /** `answered`, Writ's code for the refusal, or `lost` where the connection broke. */
  readonly how: string;
}

export interface Client {
  readonly task: HeldTask;
  readonly session: string;
  call(tool: string, n: string, key: string | null): Promise<Told>;
  close(): void;
}

/** A legacy MCP client of `/mcp`, down to the bytes, that notices how every one of its calls ended. */
export async function connect(origin: string, task: HeldTask): Promise<Client> {
  const agent = new Agent({ keepAlive: true });
  const { port } = new URL(origin);
  let id = 0;

  function post(message: JsonObject, more: Record<string, string>): Promise<{ session: string; text: string }> {
    const body = JSON.stringify({ jsonrpc: "2.0", ...message });
    return new Promise((resolve, reject) => {
      const sent = request({
        port,
        host: "127.0.0.1",
        path: "/mcp",
        method: "POST",
        agent,
        headers: {
          authorization: `Bearer ${task.token}`,
          "content-type": "application/json",
          accept: "application/json, text/event-stream",
          "content-length": Buffer.byteLength(body),
          ...more,
        },
      });
      sent.on("error", reject).on("response", (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (chunk: string) => void (text += chunk));
        response.on("error", reject).on("close", () => {
          if (response.complete) resolve({ session: String(response.headers["mcp-session-id"] ?? ""), text });
          else reject(new Error("cut short"));
        });
      });
      sent.end(body);
    });
  }

  const params = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "hammer", version: "1" } };
  const hello = await post({ id: "hello", method: "initialize", params }, {});
  if (hello.session === "") throw new Error(`no session: ${hello.text.slice(0, 300)}`);
  const mine = { "mcp-session-id": hello.session, "mcp-protocol-version": "2025-11-25" };
  return {
    task,
    session: hello.session,
    async call(tool, n, key) {
      const meta = key === null ? {} : { _meta: { "io.writ/call": key } };
      const call = { name: tool, arguments: { n }, ...meta };
      const told = (how: string): Told => ({ task, tool, n, key, how });
      try {
        const { text } = await post({ id: ++id, method: "tools/call", params: call }, mine);
        const answer = answerOf(200, text);
        return told(answer.code ?? (answer.json.result === undefined ? text.slice(0, 200) : "answered"));
      } catch {
        return told("lost");
      }
    },
    close: () => agent.destroy(),
  };
}

const MIX = ["tally__note", "tally__note", "tally__mark", "tally__look", "count__add"] as const;
let next = 0;

/** Keeps `inFlight` calls in flight, each with an argument of its own, until the gateway is gone or `stop` says so;
 *  resolves to what was told of them all. */
export async function hammer(
  clients: readonly Client[],
  inFlight: number,
  onAnswer: () => void,
  stop: () => boolean = () => false,
): Promise<readonly Told[]> {
  const all: Told[] = [];
  async function lane(client: Client): Promise<void> {
    for (;;) {
      const n = `n${++next}`;
      const tool = MIX[next % MIX.length] ?? "tally__look";
      const told = await client.call(tool, n, Math.random() < 0.2 ? `mine ${n}` : null);
      all.push(told);
      if (told.how === "lost" || stop()) return;
      onAnswer();
    }
  }
  await Promise.all(
    Array.from({ length: inFlight }, (_, i) => {
      const client = clients[i % clients.length];
      return client === undefined ? Promise.resolve() : lane(client);
    }),
  );
  return all;
}
