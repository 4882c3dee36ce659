import type { Trait } from "../../domain/effect.ts";
import { isPublic } from "../../wire/http/address.ts";
import { addressOf, isThisMachine } from "../address.ts";

/** Where machines are given their credentials, by name and by number (link-local, and what clouds took beside it). */
const METADATA: ReadonlySet<string> = new Set(
  `metadata metadata.google.internal metadata.goog instance-data instance-data.ec2.internal metadata.packet.net
   metadata.tencentyun.com metadata.azure.internal metadata.platformequinix.com
   169.254.169.254 169.254.170.2 169.254.170.23 169.254.169.253 169.254.0.23 169.254.42.42 168.63.129.16
   100.100.100.200 192.0.0.192 [fd00:ec2::254] [fd00:ec2::23] [fd20:ce::254] [fd00:42::42]`
    .split(/\s+/)
    .filter(Boolean),
);

/** Names that no public server has (RFC 6761, 6762, 8375, and what networks use of their own). */
const PRIVATE_NAME =
  /(?:^|\.)(?:localhost|local|internal|intranet|private|lan|home|corp|home\.arpa|localdomain|test|svc)$|^[^.]+$/;
/** Public names that answer with the address written in them, or with this machine's. */
const ECHOING = /(?:^|\.)(?:nip\.io|sslip\.io|xip\.io|traefik\.me|localtest\.me|lvh\.me|vcap\.me|lacolhost\.com)$/;

/** What kind of network a host is in. `host` is as `addressOf` gives it, without its port. What runs on this machine is
 *  no private network to a server that runs here too: the work's own development servers are there. */
export function networkOf(host: string, here: boolean): readonly Trait[] {
  if (METADATA.has(host)) return ["metadata-service", "private-network"];
  const number = /^\[([^\]]*)\]$/.exec(host)?.[1] ?? host;
  const inside = host.startsWith("[") ? carried(number) : written(host);
  if (inside !== null && METADATA.has(inside)) return ["metadata-service", "private-network"];
  if (here && isThisMachine(host)) return [];
  if (ECHOING.test(host)) return inside !== null && isPublic(inside) ? [] : ["private-network"];
  const numeric = host.startsWith("[") || /^\d+\.\d+\.\d+\.\d+$/.test(host);
  const isPrivate = numeric ? !isPublic(number) : PRIVATE_NAME.test(host);
  return isPrivate ? ["private-network"] : [];
}

/** The IPv4 address that an IPv6 one has inside: mapped, compatible, translated or tunnelled. */
function carried(number: string): string | null {
  const [, high, low] =
    /^(?:::|::ffff:|::ffff:0:|64:ff9b::|64:ff9b:1::)([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(number) ?? [];
  const [, six, four] = /^2002:([0-9a-f]{1,4}):([0-9a-f]{1,4}):/.exec(number) ?? [];
  const pair = [high ?? six, low ?? four];
  if (pair[0] === undefined || pair[1] === undefined) return null;
  const value = Number.parseInt(pair[0], 16) * 65_536 + Number.parseInt(pair[1], 16);
  return [24, 16, 8, 0].map((bits) => Math.floor(value / 2 ** bits) % 256).join(".");
}

/** The address that a name says: `10-0-0-1.nip.io`, `x.169.254.169.254.sslip.io`, `7f000001.nip.io`. */
function written(host: string): string | null {
  if (!ECHOING.test(host)) return null;
  const dotted = /(?:^|[.-])(\d{1,3})[.-](\d{1,3})[.-](\d{1,3})[.-](\d{1,3})\.[^.]+\.[^.]+$/.exec(host);
  if (dotted !== null) return dotted.slice(1).join(".");
  const hex = /(?:^|[.-])([0-9a-f]{8})\.[^.]+\.[^.]+$/.exec(host)?.[1];
  return hex === undefined ? null : (hex.match(/../g) ?? []).map((two) => Number.parseInt(two, 16)).join(".");
}

/** What a text for a host or an address names: the hosts, and what kinds of network they are in. */
export function classifyHost(
  text: string,
  here: boolean,
): { readonly hosts: readonly string[]; readonly traits: readonly Trait[] } {
  // Browsers keep these pages in themselves.
  if (/^about:\w*$/i.test(text)) return { hosts: [], traits: [] };
  const address = addressOf(text);
  // What is no address may be one to somebody else, anywhere.
  if (address === null) return { hosts: [text.toLowerCase()], traits: ["private-network"] };
  const { host, given } = address;
  return { hosts: given === "" ? [host] : [host, `${host}:${given}`], traits: networkOf(host, here) };
}
