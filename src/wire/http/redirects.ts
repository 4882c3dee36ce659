/** What a redirect address may be: `https`, or plain `http` to this very machine (RFC 8252 §7.3). Written out and
 *  canonical, without credentials or a fragment. */
export function mayRedirectTo(uri: string): boolean {
  if (uri.length > 1_024 || !URL.canParse(uri)) return false;
  const url = new URL(uri);
  if (url.username !== "" || url.password !== "" || uri.includes("#") || uri.includes("*")) return false;
  if (url.protocol === "http:" ? loopbackOf(uri) === null : url.protocol !== "https:") return false;
  return url.href === uri || (url.pathname === "/" && url.href === `${uri}/`);
}

/** Whether `given` is one of `registered`, character by character. Only the port of an address on this machine may be
 *  another, since a native client takes the one that is free (RFC 8252 §7.3). */
export function redirectMatches(registered: readonly string[], given: string): boolean {
  if (registered.includes(given)) return mayRedirectTo(given);
  const here = loopbackOf(given);
  return here !== null && mayRedirectTo(given) && registered.some((one) => loopbackOf(one) === here);
}

/** An address on this machine without its port; null for any other. */
function loopbackOf(uri: string): string | null {
  const found = /^(http:\/\/(?:127\.0\.0\.1|\[::1\]|localhost))(?::[0-9]{1,5})?((?:\/[^#]*)?)$/.exec(uri);
  return found === null ? null : `${found[1]}${found[2]}`;
}

/** Whether a `client_id` is the address of a metadata document: canonical `https` with a path, without credentials,
 *  query or fragment. */
export function isDocumentUrl(id: string): boolean {
  if (id.length > 512 || !URL.canParse(id)) return false;
  const url = new URL(id);
  return (
    url.protocol === "https:" &&
    url.href === id &&
    url.pathname !== "/" &&
    url.username === "" &&
    url.password === "" &&
    !/[?#]/.test(id)
  );
}
