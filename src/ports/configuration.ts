import type { AnsweringRules } from "../domain/answering.ts";
import type { Registration } from "../domain/attestation.ts";
import type { ClientName, ClientRight } from "../domain/client.ts";
import type { EffectKind, Trait } from "../domain/effect.ts";
import type { GrantDraft } from "../domain/grant.ts";
import type { AgentName, PersonName, ServerName } from "../domain/ids.ts";
import type { JsonObject } from "../domain/json.ts";
import type { MemoryRule } from "../domain/memory.ts";
import type { Confidentiality, PathTrust } from "../domain/provenance.ts";
import type { SqlDialect } from "../domain/sql-catalogue.ts";
import type { EventName } from "../domain/security-event.ts";
import type { Person } from "../domain/person.ts";
import type { Budget } from "../domain/task.ts";
import type { Isolation, Mode, Tier } from "../domain/tier.ts";

/** `writ.yaml`, checked, with every default filled in and every path absolute. */
export interface Configuration {
  /** The file it came from, or null when there is none and all is default. */
  readonly file: string | null;
  /** Absolute; holds keys, database, logs. Default `.writ` beside the file. */
  readonly dataFolder: string;
  /** Absolute folder of `*.cedar` and `*.test.yaml`. */
  readonly policyFolder: string;
  /** Absolute; the rules of what agents may be trusted with. It need not be there. */
  readonly capabilityFile: string;
  readonly trustDomain: string;
  readonly listen: { readonly host: string; readonly port: number };
  /** What clients and other servers know it as, without a slash at its end: the issuer of every credential, one for all
   *  gateways on one store. Null for the address it listens on. */
  readonly origin: string | null;
  /** The environment variable with the address of a PostgreSQL database. Where it holds none, the store is a file in the
   *  data folder, unless the variable was named: then Writ does not start. */
  readonly store: { readonly urlEnv: string; readonly named: boolean };
  /** Absolute; where local processes enrol, when an agent is registered for that. */
  readonly socket: string;
  readonly tier: Tier;
  readonly isolation: Isolation;
  /** Whether a tool nobody has described is judged by its own pinned definition, and not refused as unknown. */
  readonly infer: boolean;
  /** On whose behalf the launcher opens tasks on this machine. */
  readonly owner: PersonName;
  readonly people: readonly Person[];
  readonly agents: readonly AgentConfiguration[];
  readonly servers: readonly ServerConfiguration[];
  readonly clients: readonly ClientConfiguration[];
  /** Whose word on how an agent did in an evaluation counts. */
  readonly evaluators: readonly EvaluatorConfiguration[];
  /** Who is told what was revoked and what changed. */
  readonly receivers: readonly ReceiverConfiguration[];
  /** Whose tokens for workloads are believed. */
  readonly issuers: readonly IssuerConfiguration[];
  readonly federation: readonly TrustDomainConfiguration[];
  /** A signing key gives way to the next after this. */
  readonly keys: { readonly rotateAfterMs: number };
  readonly approvals: AnsweringRules & {
    /** An unanswered ask is refused after this. */
    readonly timeoutMs: number;
    /** How long a call is held open for its answer before it is told to come back; at most 120 s. */
    readonly holdMs: number;
    /** How long an allowed call may take to come. */
    readonly usableMs: number;
    /** How long a yes to a question about where a value came from is remembered; 0 for not at all. */
    readonly endorseMs: number;
  };
  readonly signIn: SignInConfiguration;
  readonly vault: {
    /** Where the key is that the vault's own key is wrapped under. */
    readonly key: VaultKeySource;
    /** Where it was before: tried when `key` does not open the vault, which is then wrapped under `key`. */
    readonly previous: VaultKeySource | null;
  };
  readonly memory: MemoryConfiguration;
  /** What hosts and recipients may be sent, by their domain and all below it; without an entry what is public. */
  readonly clearance: Readonly<Record<string, Confidentiality>>;
  /** Whether the record keeps arguments and results as text beside their keyed digests. */
  readonly records: { readonly text: "digest" | "keep" };
}

export interface MemoryConfiguration {
  /** Whether what agents remember is kept as text, sealed, so that it can be put back. */
  readonly keep: boolean;
  /** How long it counts; what others could have written counts for less. */
  readonly lifetimeMs: number;
  readonly untrustedMs: number;
}

export type VaultKeySource =
  /** A file of its own in the data folder; made at first use. */
  | { readonly kind: "file" }
  /** 32 bytes in base64url, in this variable. */
  | { readonly kind: "env"; readonly variable: string }
  /** The system's own keyring; made there at first use. */
  | { readonly kind: "keyring" }
  /** An age identity file (`age-keygen`). */
  | { readonly kind: "age"; readonly identity: string };

export interface ReceiverConfiguration {
  readonly name: string;
  readonly url: string;
  /** `aud` of what it is sent. */
  readonly audience: string;
  /** The variable that holds its whole `Authorization` header; null for none. */
  readonly authorizationEnv: string | null;
  readonly events: readonly EventName[];
  /** Whose events it hears; null for everybody's. */
  readonly agents: readonly AgentName[] | null;
  readonly owners: readonly PersonName[] | null;
}

