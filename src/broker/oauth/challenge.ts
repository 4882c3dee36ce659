/** One challenge of `WWW-Authenticate` (RFC 9110 §11.6.1): the parameters of the schemes that OAuth uses. */
export interface OAuthChallenge {
  readonly error: string | null;
  readonly scope: string | null;
  /** RFC 9728 §5.1 */
  readonly resourceMetadata: string | null;
}

const NONE: OAuthChallenge = { error: null, scope: null, resourceMetadata: null };
const MAX = 4_096;

/** The first `Bearer` or `DPoP` challenge; empty where there is none, or where it cannot be read. */
export function readChallenge(text: string | null): OAuthChallenge {
  const start = /(?:^|,\s*)(?:bearer|dpop)(?=\s|$)/i.exec((text ?? "").slice(0, MAX));
  if (text === null || start === null) return NONE;
  const values = new Map<string, string>();
  const rest = text.slice(start.index + start[0].length, MAX);
  const parameter = /\s*,?\s*([A-Za-z_-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/y;
  for (let at = parameter.exec(rest); at !== null; at = parameter.exec(rest)) {
    const [, name = "", quoted, bare = ""] = at;
    // What is said twice is said by the first.
    if (!values.has(name.toLowerCase())) values.set(name.toLowerCase(), quoted?.replaceAll(/\\(.)/g, "$1") ?? bare);
  }
  return {
    error: values.get("error") ?? null,
    scope: values.get("scope") ?? null,
    resourceMetadata: values.get("resource_metadata") ?? null,
  };
}
