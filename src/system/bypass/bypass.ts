import type { BypassReport } from "../../domain/bypass.ts";
import { tryFiles } from "./files.ts";
import { tryNetwork } from "./network.ts";
import type { BypassPlan } from "./plan.ts";
import { tryProcesses } from "./processes.ts";
import { tryOneself } from "./self.ts";

/** Tries to get past Writ from where this process stands. Whatever opens is closed again; nothing is changed, no secret is
 *  kept, and the report names places and never what stands there. */
export async function tryBypass(
  plan: BypassPlan,
  env: Readonly<Record<string, string | undefined>>,
): Promise<BypassReport> {
  const run = env["WRIT_MCP_URL"];
  return {
    at: Date.now(),
    uid: process.getuid?.() ?? -1,
    attempts: [...tryOneself(plan, env), ...tryFiles(plan), ...tryProcesses(plan), ...(await tryNetwork(plan, run))],
  };
}
