import { isObject, type Json, type JsonObject, own } from "../../domain/json.ts";
import type { Fetched } from "../../wire/http/guarded-fetch.ts";
import { decodeUtf8Strict, parseStrict } from "../../wire/json/parse.ts";
import { mayRedirectTo } from "../../wire/http/redirects.ts";

/** What a client says of itself, in its metadata document or when it registers. */
export interface ClientMetadata {
  readonly name: string;
  readonly redirectUris: readonly string[];
}

const MOST_REDIRECTS = 16;
const LONGEST_NAME = 80;

/** Reads a fetched metadata document of `id`; why it does not hold otherwise. */
export function readClientDocument(id: string, fetched: Fetched): ClientMetadata | string {
  if (fetched.kind === "failed") return fetched.why;
  if (fetched.status !== 200) return `its address answers with status ${fetched.status}`;
  const type = (fetched.headers["content-type"] ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
  if (!/^application\/([a-z0-9.+-]+\+)?json$/.test(type)) return "its document is not JSON";
  const text = decodeUtf8Strict(fetched.bytes);
  const parsed = text === null ? null : parseStrict(text, { maxBytes: 64 * 1024 });
  if (parsed?.kind !== "parsed" || !isObject(parsed.value)) return "its document cannot be read";
  if (own(parsed.value, "client_id") !== id) return "its document is of another client";
  return readClientMetadata(parsed.value);
}

/** Reads what RFC 7591 §2 calls client metadata; why it does not hold otherwise. */
export function readClientMetadata(metadata: JsonObject): ClientMetadata | string {
  const redirects = own(metadata, "redirect_uris");
  if (!Array.isArray(redirects) || redirects.length === 0 || redirects.length > MOST_REDIRECTS)
    return `it needs 1 to ${MOST_REDIRECTS} \`redirect_uris\``;
  if (!redirects.every((uri: Json) => typeof uri === "string" && mayRedirectTo(uri)))
    return "a redirect address is neither https nor on this machine";
  for (const secret of ["client_secret", "client_secret_expires_at"])
    if (own(metadata, secret) !== undefined) return "a public client has no secret";
  if ((own(metadata, "token_endpoint_auth_method") ?? "none") !== "none")
    return "only public clients (`token_endpoint_auth_method` none) sign people in here";
  for (const [member, needed] of [
    ["grant_types", "authorization_code"],
    ["response_types", "code"],
  ] as const) {
    const listed = own(metadata, member);
    if (listed !== undefined && !(Array.isArray(listed) && listed.includes(needed)))
      return `its \`${member}\` leave out \`${needed}\``;
  }
  const name = own(metadata, "client_name");
  return {
    name: typeof name === "string" ? name.slice(0, LONGEST_NAME) : "",
    redirectUris: redirects as readonly string[],
  };
}
