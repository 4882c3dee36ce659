/** Who may be named by `Host` and `Origin`: a host without a port means any port. */
export interface AllowedOrigins {
  /** `127.0.0.1`, `[::1]`, `gateway.example:8443`; lower case. */
  readonly hosts: readonly string[];
  /** `https://console.example`; lower case. `null` is never among them. */
  readonly origins: readonly string[];
}

/** For a server bound to loopback: its own names, and pages served from this machine. */
export const LOOPBACK: AllowedOrigins = {
  hosts: ["127.0.0.1", "localhost", "[::1]"],
  origins: [
    "http://127.0.0.1",
    "http://localhost",
    "http://[::1]",
    "https://127.0.0.1",
    "https://localhost",
    "https://[::1]",
  ],
};

/** As before, and under the name that clients know. */
export function withOrigin(allowed: AllowedOrigins, origin: string): AllowedOrigins {
  const { host } = new URL(origin);
  return {
    hosts: [...new Set([...allowed.hosts, host])],
    origins: [...new Set([...allowed.origins, origin])],
  };
}

interface OriginHeaders {
  readonly host?: string | undefined;
  readonly origin?: string | undefined;
}

/** Refuses a request that a web page elsewhere made through a name it re-pointed at us (DNS rebinding), or made openly.
 *  A missing `Host` is refused; a missing `Origin` is not a browser and passes. The door answers 403. */
export function checkOrigin(headers: OriginHeaders, allowed: AllowedOrigins): "ok" | "host" | "origin" {
  const { host, origin } = headers;
  if (host === undefined || !listed(host.toLowerCase(), allowed.hosts)) return "host";
  if (origin !== undefined && !listed(origin.toLowerCase(), allowed.origins)) return "origin";
  return "ok";
}

/** Equal, or equal up to a port where the entry names none. Nothing is parsed: what is not exactly this shape is not listed. */
function listed(given: string, entries: readonly string[]): boolean {
  return entries.some(
    (entry) => given === entry || (given.startsWith(`${entry}:`) && /^[0-9]{1,5}$/.test(given.slice(entry.length + 1))),
  );
}
