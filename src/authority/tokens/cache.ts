import { hash } from "node:crypto";

/** Remembers what verified tokens said, so that a signature is checked once and not at every call. Only what a
 *  signature covers may be kept: time is the caller's to check at every use, revocation the store's. */
export class TokenCache<T> {
  readonly #entries = new Map<string, T>();
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** What `token` said, or null when this very text was not verified lately. */
  get(token: string): T | null {
    return this.#entries.get(keyOf(token)) ?? null;
  }

  /** Remembers; the oldest goes when there are too many. */
  set(token: string, value: T): void {
    if (this.#entries.size >= this.#limit) {
      const oldest = this.#entries.keys().next();
      if (!oldest.done) this.#entries.delete(oldest.value);
    }
    this.#entries.set(keyOf(token), value);
  }

  get size(): number {
    return this.#entries.size;
  }
}

/** A digest, so that the cache never holds a token. */
function keyOf(token: string): string {
  return hash("sha256", token, "base64url");
}
