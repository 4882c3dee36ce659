import type { BypassAttempt, BypassResult } from "../../domain/bypass.ts";

/** Tries something that throws where the system refuses it, and says what came of it. */
export function attempt(what: string, act: () => string, mend: string): BypassAttempt {
  try {
    return { what, result: "open", says: act(), mend };
  } catch (cause) {
    return refused(what, cause);
  }
}

export function refused(what: string, cause: unknown): BypassAttempt {
  return { what, result: "barrier", says: (cause as NodeJS.ErrnoException).code ?? "refused", mend: null };
}

export function came(what: string, result: BypassResult, says: string, mend: string): BypassAttempt {
  return { what, result, says, mend: result === "barrier" ? null : mend };
}
