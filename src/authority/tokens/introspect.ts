import type { AgentName, CallId, InstanceId, PersonName, SessionId, TaskId } from "../../domain/ids.ts";
import { type JsonObject, own } from "../../domain/json.ts";
import type { SubjectKind } from "../../domain/revocation.ts";
import { standing } from "../../domain/task.ts";
import type { ClientConfiguration } from "../../ports/configuration.ts";
import { kidIn, verifyJwt } from "../../wire/jose/verify.ts";
import { checkCommon, seconds, text } from "./claims.ts";
import type { TokenClient } from "./client-assertion.ts";
import { TOKEN_LIFETIME, TOKEN_TYPE } from "./credentials.ts";
import { oauthError } from "./oauth-error.ts";
import type { TokenParts } from "./parts.ts";

const INACTIVE: JsonObject = { active: false };

/** What an operation credential still is (RFC 7662): its claims, while its call is under way and nothing it stands on
 *  was revoked. A server is told of the credentials made for it; of anything else, that it is not active, and nothing more.
 *  @throws WritError `invalid_client` for a caller that is not known, `unauthorized_client` for one that may not ask. */
export async function introspect(
  parts: TokenParts,
  client: TokenClient,
  params: ReadonlyMap<string, string>,
): Promise<JsonObject> {
  const asker = mayIntrospect(client);
  const token = params.get("token");
  if (token === undefined)
    throw oauthError("invalid_request", "`token` is missing", "send the credential to ask about");
  const now = parts.clock.now();
  const jwt = verifyJwt(token, { typ: TOKEN_TYPE.operation, key: kidIn((kid) => parts.keys.find(kid)) });
  if (jwt.kind === "refused") return INACTIVE;
  const { claims } = jwt;
  const audience = audiencesOf(parts, asker).find((one) => one === own(claims, "aud"));
  if (audience === undefined) return INACTIVE;
  const expected = { issuer: parts.issuer, audience, lifetime: TOKEN_LIFETIME.operation };
  if (checkCommon(claims, expected, now) !== null) return INACTIVE;
  return (await stands(parts, claims, jwt.key.kid, now)) ? { active: true, token_type: "Bearer", ...claims } : INACTIVE;
}

function mayIntrospect(client: TokenClient): ClientConfiguration {
  if (client.kind === "public")
    throw oauthError("invalid_client", "this takes a client that proves itself", "sign a `private_key_jwt`");
  if (client.client.may.includes("introspect")) return client.client;
  throw oauthError(
    "unauthorized_client",
    "this client may not ask about credentials",
    "an admin adds `introspect` to its `may` in `writ.yaml`",
  );
}

/** What the servers that a client speaks for are called in credentials. */
function audiencesOf({ configuration }: TokenParts, client: ClientConfiguration): readonly string[] {
  return configuration.servers.flatMap(({ name, launch }) =>
    launch.kind === "http" && client.servers.includes(name) ? [launch.audience] : [],
  );
}

/** Whether the call is still out, its task acts, and nothing below it was revoked since the credential was made. */
async function stands(parts: TokenParts, claims: JsonObject, kid: string, now: number): Promise<boolean> {
  const [call, epoch] = [text(claims, "dec"), seconds(claims, "ep")];
  if (call === null || epoch === null) return false;
  return parts.store.read(async (tx) => {
    const admitted = await tx.call(call as CallId);
    const task = admitted === null ? null : await tx.task(admitted.task);
    if (admitted?.state !== "admitted" || task === null || standing(task, now) !== "active") return false;
    const on: Readonly<Record<SubjectKind, string>> = {
      all: "*",
      owner: task.owner satisfies PersonName,
      agent: task.agent satisfies AgentName,
      instance: task.instance satisfies InstanceId,
      session: admitted.session satisfies SessionId,
      task: task.id satisfies TaskId,
      profile: text(claims, "cap") ?? "",
      key: kid,
    };
    const subjects = (Object.keys(on) as SubjectKind[]).map((kind) => ({ kind, id: on[kind] }));
    return (await tx.revokedAt(subjects)) <= epoch;
  });
}
