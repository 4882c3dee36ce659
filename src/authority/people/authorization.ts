import { WritError } from "../../domain/error.ts";
import type { AuthorizationRequest, SignInClient } from "../../domain/sign-in.ts";
import { refusal } from "../refusals.ts";
import type { SignInParts } from "./parts.ts";
import { namedBy, STEP_UP_SCOPE } from "./step-up.ts";
import { redirectMatches } from "../../wire/http/redirects.ts";

/** How long a person has from the client's request to their answer. */
const REQUEST_LIFE_MS = 10 * 60_000;
const LONGEST_STATE = 512;

export type ReadAuthorization =
  | { readonly kind: "asked"; readonly request: AuthorizationRequest }
  /** Who asks, or where to send them back, is not certain: the person is told, and nobody is redirected. */
  | { readonly kind: "shown"; readonly fault: WritError }
  /** The client is told, at its own address. */
  | { readonly kind: "redirected"; readonly to: string };

export type AuthorizationError =
  | "invalid_request"
  | "unsupported_response_type"
  | "invalid_scope"
  | "invalid_target"
  | "access_denied";

/** Reads what a client asks at the authorization endpoint (OAuth 2.1 §4.1.1): a code, PKCE with S256, one exact
 *  redirect address, one exact resource. Nothing is written. */
export async function readAuthorization(parts: SignInParts, query: URLSearchParams): Promise<ReadAuthorization> {
  const one = (name: string): string | null => (query.getAll(name).length === 1 ? query.get(name) : null);
  let client: SignInClient;
  try {
    client = await parts.clients.find(one("client_id") ?? "");
  } catch (fault) {
    if (fault instanceof WritError && fault.status < 500) return { kind: "shown", fault };
    throw fault;
  }
  const redirectUri = one("redirect_uri") ?? "";
  if (!redirectMatches(client.redirectUris, redirectUri)) return { kind: "shown", fault: redirectUnknown() };

  const state = one("state");
  const back = (error: AuthorizationError, says: string): ReadAuthorization => ({
    kind: "redirected",
    to: answerTo(parts, { redirectUri, state }, { error, error_description: says }),
  });
  for (const name of new Set(query.keys()))
    if (query.getAll(name).length > 1) return back("invalid_request", "a parameter is given twice");
  if ((state ?? "").length > LONGEST_STATE) return back("invalid_request", "the state is too long");
  if (query.has("request") || query.has("request_uri"))
    return back("invalid_request", "no request object is read here");
  if (one("response_type") !== "code") return back("unsupported_response_type", "only `code` is served");
  if ((one("response_mode") ?? "query") !== "query") return back("invalid_request", "only `query` is served");
  const challenge = one("code_challenge") ?? "";
  if (one("code_challenge_method") !== "S256" || !/^[A-Za-z0-9_-]{43}$/.test(challenge))
    return back("invalid_request", "PKCE with S256 is needed");
  const resource = one("resource") ?? "";
  if (!resources(parts).includes(resource))
    return back("invalid_target", `name the resource, exactly: ${parts.gateway}`);
  const scope = one("scope");
  const [call = null, ...others] = (scope ?? "")
    .split(" ")
    .filter((token) => token !== "" && token !== "offline_access");
  if (others.length > 0 || (call !== null && !call.startsWith(STEP_UP_SCOPE)))
    return back("invalid_scope", "there are no scopes here");
  const stepUp = call === null ? null : await namedBy(parts, { scope: call, client: client.id, resource });
  if (call !== null && stepUp === null) return back("invalid_scope", "no call of this client waits under this scope");
  return {
    kind: "asked",
    request: {
      id: parts.ids.nonce(),
      client,
      redirectUri,
      state,
      challenge,
      resource,
      scope,
      stepUp: stepUp === null ? null : { id: stepUp.id, signIn: stepUp.signIn },
      until: parts.clock.now() + REQUEST_LIFE_MS,
    },
  };
}

/** Where an answer goes: the client's address with what it is told, its state, and who says it (RFC 9207). */
export function answerTo(
  { issuer }: Pick<SignInParts, "issuer">,
  { redirectUri, state }: Pick<AuthorizationRequest, "redirectUri" | "state">,
  says: Readonly<Record<string, string>>,
): string {
  const url = new URL(redirectUri);
  for (const [name, value] of Object.entries(says)) url.searchParams.set(name, value);
  if (state !== null) url.searchParams.set("state", state);
  url.searchParams.set("iss", issuer);
  return url.href;
}

/** All servers at once, or one. */
function resources({ gateway, configuration }: SignInParts): readonly string[] {
  return [gateway, ...configuration.servers.map((server) => `${gateway}/${server.name}`)];
}

function redirectUnknown(): WritError {
  return refusal(
    "redirect_unknown",
    400,
    {},
    "this program asks to send you to an address that it did not register",
    "close this page; the operator compares `agents.NAME.clients` with what the program says of itself",
  );
}
