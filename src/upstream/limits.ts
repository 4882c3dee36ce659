/** What one exchange with an upstream may cost us, beside the configured result size and time. */
export const LIMITS = {
  /** Notifications and requests that may come with one request. */
  sideEvents: 10_000,
  /** Bytes that may come with one request beside its answer. */
  sideBytes: 16 * 1024 * 1024,
  /** Questions an upstream may have open towards the client at once. */
  openQuestions: 64,
  /** Body of an HTTP error. */
  errorBytes: 64 * 1024,
  challengeChars: 4_096,
  /** How often one message is sent again because the server asked for another credential. */
  challenges: 3,
  /** Opening a conversation, each page of a listing. */
  handshakeMs: 30_000,
  /** A stdio server that never heard of `server/discover` may just stay silent. */
  probeMs: 10_000,
  tools: 1_000,
  toolBytes: 4 * 1024 * 1024,
  pages: 200,
  children: 32,
} as const;