export interface AgentConfiguration {
  readonly name: AgentName;
  /** The grants every task opened by the launcher starts with. */
  readonly scope: readonly GrantDraft[];
  /** What may be issued just in time at Optimized. */
  readonly envelope: readonly GrantDraft[];
  readonly budget: Budget;
  readonly lifetimeMs: number;
  /** How its processes may enrol. */
  readonly enrol: readonly Registration[];
  /** The programs that sign people in, and then act as this agent for them. */
  readonly clients: readonly SignInClientConfiguration[];
}

export interface SignInClientConfiguration {
  readonly id: string;
  readonly name: string | null;
  /** Null where `id` is the address of a client id metadata document, which says them. */
  readonly redirectUris: readonly string[] | null;
}

export interface SignInConfiguration {
  /** The deployment's OpenID provider; null where people sign in by a link from the command line. */
  readonly provider: ProviderConfiguration | null;
  /** The agent that programs act as which registered themselves (RFC 7591); null where they may not. */
  readonly registration: AgentName | null;
}

/** What Writ proves itself with to the provider. Never in a log. */
export type ProviderProof =
  | { readonly kind: "secret"; readonly secret: string }
  | { readonly kind: "key"; readonly jwk: JsonObject };

export interface ProviderConfiguration {
  readonly issuer: string;
  readonly clientId: string;
  /** How Writ proves itself there: a secret in this variable, or a private ES256 JWK in this file. */
  readonly proof:
    | { readonly kind: "secret"; readonly variable: string }
    | { readonly kind: "key"; readonly file: string };
  /** What of a person is compared with `people`: the `sub` of this issuer, or an e-mail address that it verified. */
  readonly identify: "subject" | "email";
  readonly scopes: readonly string[];
  readonly groupsClaim: string | null;
  /** What members of the provider's groups are given here. */
  readonly groups: readonly {
    readonly name: string;
    readonly roles: readonly string[];
    readonly groups: readonly string[];
  }[];
}

/** An OpenID issuer of tokens for workloads. */
export interface IssuerConfiguration {
  readonly name: string;
  /** Exactly as its tokens say. */
  readonly issuer: string;
  /** Null: where its discovery document says. */
  readonly jwksUri: string | null;
  /** Null: this deployment's own issuer. */
  readonly audience: string | null;
  readonly algorithms: readonly string[];
  /** The longest its tokens may live. */
  readonly lifetimeMs: number;
  /** Which clients may act for its people by its word (ID-JAG). */
  readonly grants: readonly InboundRule[];
}

/** One client of an identity provider, and for whom it may act. */
export interface InboundRule {
  readonly client: ClientName;
  /** As whom. */
  readonly agent: AgentName;
  /** By the provider's own `sub`. */
  readonly people: Readonly<Record<string, PersonName>>;
}

/** A SPIFFE trust domain whose SVIDs are believed, each under its own bundle. */
export interface TrustDomainConfiguration {
  readonly name: string;
  readonly bundle: { readonly kind: "file"; readonly file: string } | { readonly kind: "url"; readonly url: string };
  /** Null: this deployment's own issuer. */
  readonly audience: string | null;
}

/** A client that proves itself with a key (`private_key_jwt`, RFC 7523). */
export interface ClientConfiguration {
  readonly name: ClientName;
  /** The public keys it signs with, or the absolute name of a JWKS file that holds them, read when Writ starts. */
  readonly keys:
    | { readonly kind: "inline"; readonly jwks: JsonObject }
    | { readonly kind: "file"; readonly file: string };
  /** The servers it speaks for: it is told of the credentials made for these, and of no others. */
  readonly servers: readonly ServerName[];
  readonly may: readonly ClientRight[];
}

/** Somebody who evaluates agents, and signs what came of it (ES256 or Ed25519). */
export interface EvaluatorConfiguration {
  readonly name: string;
  readonly keys: ClientConfiguration["keys"];
  /** What it signed, before or after, does not count. */
  readonly revoked: boolean;
}

export type Launch =
  | {
      readonly kind: "stdio";
      readonly command: string;
      readonly args: readonly string[];
      readonly cwd: string;
      readonly env: Readonly<Record<string, string>>;
    }
  | {
      /** The same conversation with a process that `writ serve` starts under another user, through its Unix socket. */
      readonly kind: "socket";
      /** Absolute. */
      readonly path: string;
      /** What relative paths in its arguments start from. */
      readonly cwd: string;
    }
  | {
      readonly kind: "http";
      readonly url: string;
      /** The `aud` of operation credentials; default the URL. */
      readonly audience: string;
      /** What the broker puts in. `operation`: Writ's own credential as Bearer. */
      readonly credential: CredentialRule;
    }
  | DatabaseLaunch;

