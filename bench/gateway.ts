import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** A server to put behind the gateway. */
export type Behind =
  | { readonly name: string; readonly url: string }
  | { readonly name: string; readonly command: string; readonly args: readonly string[] };

/** A whole Writ in a process of its own: policy, credentials and durable record on, reached as a launched agent reaches it. */
export interface Gateway {
  /** Where a client finds this server alone, under the server's own names. Needs no credential. */
  url(server: string): string;
  /** The gateway's own process, to measure. */
  readonly pid: number;
  stop(): Promise<void>;
}

export type StartGateway = (servers: readonly Behind[]) => Promise<Gateway>;

const STARTER = new URL("./start-gateway.ts", import.meta.url);

/** How this checkout starts its gateway; null where it cannot yet. */
export async function gatewayStarter(): Promise<StartGateway | null> {
  if (!existsSync(fileURLToPath(STARTER))) return null;
  const { startGateway } = (await import(STARTER.href)) as { startGateway: StartGateway };
  return startGateway;
}
