import type { JsonObject } from "../../domain/json.ts";
import type { AuthorityParts } from "../parts.ts";
import type { BrowserSessions } from "./browser-sessions.ts";
import type { Provider } from "./provider.ts";
import type { SignInClients } from "./sign-in-clients.ts";

/** What signing people in to clients stands on. */
export interface SignInParts extends AuthorityParts {
  /** `iss` of every answer. */
  readonly issuer: string;
  /** The resource that is signed in to: this gateway's `/mcp`. */
  readonly gateway: string;
  /** Every name this gateway is reached by. */
  readonly origins: readonly string[];
  readonly clients: SignInClients;
  readonly sessions: BrowserSessions;
  /** Where people sign in; null where they do by a link from the command line. */
  readonly provider: Provider | null;
  /** For what a browser carries from one page to the next. */
  readonly sealing: {
    seal(payload: JsonObject, aad: string): string;
    open(text: string, aad: string): JsonObject | null;
  };
}
