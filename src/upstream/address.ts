import { lookup as resolve } from "node:dns";
import { BlockList, isIP, type LookupFunction } from "node:net";
import { WritError } from "../domain/error.ts";

/** Where no upstream lives: addresses that mean this host or this link, and cloud metadata. */
const NEVER = new BlockList();
NEVER.addSubnet("0.0.0.0", 8, "ipv4");
NEVER.addSubnet("169.254.0.0", 16, "ipv4");
NEVER.addSubnet("224.0.0.0", 3, "ipv4");
NEVER.addAddress("100.100.100.200", "ipv4");
NEVER.addAddress("::", "ipv6");
NEVER.addSubnet("fe80::", 10, "ipv6");
NEVER.addSubnet("ff00::", 8, "ipv6");
NEVER.addAddress("fd00:ec2::254", "ipv6");
// The same of IPv4, as IPv6 has it inside: compatible, behind a translator (RFC 6052), behind 6to4.
for (const [prefix, bits] of [
  ["::", 96],
  ["64:ff9b::", 96],
  ["2002:", 16],
] as const) {
  const tail = prefix === "2002:" ? "::" : "";
  NEVER.addSubnet(`${prefix}7f00:0${tail}`, bits + 8, "ipv6");
  NEVER.addSubnet(`${prefix}a9fe:0${tail}`, bits + 16, "ipv6");
}

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet("127.0.0.0", 8, "ipv4");
LOOPBACK.addAddress("::1", "ipv6");

/** Whether an address that a name resolved to may be connected to. `local`: the name itself means this machine. */
export function mayConnect(address: string, local: boolean): boolean {
  const family = isIP(address) === 6 ? "ipv6" : "ipv4";
  if (isIP(address) === 0 || NEVER.check(address, family)) return false;
  return local || !LOOPBACK.check(address, family);
}

/** `localhost` and what lies below it. */
function isLocalName(host: string): boolean {
  const name = host.toLowerCase().replace(/\.$/, "");
  return name === "localhost" || name.endsWith(".localhost");
}

type Resolve = (
  name: string,
  done: (error: Error | null, addresses: readonly { address: string; family: number }[]) => void,
) => void;

const systemResolve: Resolve = (name, done) => resolve(name, { all: true }, done);

/** Resolves the host of an upstream, and connects only where an upstream may be: one forbidden address among the
 *  answers refuses them all. An address written literally in the configuration is the admin's own word; Node
 *  connects to it without asking here. */
export function checkedLookup(host: string, through: Resolve = systemResolve): LookupFunction {
  const local = isLocalName(host);
  return (name, options, done) => {
    through(name, (error, addresses) => {
      if (error !== null) return done(error, []);
      const bad = addresses.find(({ address }) => !mayConnect(address, local));
      const first = addresses[0];
      if (bad !== undefined || first === undefined) return done(refusal(host, bad?.address ?? "nothing"), []);
      if (options.all === true) done(null, [...addresses]);
      else done(null, first.address, first.family);
    });
  };
}

function refusal(host: string, address: string): WritError {
  return new WritError({
    code: "address_refused",
    status: 502,
    facts: { host, address },
    message: `\`${host}\` resolves to ${address}, where no upstream may be`,
    hint: "if the server really is there, write the address itself in `writ.yaml`",
  });
}
