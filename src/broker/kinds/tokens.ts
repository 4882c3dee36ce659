import type { OnBehalf } from "../../ports/outbound.ts";

/** An access token of an upstream. */
export interface Token {
  readonly text: string;
  readonly type: "Bearer" | "DPoP";
  /** Null when the issuer did not say. */
  readonly expiresAt: number | null;
}

/** Remembers a token of a task before it is first used. Resolves to the way to end it early; without a task, null. */
export type Obtained = (token: Token, on: OnBehalf | null) => Promise<(() => Promise<void>) | null>;

/** Not used in its last seconds: it could expire on the way. */
const SPARE_MS = 10_000;
const MOST = 1_000;

/** One token for each task, asked for once however many calls wait for it, until shortly before it expires. */
export interface Tokens {
  of(on: OnBehalf | null): Promise<Token>;
  /** The next call asks anew. */
  forget(on: OnBehalf | null): void;
}

export function createTokens(now: () => number, obtain: (on: OnBehalf | null) => Promise<Token>): Tokens {
  const held = new Map<string, { readonly token: Promise<Token>; until: number }>();
  const keyOf = (on: OnBehalf | null): string => on?.task ?? "";

  function ask(on: OnBehalf | null): Promise<Token> {
    const key = keyOf(on);
    const one = { token: obtain(on), until: Number.POSITIVE_INFINITY };
    held.set(key, one);
    for (const oldest of held.keys()) {
      if (held.size <= MOST) break;
      held.delete(oldest);
    }
    one.token.then(
      ({ expiresAt }) => (one.until = expiresAt === null ? Number.POSITIVE_INFINITY : expiresAt - SPARE_MS),
      () => held.get(key) === one && held.delete(key),
    );
    return one.token;
  }

  return {
    of(on) {
      const one = held.get(keyOf(on));
      return one !== undefined && now() < one.until ? one.token : ask(on);
    },
    forget: (on) => void held.delete(keyOf(on)),
  };
}
