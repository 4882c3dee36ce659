import type { Digest, IdKind, IdOf } from "../domain/ids.ts";

export interface Clock {
  /** Milliseconds since the Unix epoch; may jump when the host's clock is set. */
  now(): number;
}

export interface Ids {
  /** A fresh id, `t_` and at least 128 random bits in base64url for a task; never guessable, never repeated. */
  mint<K extends IdKind>(kind: K): IdOf<K>;
  /** 128 random bits in base64url. */
  nonce(): string;
}

export interface Digests {
  /** `sha-256:` and base64url over the UTF-8 bytes. Anyone can compute it. */
  plain(text: string): Digest;
  /** `hmac-sha-256:` and base64url under this deployment's own key: tells nothing about short texts. */
  keyed(text: string): Digest;
}

/** Structured log lines for operators. Never given a token, a key, an argument or a result. */
export interface Log {
  debug(facts: LogFacts, message: string): void;
  info(facts: LogFacts, message: string): void;
  warn(facts: LogFacts, message: string): void;
  error(facts: LogFacts, message: string): void;
}
export type LogFacts = Readonly<Record<string, unknown>>;
