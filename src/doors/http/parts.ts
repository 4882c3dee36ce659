import type { Capabilities } from "../../authority/capability/capabilities.ts";
import type { Enrolments } from "../../authority/enrolment/enrolments.ts";
import type { AuthorityParts } from "../../authority/parts.ts";
import type { SigningKeys } from "../../authority/tokens/signing-keys.ts";
import type { TokenParts } from "../../authority/tokens/parts.ts";
import type { SignInParts } from "../../authority/people/parts.ts";
import type { MemoryKeeping, Missing } from "../../authority/memory/manage.ts";
import type { People } from "../../authority/people/people.ts";
import type { Pins } from "../../authority/rules/pins.ts";
import type { Policies } from "../../authority/rules/policies.ts";
import type { Vault } from "../../broker/vault/vault.ts";
import type { JsonObject } from "../../domain/json.ts";
import type { AllowedOrigins } from "../../wire/http/origin.ts";

/** One thing that was looked at, whether it is as it should be, and the command that mends it. */
export interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly says: string;
  /** Null when there is nothing to mend. */
  readonly mend: string | null;
}

/** A call that nobody makes: what would be decided about it. */
export interface ExplainQuery {
  readonly tool: string;
  readonly arguments: JsonObject;
  /** A running task; else `agent`, as it would start. */
  readonly task?: string | undefined;
  readonly agent?: string | undefined;
}

/** What the HTTP door is given; put together by hand in `main.ts`. */
export interface HttpDoorParts {
  readonly authority: AuthorityParts;
  readonly enrolments: Enrolments;
  readonly tokens: TokenParts;
  readonly signingKeys: Pick<SigningKeys, "list" | "rotate" | "kill">;
  readonly people: People;
  readonly signIn: SignInParts;
  readonly pins: Pins;
  readonly policies: Policies;
  readonly capabilities: Capabilities;
  readonly vault: Vault;
  readonly memory: MemoryKeeping;
  /** Puts back, through the gate, what a rollback found missing. */
  readonly restore: (missing: Missing, by: string) => Promise<object>;
  /** Reads every memory again, through the gate, as its server has it now. */
  readonly reread: (by: string) => Promise<readonly { readonly place: string; readonly why: string | null }[]>;
  readonly jwks: () => JsonObject;
  readonly allowed: AllowedOrigins;
  readonly version: string;
  readonly explain: (query: ExplainQuery) => Promise<JsonObject>;
  /** Requests at the MCP door that nobody known made, by the reason they were refused for. */
  readonly strangers: () => Readonly<Record<string, number>>;
  /** Walks the whole ledger. */
  readonly verifyLedger: () => Promise<JsonObject>;
  readonly doctor: () => Promise<readonly Check[]>;
  /** What must hold before traffic is sent here; quick. */
  readonly ready: () => Promise<readonly Check[]>;
}
