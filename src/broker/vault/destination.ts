import type { Destination } from "../../domain/secret.ts";
import type { ServerConfiguration } from "../../ports/configuration.ts";

/** What an MCP client sends to its server. */
const MCP_METHODS = ["POST", "GET", "DELETE"];
/** Written so, a path means one thing to us and may mean another to who serves it. */
const AMBIGUOUS = /%2e|%2f|%5c|%00|[\\;]|\/\//i;

/** Reads `POST https://api.example.com/v1/*`, an address alone for every method, or the name of a configured server.
 *  A text says what is wrong with it. */
export function readDestination(text: string, servers: readonly ServerConfiguration[]): Destination | string {
  const named = servers.find((server) => server.name === text);
  if (named !== undefined) {
    if (named.launch.kind !== "http") return `\`${text}\` is a program, and nothing is sent to it over HTTP`;
    const { origin, pathname } = new URL(named.launch.url);
    return { methods: MCP_METHODS, origin, path: pathname };
  }
  const [, methods = "", address = ""] = /^(?:([A-Z]+(?:,[A-Z]+)*) +)?(\S+)$/.exec(text) ?? [];
  if (!/^https?:\/\//.test(address)) return `\`${text.slice(0, 200)}\` is neither a server of writ.yaml nor an address`;
  const url = URL.canParse(address) ? new URL(address) : null;
  if (url === null || url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "")
    return `\`${text.slice(0, 200)}\` is not an address with a host and a path`;
  if (/[*]/.test(url.host)) return "a secret goes to a host by name, never to a pattern of hosts";
  if (url.protocol === "http:" && !isLoopback(url.hostname)) return "a secret does not travel in the clear: use https";
  const segments = url.pathname.split("/");
  const wild = segments.some(
    (one, i) => one.includes("*") && one !== "*" && !(one === "**" && i === segments.length - 1),
  );
  if (AMBIGUOUS.test(url.pathname) || wild)
    return "in a path, `*` stands for one whole segment, and `**` only at the end for the rest";
  return { methods: methods === "" ? [] : methods.split(","), origin: url.origin, path: url.pathname };
}

/** Whether a secret bound to `to` may be put into this request. Host, method and path are compared as they will be
 *  sent, after `.` and `..` are gone. */
export function mayGo(to: readonly Destination[], method: string, url: URL): boolean {
  if (url.username !== "" || url.password !== "" || AMBIGUOUS.test(url.pathname)) return false;
  return to.some(
    (one) =>
      one.origin === url.origin &&
      (one.methods.length === 0 || one.methods.includes(method)) &&
      pathFits(one.path, url.pathname),
  );
}

function pathFits(pattern: string, path: string): boolean {
  const wanted = pattern.split("/");
  const given = path.split("/");
  const open = wanted.at(-1) === "**";
  if (open ? given.length < wanted.length : given.length !== wanted.length) return false;
  return wanted.every((segment, i) => (open && i === wanted.length - 1) || segment === "*" || segment === given[i]);
}

export function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127(\.\d{1,3}){3}$/.test(hostname);
}
