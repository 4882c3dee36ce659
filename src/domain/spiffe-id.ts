/** A SPIFFE ID taken apart (SPIFFE-ID §2). */
export interface ReadSpiffeId {
  readonly trustDomain: string;
  /** With its leading slash; empty for the trust domain itself. */
  readonly path: string;
}

const SCHEME = "spiffe://";
const LONGEST = 2048;
const LONGEST_TRUST_DOMAIN = 255;
const TRUST_DOMAIN = /^[a-z0-9._-]+$/;
const SEGMENT = /^[A-Za-z0-9._-]+$/;

/** Reads a SPIFFE ID; null for any text that is not the one spelling of one: another case of scheme or trust domain, a
 *  port, a user, a query, a fragment, anything percent-encoded, an empty or a dot segment, a slash at the end. */
export function readSpiffeId(text: string): ReadSpiffeId | null {
  if (text.length > LONGEST || !text.startsWith(SCHEME)) return null;
  const rest = text.slice(SCHEME.length);
  const slash = rest.indexOf("/");
  const trustDomain = slash < 0 ? rest : rest.slice(0, slash);
  const path = slash < 0 ? "" : rest.slice(slash);
  if (!isTrustDomain(trustDomain)) return null;
  const segments = path === "" ? [] : path.slice(1).split("/");
  const fine = segments.every((one) => SEGMENT.test(one) && one !== "." && one !== "..");
  return fine ? { trustDomain, path } : null;
}

export function isTrustDomain(text: string): boolean {
  return text.length <= LONGEST_TRUST_DOMAIN && TRUST_DOMAIN.test(text);
}