/** A database that Writ itself speaks to: the tools `query`, `execute` and `describe`. */
export type DatabaseLaunch =
  | {
      readonly kind: "postgres";
      /** The environment variable with the address of the login that makes and ends those of tasks. */
      readonly urlEnv: string;
      /** What may be spoken of; unqualified names mean the first. */
      readonly schemas: readonly string[];
      /** The most rows that a call is answered with. */
      readonly rows: number;
      /** What everybody may do there whom nobody gave anything: taken away from all, or shown. */
      readonly public: "show" | "revoke";
    }
  | {
      readonly kind: "sqlite";
      /** Absolute. */
      readonly file: string;
      readonly rows: number;
    };

export type CredentialRule = "operation" | "none" | HeaderRule | OAuthRule | GitHubRule;

/** A secret of the vault, of the deployment or of whoever the task is for. */
export interface SecretName {
  readonly name: string;
  readonly of: "deployment" | "owner";
}

/** A vaulted header, the same for every call. */
export interface HeaderRule {
  readonly kind: "header";
  readonly secret: SecretName;
  readonly header: string;
  /** What stands before the secret; null for nothing. */
  readonly scheme: string | null;
}

/** An access token from the server's authorization server. */
export interface OAuthRule {
  /** `oauth`: client credentials. `exchange`: RFC 8693, with the call's operation credential as subject. */
  readonly kind: "oauth" | "exchange";
  /** Null: as the server's own metadata says (RFC 9728). */
  readonly issuer: string | null;
  readonly clientId: string;
  readonly clientAuth: "client_secret_basic" | "client_secret_post" | "private_key_jwt" | "none";
  readonly secret: SecretName | null;
  /** Null: as the server asks. */
  readonly scopes: readonly string[] | null;
  /** RFC 8707; null: as the server's own metadata says, else its address. */
  readonly resource: string | null;
  /** RFC 8693 `audience`; null for none. */
  readonly audience: string | null;
  readonly dpop: boolean;
}

/** An installation token of a GitHub App, narrowed. */
export interface GitHubRule {
  readonly kind: "github";
  readonly secret: SecretName;
  readonly appId: string;
  readonly installationId: string;
  readonly repositories: readonly string[];
  readonly permissions: Readonly<Record<string, string>>;
  /** `https://api.github.com` */
  readonly api: string;
}

export interface ServerConfiguration {
  readonly name: ServerName;
  readonly launch: Launch;
  readonly mode: Mode;
  readonly timeoutMs: number;
  readonly maxResultBytes: number;
  /** What its tools do, by their plain names; `*` for the rest. Stands above built-in profiles. */
  readonly tools: Readonly<Record<string, ToolRule>>;
  /** What it may be sent; where nobody says, what is public, or anything where it keeps it on this machine. */
  readonly clearance?: Confidentiality;
  /** Requests the server may send to the client. Default: elicitation and roots, not sampling. */
  readonly reverse: readonly ("sampling" | "elicitation" | "roots")[];
  /** Tools that may be called what a tool of a server before it is called; `*` for all. Absent: none. */
  readonly sameNames?: readonly string[];
}

export interface ToolRule {
  readonly effects: readonly EffectKind[];
  /** Default false for anything but a read. */
  readonly reversible?: boolean;
  /** `$.name` of the arguments that hold a path, host or URL, recipient, table. */
  readonly path?: readonly string[];
  readonly host?: readonly string[];
  readonly recipient?: readonly string[];
  readonly table?: readonly string[];
  /** Arguments that hold a path that the result is written to, where one is given: that adds `write`. */
  readonly output?: readonly string[];
  /** The argument that holds the method of an HTTP request, which adds to `effects` what it does. */
  readonly method?: readonly string[];
  /** Arguments that hold a SQL statement, a command line, a program: judged by what they would do. `effects` are then
   *  what the tool does beside that, and may be none. */
  readonly sql?: readonly string[];
  readonly shell?: readonly string[];
  readonly code?: readonly string[];
  /** Of `sql`. Default postgres. */
  readonly dialect?: SqlDialect;
  /** Of `code`. */
  readonly language?: "javascript" | "typescript" | "python";
  /** Arguments that hold a number of something that runs out, a text that others get to read, a file that goes along. */
  readonly amount?: readonly string[];
  readonly body?: readonly string[];
  readonly attachment?: readonly string[];
  /** Arguments that say which thing it acts on, beside those above: an id, a repository, a password. */
  readonly identity?: readonly string[];
  /** What a call of it always is, whatever its arguments are: reasons for more care. */
  readonly traits?: readonly Trait[];
  /** Labels of what it returns; default private and untrusted, the cautious guess. */
  readonly private?: boolean;
  readonly untrusted?: boolean;
  /** Its result is what the file at `path` holds, and nothing else. */
  readonly content?: boolean;
  /** What single paths of what it returns are worth. */
  readonly trust?: readonly PathTrust[];
  /** What the tool does to what agents remember. */
  readonly memory?: MemoryRule;
}
