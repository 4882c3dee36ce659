import type { ServerMetadata } from "openid-client";
import { isObject, type JsonObject, own } from "../../domain/json.ts";
import { guardedFetch, type Reach } from "../../wire/http/guarded-fetch.ts";
import { parseStrict } from "../../wire/json/parse.ts";
import { notGiven } from "../refusals.ts";

/** What a protected resource says of itself (RFC 9728). */
export interface Resource {
  readonly resource: string;
  readonly issuers: readonly string[];
  readonly scopes: readonly string[] | null;
}

/** The metadata of the resource at `url`: where its challenge says, else at the well-known places. Null where there is none.
 *  @throws WritError when what is there is about another resource. */
export async function discoverResource(url: URL, said: string | null, reach: Reach): Promise<Resource | null> {
  const path = url.pathname === "/" ? "" : url.pathname.replace(/\/$/, "");
  const wellKnown = [...new Set([path, ""])].map((at) => `${url.origin}/.well-known/oauth-protected-resource${at}`);
  for (const place of said === null ? wellKnown : [said]) {
    const found = await json(place, reach);
    if (found === null) continue;
    const resource = own(found, "resource");
    if (typeof resource !== "string" || !covers(resource, url))
      throw notGiven("the server's metadata is about another resource");
    const issuers = texts(own(found, "authorization_servers"));
    return {
      resource,
      issuers,
      scopes: Object.hasOwn(found, "scopes_supported") ? texts(own(found, "scopes_supported")) : null,
    };
  }
  return null;
}

/** An authorization server's metadata (RFC 8414, or OpenID discovery), which must name itself exactly.
 *  @throws WritError when there is none, or it names another. */
export async function discoverIssuer(issuer: string, reach: Reach): Promise<ServerMetadata> {
  const url = URL.canParse(issuer) ? new URL(issuer) : null;
  if (url === null || url.search !== "" || url.hash !== "")
    throw notGiven("the authorization server has no proper address");
  const path = url.pathname === "/" ? "" : url.pathname.replace(/\/$/, "");
  const places = [
    `${url.origin}/.well-known/oauth-authorization-server${path}`,
    `${url.origin}/.well-known/openid-configuration${path}`,
    ...(path === "" ? [] : [`${url.origin}${path}/.well-known/openid-configuration`]),
  ];
  for (const place of places) {
    const found = await json(place, reach);
    if (found === null) continue;
    if (own(found, "issuer") !== issuer) throw notGiven("the authorization server's metadata names another issuer");
    if (typeof own(found, "token_endpoint") !== "string")
      throw notGiven("the authorization server names no token endpoint");
    return found as unknown as ServerMetadata;
  }
  throw notGiven("the authorization server publishes no metadata");
}

/** Whether metadata about `resource` is about `url`: the same, or a place above it. */
function covers(resource: string, url: URL): boolean {
  if (!URL.canParse(resource)) return false;
  const about = new URL(resource);
  const above = about.pathname.endsWith("/") ? about.pathname : `${about.pathname}/`;
  return about.origin === url.origin && (about.pathname === url.pathname || `${url.pathname}/`.startsWith(above));
}

/** The JSON object at a place; null where there is none. */
async function json(place: string, reach: Reach): Promise<JsonObject | null> {
  const fetched = await guardedFetch({ url: place, headers: { accept: "application/json" } }, { reach });
  if (fetched.kind === "failed") {
    if (fetched.sent) return null;
    throw notGiven(`the authorization server's metadata cannot be fetched: ${fetched.why}`);
  }
  if (fetched.status !== 200) return null;
  const parsed = parseStrict(fetched.bytes.toString("utf8"));
  return parsed.kind === "parsed" && isObject(parsed.value) ? parsed.value : null;
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((one): one is string => typeof one === "string").slice(0, 100) : [];
}
