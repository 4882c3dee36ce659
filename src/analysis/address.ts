/** Where a text points when something opens it. */
export interface Address {
  /** Lower case, without a trailing dot; numbers in their one spelling, IPv6 in brackets. */
  readonly host: string;
  /** As given, else what the scheme means; empty for a scheme that means none. */
  readonly port: string;
  /** The port as it was given. */
  readonly given: string;
}

/** The web's own schemes do without slashes, others do not. */
const SCHEME = /^(https?|wss?|ftp):|^([a-z][a-z0-9+.-]*):(?=[/\\]{2})/i;
const SECURE = new Set(["https", "wss"]);
const PLAIN = new Set(["", "http", "ws"]);
/** A host has at most 253 characters; nothing opens an address of this length. */
const LONGEST_HOST = 300;
const LONGEST = 65_536;

/** Reads an address with its scheme, or without one as tools complete it; null for what is none. Every scheme is read
 *  as the web's are, for only there have numbers and letter case one spelling. */
export function addressOf(text: string): Address | null {
  if (text.length > LONGEST) return null;
  const read = text.replaceAll(/[\t\n\r]/g, "").replace(/^[\p{Cc}\s]+/u, "");
  const found = SCHEME.exec(read);
  const scheme = (found?.[1] ?? found?.[2] ?? "").toLowerCase();
  const [place = ""] = read
    .slice(found?.[0].length ?? 0)
    .replace(/^[/\\]+/, "")
    .split(/[/\\?#]/, 1);
  const host = place.slice(place.lastIndexOf("@") + 1);
  const whole = `${SECURE.has(scheme) ? "https" : "http"}://${host}`;
  if (host === "" || host.length > LONGEST_HOST || !URL.canParse(whole)) return null;
  const { hostname, port } = new URL(whole);
  const usual = SECURE.has(scheme) ? "443" : PLAIN.has(scheme) ? "80" : "";
  return { host: hostname.replace(/\.$/, ""), port: port === "" ? usual : port, given: port };
}

/** Whether a host, as `addressOf` gives it, is this machine: by name, by number, or by the number that stands for all. */
export function isThisMachine(host: string): boolean {
  return (
    host === "localhost" ||
    host.endsWith(".localhost") ||
    /^(?:127\.|0\.0\.0\.0$)/.test(host) ||
    /^\[::(?:1|ffff:(?:7f[0-9a-f]{2}:[0-9a-f]{1,4}|0:0))?\]$/.test(host)
  );
}
