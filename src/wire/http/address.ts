import { BlockList, isIP } from "node:net";

/** Where nobody's server lives: addresses that mean this host or this link, and cloud metadata. */
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

/** Of IPv4, what is not the public internet (IANA special-purpose registry). */
const NOT_PUBLIC_4 = new BlockList();
for (const [network, bits] of [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 3],
] as const)
  NOT_PUBLIC_4.addSubnet(network, bits, "ipv4");

/** Of IPv6, only global unicast is public; within it, not what carries IPv4 inside, and not documentation. */
const GLOBAL_6 = new BlockList();
GLOBAL_6.addSubnet("2000::", 3, "ipv6");
const NOT_PUBLIC_6 = new BlockList();
for (const [network, bits] of [
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["3fff::", 20],
] as const)
  NOT_PUBLIC_6.addSubnet(network, bits, "ipv6");

/** Whether a server of the operator's own may have this address. `local`: its name itself means this machine. */
export function mayConnect(address: string, local: boolean): boolean {
  const family = isIP(address) === 6 ? "ipv6" : "ipv4";
  if (isIP(address) === 0 || NEVER.check(address, family)) return false;
  return local || !LOOPBACK.check(address, family);
}

/** Whether an address is of the public internet: not this machine, not this network, not a cloud's metadata, however
 *  it is written. What is neither is not public. */
export function isPublic(address: string): boolean {
  switch (address.includes("%") ? 0 : isIP(address)) {
    case 4:
      return !NOT_PUBLIC_4.check(address, "ipv4");
    case 6:
      return GLOBAL_6.check(address, "ipv6") && !NOT_PUBLIC_6.check(address, "ipv6");
    default:
      return false;
  }
}

export function isLoopbackAddress(address: string): boolean {
  return isIP(address) !== 0 && LOOPBACK.check(address, isIP(address) === 6 ? "ipv6" : "ipv4");
}

/** `localhost` and what lies below it. */
export function isLocalName(host: string): boolean {
  const name = host.toLowerCase().replace(/\.$/, "");
  return name === "localhost" || name.endsWith(".localhost");
}
