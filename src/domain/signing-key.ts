import type { JsonObject } from "./json.ts";

/** A key that credentials are signed with, through its life: published before its first use, and kept published after
 *  its last until what it signed has expired; a killed one is believed no more from that moment. */
export interface SigningKeyRecord {
  readonly kid: string;
  readonly publicJwk: JsonObject;
  /** The private key, sealed under this deployment's own; null once it signs no more. */
  readonly sealed: string | null;
  readonly state: "next" | "signing" | "retired" | "killed";
  /** When it came into this state. */
  readonly since: number;
}
