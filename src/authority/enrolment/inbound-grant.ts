import { type JsonObject, isObject, own } from "../../domain/json.ts";
import type { PersonName } from "../../domain/ids.ts";
import type { InboundRule } from "../../ports/configuration.ts";
import { beginSignIn } from "../people/sign-ins.ts";
import { text } from "../tokens/claims.ts";
import { oauthError } from "../tokens/oauth-error.ts";
import type { TokenParts } from "../tokens/parts.ts";
import type { TokenAnswer, TokenAsk } from "../tokens/token-endpoint.ts";
import { claimed, verifyExternal } from "./external-token.ts";
import type { KnownIssuer } from "./workload-token.ts";

export const ID_JAG = "oauth-id-jag+jwt";

/** An identity provider's word that a client may act for one of its people (ID-JAG, draft-ietf-oauth-identity-assertion-
 *  authz-grant: Okta Cross App Access, MCP enterprise-managed authorization), for a task token (RFC 7523 §2.1). The
 *  client has proved itself and is the one that the assertion names; a rule of the issuer says as which agent and for
 *  whom; an assertion is good once. There is no refresh token: the client fetches another assertion. */
export async function inboundGrant(parts: TokenParts, asked: TokenAsk, assertion: string): Promise<TokenAnswer> {
  const { params, client, proven } = asked;
  if (client.kind !== "registered")
    throw oauthError("invalid_client", "this grant is for clients that prove themselves", "sign a `private_key_jwt`");
  if (params.has("scope") || params.has("authorization_details"))
    throw oauthError("invalid_scope", "a task starts with what `writ.yaml` says its agent starts with", HINT);
  const now = parts.clock.now();
  const name = claimed(assertion, "iss");
  const known = parts.issuers.find(({ configuration }) => configuration.issuer === name);
  if (known === undefined) throw notGood();
  const verified = await verifyExternal(
    assertion,
    {
      types: [ID_JAG],
      issuer: known.configuration.issuer,
      audience: parts.issuer,
      lifetime: known.configuration.lifetimeMs / 1000,
      dated: true,
      keys: known.keys,
    },
    now,
  );
  if (verified.kind === "refused") throw notGood();
  const { claims, expiresAt } = verified;
  const jti = text(claims, "jti");
  const rule = known.configuration.grants.find((one) => one.client === client.client.name);
  const owner = rule === undefined ? null : personOf(rule, claims);
  const resource = resourceOf(parts, asked, claims);
  if (jti === null || rule === undefined || owner === null || resource === null) throw notGood();
  if (own(claims, "client_id") !== client.client.name || !keyHolds(claims, proven)) throw notGood();
  // What would narrow it further is nothing that we could keep: it is refused and not ignored.
  if (own(claims, "authorization_details") !== undefined) throw notGood();
  const { opened, instance } = await parts.store.write(async (tx) => {
    if (!(await tx.spend(`id-jag:${known.configuration.issuer}`, jti, expiresAt))) throw notGood();
    const begun = await beginSignIn(parts, tx, codeFor(parts, rule, owner, resource), {
      gateway: parts.gateway,
      proven,
    });
    await tx.append({
      kind: "inbound_grant",
      at: now,
      call: null,
      task: begun.opened.task.id,
      body: describe(parts, known, claims, { client: rule.client, owner, instance: begun.instance.id, jti }),
    });
    return begun;
  });
  return {
    access_token: opened.token.token,
    token_type: instance.binding === "bearer" ? "Bearer" : "DPoP",
    expires_in: Math.max(0, Math.floor((opened.token.expiresAt - now) / 1000)),
    task: opened.task.id,
  };
}

/** Whom the subject is here; what is not written is nobody. */
function personOf(rule: InboundRule, claims: JsonObject): PersonName | null {
  const subject = text(claims, "sub");
  return subject !== null && Object.hasOwn(rule.people, subject) ? (rule.people[subject] ?? null) : null;
}

/** What the assertion is for, which the request may repeat and not change; the whole gateway where neither says. */
function resourceOf(parts: TokenParts, { params }: TokenAsk, claims: JsonObject): string | null {
  const said = own(claims, "resource");
  const asked = params.get("resource");
  if (said !== undefined && (typeof said !== "string" || (asked !== undefined && asked !== said))) return null;
  const resource = said ?? asked ?? parts.gateway;
  const known = [parts.gateway, ...parts.configuration.servers.map((one) => `${parts.gateway}/${one.name}`)];
  return known.includes(resource) ? resource : null;
}

/** An assertion that names a key is good only with a proof of that key (RFC 9449). */
function keyHolds(claims: JsonObject, proven: string | null): boolean {
  const cnf = own(claims, "cnf");
  if (cnf === undefined) return true;
  return proven !== null && isObject(cnf) && own(cnf, "jkt") === proven && Object.keys(cnf).length === 1;
}

function codeFor(
  parts: TokenParts,
  rule: InboundRule,
  owner: PersonName,
  resource: string,
): Parameters<typeof beginSignIn>[2] {
  const client = { id: rule.client, name: rule.client, redirectUris: [], agent: rule.agent };
  const until = parts.clock.now();
  const request = {
    id: parts.ids.nonce(),
    client,
    redirectUri: "",
    state: null,
    challenge: "",
    resource,
    scope: null,
    stepUp: null,
    until,
  };
  return { request, owner, objective: "", until };
}

function describe(parts: TokenParts, known: KnownIssuer, claims: JsonObject, more: JsonObject): JsonObject {
  const act = own(claims, "act");
  return {
    issuer: known.configuration.issuer,
    subject: parts.digests.keyed(String(own(claims, "sub"))),
    ...(isObject(act) ? { actor: text(act, "sub") } : {}),
    ...more,
  };
}

/** One answer for everything that can be wrong with an assertion. */
function notGood(): Error {
  return oauthError("invalid_grant", "this assertion is not good here, or not good any more", HINT);
}

const HINT = "get a fresh ID-JAG for Writ's issuer from the identity provider";
