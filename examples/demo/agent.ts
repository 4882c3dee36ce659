// A scripted agent on the official MCP client. It knows one address, and nothing of Writ.
// Prints one JSON line for each call: {name, tool, isError, text, meta}.
import { existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { PLAN, type Step, SUPPORT_PLAN } from "./plan.ts";

interface Line {
  readonly name: string;
  readonly tool: string;
  readonly isError: boolean;
  readonly text: string;
  readonly meta: unknown;
}

const PATIENCE_MS = 150_000;

/** Makes every call of `plan`, in order, and tells `say` how each went. A call that fails does not stop the next. */
export async function runPlan(
  url: string,
  plan: readonly Step[],
  say: (line: Line) => void,
  signalFile?: string,
): Promise<void> {
  const client = new Client({ name: "clerk", version: "1.0.0" });
  await client.connect(new StreamableHTTPClientTransport(new URL(url)));
  for (const step of plan) {
    if (step.waits === true && signalFile !== undefined) await appears(signalFile);
    say({ name: step.name, tool: step.tool, ...(await make(client, step)) });
  }
  await client.close();
}

async function make(client: Client, step: Step): Promise<Omit<Line, "name" | "tool">> {
  try {
    const result = await client.callTool(
      { name: step.tool, arguments: { ...step.arguments } },
      { timeout: PATIENCE_MS },
    );
    const text = result.content.map((part) => (part.type === "text" ? part.text : `[${part.type}]`)).join("\n");
    return { isError: result.isError === true, text, meta: result._meta ?? null };
  } catch (error) {
    // The transport's or the protocol's refusal, not a tool's answer.
    const meta = error instanceof Error && "data" in error ? { data: error.data } : null;
    return { isError: true, text: error instanceof Error ? error.message : String(error), meta };
  }
}

async function appears(file: string): Promise<void> {
  const end = Date.now() + PATIENCE_MS;
  while (!existsSync(file)) {
    if (Date.now() > end) throw new Error(`nothing came at ${file}`);
    await sleep(25);
  }
}

if (import.meta.main) {
  const url = process.env["WRIT_MCP_URL"];
  if (url === undefined) {
    console.error("set WRIT_MCP_URL to the address of an MCP server; `writ run` does");
    process.exit(2);
  }
  const plan = process.argv[2] === "support" ? SUPPORT_PLAN : PLAN;
  await runPlan(url, plan, (line) => console.log(JSON.stringify(line)), process.env["DEMO_SIGNAL"]);
}
