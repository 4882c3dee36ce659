/** What a vaulted secret is, so that it is only ever used as that. */
export const SECRET_KINDS = ["header", "client_secret", "private_key", "github_app"] as const;
export type SecretKind = (typeof SECRET_KINDS)[number];

/** The owner of what every task's calls may use; any other owner is a person, and it serves that person's tasks alone. */
export const DEPLOYMENT = "deployment";

/** One place a secret may go to. */
export interface Destination {
  /** Upper case; empty for every method. */
  readonly methods: readonly string[];
  /** `https://api.example.com`, without a path; the port only where it is not the usual one. */
  readonly origin: string;
  /** From `/`; a segment `*` stands for any one, a last segment `**` for any rest. */
  readonly path: string;
}

/** A secret as it is kept. The value and the places it may go to are inside `sealed`; `to` here is for people to read. */
export interface Secret {
  readonly owner: string;
  readonly name: string;
  readonly version: number;
  readonly kind: SecretKind;
  readonly to: readonly Destination[];
  /** AES-256-GCM under the vault's key, opened only together with owner, name and version. */
  readonly sealed: string;
  readonly madeAt: number;
  readonly madeBy: string;
  readonly rotatedAt: number | null;
  readonly rotatedBy: string | null;
}

/** The key that secrets are sealed under, itself wrapped by a key that is not in the store. */
export interface VaultKey {
  readonly wrapped: string;
  readonly madeAt: number;
  readonly madeBy: string;
}

/** `POST https://api.example.com/mcp` */
export function describeDestination({ methods, origin, path }: Destination): string {
  return `${methods.length === 0 ? "" : `${methods.join(",")} `}${origin}${path}`;
}
