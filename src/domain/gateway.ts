import type { Brand } from "./brand.ts";

/** One data folder and whatever process runs on it now; of two processes on one folder the second does not start. */
export type GatewayId = Brand<string, "GatewayId">;

/** How a gateway is known to the others on its store. */
export interface Gateway {
  readonly id: GatewayId;
  /** Where it listens. */
  readonly origin: string;
  readonly version: string;
  readonly startedAt: number;
  /** Goes up for as long as it runs. The others watch it move: their clocks need not agree. */
  readonly beats: number;
}
