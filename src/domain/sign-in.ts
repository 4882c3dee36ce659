import type { AgentName, InstanceId, PersonName, SessionId, TaskId } from "./ids.ts";

/** A program that signs people in and then acts as an agent for them. It proves nothing of itself: what binds it is its
 *  redirect addresses, and the secret of its own sign-in (PKCE). */
export interface SignInClient {
  /** `client_id`: a name, or the address of a client id metadata document. */
  readonly id: string;
  /** As it calls itself; shown to people as such. */
  readonly name: string;
  readonly redirectUris: readonly string[];
  /** Who it acts as here. */
  readonly agent: AgentName;
}

/** A client that registered itself (RFC 7591), where that is allowed. */
export interface RegisteredClient extends SignInClient {
  readonly registeredAt: number;
}

/** What a client asks a person for, checked. */
export interface AuthorizationRequest {
  /** Of our own, so that it is answered once. */
  readonly id: string;
  readonly client: SignInClient;
  readonly redirectUri: string;
  readonly state: string | null;
  /** PKCE, S256. */
  readonly challenge: string;
  readonly resource: string;
  /** As the client wrote it; null for what the agent starts with. */
  readonly scope: string | null;
  /** The one call that it asks about, in a sign-in that goes on; null for a new one. */
  readonly stepUp: { readonly id: string; readonly signIn: SignInId } | null;
  readonly until: number;
}

/** A person's yes to a request, until the client fetches what it is for. */
export interface AuthorizationCode {
  readonly request: AuthorizationRequest;
  /** On whose behalf. */
  readonly owner: PersonName;
  readonly objective: string;
  readonly until: number;
}

export type SignInId = string;

/** What one code became. Everything that is issued for it ends with it. */
export interface SignIn {
  readonly id: SignInId;
  readonly client: string;
  readonly owner: PersonName;
  readonly agent: AgentName;
  readonly instance: InstanceId;
  readonly session: SessionId;
  readonly task: TaskId;
  readonly resource: string;
  /** The key that the client proved with its code, and has to prove with every refresh; null where it proved none. */
  readonly thumbprint: string | null;
}

/** A code or refresh token: whose it is, and once it was used, that it was. */
export interface SignInToken {
  readonly signIn: SignInId;
  readonly used: boolean;
}
