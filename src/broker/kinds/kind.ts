import type { Challenge, Given, OnBehalf, Reach } from "../../ports/outbound.ts";

/** One request that is about to leave, and what it is for. */
export interface Wanted {
  readonly verb: "POST" | "GET" | "DELETE";
  /** Null for a listing of Writ's own. */
  readonly on: OnBehalf | null;
  /** The credential made for the admitted call; null for a message that is no call. */
  readonly operation: string | null;
  /** What the call may do there, where it goes to a database. */
  readonly reach: Reach | null;
}

/** How the requests to one server come to what it asks for. */
export interface CredentialSource {
  /** Before anything was obtained: what a call to this server leaves standing. */
  readonly remains: string;
  /** @throws WritError when it cannot be had; the request does not leave then. */
  give(wanted: Wanted): Promise<Given>;
  /** The server refused what it was given; true when it is worth trying again. */
  challenged?(on: OnBehalf | null, challenge: Challenge): Promise<boolean>;
  /** Ends a token there. @throws WritError when it could not be ended now. */
  end?(token: string, on: OnBehalf): Promise<void>;
  /** Ends what was obtained there and is none of `leased`, which is asked for after looking at what is there. */
  sweep?(leased: () => Promise<readonly string[]>): Promise<void>;
  /** Looks at the server before the first call needs it. @throws what hinders it. */
  prepare?(): Promise<void>;
}
