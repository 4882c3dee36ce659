import { oauthError } from "../../../authority/tokens/oauth-error.ts";

const MOST_PARAMETERS = 64;
const HINT = "send each parameter once, in a body of application/x-www-form-urlencoded";

/** The parameters of a request to an OAuth endpoint (RFC 6749 §3.2): in the body, as a form, each once. One that came
 *  empty is left out.
 *  @throws WritError `invalid_request`. */
export function readForm(request: {
  readonly type: string | undefined;
  readonly query: string;
  readonly body: string;
}): ReadonlyMap<string, string> {
  if (!/^application\/x-www-form-urlencoded(\s*;\s*charset="?utf-8"?)?\s*$/i.test(request.type ?? ""))
    throw oauthError("invalid_request", "the body is not a form in UTF-8", HINT);
  if (request.query !== "") throw oauthError("invalid_request", "parameters stand in the address", HINT);
  const params = new Map<string, string>();
  if (request.body === "") return params;
  const pairs = request.body.split("&");
  if (pairs.length > MOST_PARAMETERS) throw oauthError("invalid_request", "there are too many parameters", HINT);
  const seen = new Set<string>();
  for (const pair of pairs) {
    const at = pair.indexOf("=");
    const name = decode(at < 0 ? pair : pair.slice(0, at));
    const value = decode(at < 0 ? "" : pair.slice(at + 1));
    if (seen.has(name)) throw oauthError("invalid_request", "a parameter is given twice", HINT);
    seen.add(name);
    if (value !== "") params.set(name, value);
  }
  return params;
}

/** The one text that a form means; a broken escape, or bytes that are no UTF-8, mean none. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    throw oauthError("invalid_request", "a parameter is not encoded as a form is", HINT);
  }
}
