import type { EffectKind, Effects } from "../domain/effect.ts";
import { clears, type Confidentiality } from "../domain/provenance.ts";
import type { Configuration, ServerConfiguration } from "../ports/configuration.ts";
import { atomOf } from "./normal.ts";

/** Whom a call sends values to, and what they may be sent. */
export interface Sink {
  readonly name: string;
  readonly clearance: Confidentiality;
}

export interface Sinks {
  readonly all: readonly Sink[];
  /** Whether the values go no further than the server, which may have back what it gave. */
  readonly stays: boolean;
}

export type Clearances = Pick<Configuration, "servers" | "clearance">;

/** What such a call does ends at the server. */
const ENDS_THERE: ReadonlySet<EffectKind> = new Set(["read", "write", "delete", "administer"]);
/** The same, where the server works on this machine. */
const ENDS_HERE: ReadonlySet<EffectKind> = new Set(["read", "write", "delete"]);

/** Files that are none: devices that send, shares of other machines. */
const ELSEWHERE = /^\/(?:dev|proc|sys)\/|^\/\//;

/** The sinks of a call, with the clearance of each as configuration has it; whom it does not know is cleared for what is
 *  public. Hosts and recipients that are addresses are judged by their domain; whoever is called by a name of the server's own
 *  is reached through the server. A server that carries something on has no say in it, unless configuration gives it one. */
export function sinksOf(
  call: { readonly server: string; readonly effects: Effects; readonly memory: boolean },
  { servers, clearance }: Clearances,
): Sinks {
  const { effects, memory } = call;
  const server = servers.find(({ name }) => name === call.server);
  const named = effects.recipients.map((name) => ({ name, domains: domainsIn(name) }));
  const beyond = [
    ...effects.hosts.map((name) => ({ name, domains: [name.toLowerCase().replace(/:\d{1,5}$/, "")] })),
    ...named,
  ].flatMap(({ name, domains }) =>
    domains.map((domain): Sink => ({ name, clearance: clearanceOf(domain, clearance) })),
  );
  const said = server?.clearance;
  const nowhere = effects.hosts.length + named.length === 0;
  const through = nowhere || named.some(({ domains }) => domains.length === 0);
  if (!through) return { all: said === undefined ? beyond : [...beyond, own(call.server, said)], stays: false };
  const here =
    nowhere &&
    effects.kinds.every((kind) => ENDS_HERE.has(kind)) &&
    (memory || (isHere(server) && effects.paths.length > 0 && effects.paths.every((path) => !ELSEWHERE.test(path))));
  return {
    all: [...beyond, own(call.server, said ?? (here ? "secret" : "public"))],
    stays: nowhere && effects.kinds.every((kind) => ENDS_THERE.has(kind)),
  };
}

function own(name: string, clearance: Confidentiality): Sink {
  return { name, clearance };
}

function isHere(server: ServerConfiguration | undefined): boolean {
  return server !== undefined && server.launch.kind !== "http" && server.launch.kind !== "postgres";
}

/** The domains that a recipient is in; none for a name that only the server knows. What seems to be an address and cannot be
 *  read is in a domain that nobody cleared. */
function domainsIn(recipient: string): readonly string[] {
  if (/^@[\w.-]+$/.test(recipient)) return [];
  const host = atomOf(recipient).host;
  if (host !== null && !recipient.includes("@")) return [host.replace(/:\d{1,5}$/, "")];
  const found = [...recipient.matchAll(/@([^\s@<>(),;:"']*)/g)].map(([, domain = ""]) => domain.toLowerCase());
  return recipient.includes("@") ? found : [];
}

/** That of the domain, or of the nearest one above it. */
function clearanceOf(domain: string, clearance: Clearances["clearance"]): Confidentiality {
  for (let at = domain; at !== ""; at = at.includes(".") ? at.slice(at.indexOf(".") + 1) : "") {
    const said = Object.hasOwn(clearance, at) ? clearance[at] : undefined;
    if (said !== undefined) return said;
  }
  return "public";
}

/** The sink that is cleared for least, of those that are not cleared for this. */
export function unclearedFor(classification: Confidentiality, { all }: Sinks): Sink | null {
  const uncleared = all.filter(({ clearance }) => !clears(clearance, classification));
  return uncleared.toSorted((a, b) => (clears(b.clearance, a.clearance) ? -1 : 1))[0] ?? null;
}
