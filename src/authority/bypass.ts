import { type BypassReport, opened } from "../domain/bypass.ts";
import type { Actor, AuthorityParts } from "./parts.ts";

/** The last look is kept under this name. */
export const LAST_BYPASS = "last";

/** Keeps what came of a look from an agent's position, in place of the one before, and records it with who looked. */
export async function keepBypass(parts: AuthorityParts, report: BypassReport, by: Actor): Promise<void> {
  await parts.store.write(async (tx) => {
    await tx.putDocument("bypass", LAST_BYPASS, report, null);
    await tx.append({
      kind: "bypass",
      at: parts.clock.now(),
      call: null,
      task: null,
      body: {
        by,
        uid: report.uid,
        attempts: report.attempts.length,
        open: opened(report).map((one) => one.what),
        isolation: parts.configuration.isolation,
      },
    });
  });
}
