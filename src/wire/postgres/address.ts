import { readFileSync } from "node:fs";
import { checkServerIdentity, type ConnectionOptions, type PeerCertificate } from "node:tls";

/** Where a database is and how it is reached, as `pg` wants it. */
export interface PostgresAddress {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string | undefined;
  readonly database: string;
  readonly ssl: ConnectionOptions | false;
}

/** What is said of an address that does not hold; none repeats the address, which holds a password. */
export interface AddressFaults {
  invalid(why: string, hint: string): Error;
  needsTls(host: string): Error;
}

const KNOWN = new Set(["sslmode", "sslrootcert", "host"]);
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[?::1\]?)$/;
const HINT = "write it as postgres://user:password@host:port/database";

/** Reads `postgres://user:password@host:port/database?sslmode=verify-full&sslrootcert=/file`; for a socket,
 *  `@localhost/database?host=/folder`. Over anything but a socket or loopback the server's certificate must be verified.
 *  @throws what `faults` makes of it. */
export function readAddress(text: string, faults: AddressFaults): PostgresAddress {
  const badUrl = (why: string, hint: string): Error => faults.invalid(why, hint);
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^postgres(ql)?:$/.test(url.protocol)) throw badUrl("it is no postgres:// address", HINT);
  for (const name of url.searchParams.keys()) {
    if (!KNOWN.has(name) || url.searchParams.getAll(name).length > 1)
      throw badUrl(`\`${name.slice(0, 32)}\` is not a parameter here`, `use ${[...KNOWN].join(", ")}, each once`);
  }
  const socket = url.searchParams.get("host");
  if (socket !== null && (!socket.startsWith("/") || url.hostname !== "localhost"))
    throw badUrl(
      "`host` is for a socket's folder",
      "write postgres://user@localhost/database?host=/folder for a socket",
    );
  const host = socket ?? decode(url.hostname, faults).replace(/^\[|\]$/g, "");
  const [user, database] = [decode(url.username, faults), decode(url.pathname.slice(1), faults)];
  if (host === "" || user === "" || database === "" || database.includes("/")) {
    throw badUrl("it lacks a host, a user or a database", HINT);
  }
  return {
    host,
    port: url.port === "" ? 5432 : Number(url.port),
    user,
    password: url.password === "" ? undefined : decode(url.password, faults),
    database,
    ssl: tlsOf(url.searchParams, host, socket !== null || LOOPBACK.test(host), faults),
  };
}

/** `host:port/database`: what may be shown. */
export function nameOf({ host, port, database }: PostgresAddress): string {
  return `${host}:${port}/${database}`;
}

function tlsOf(
  parameters: URLSearchParams,
  host: string,
  near: boolean,
  faults: AddressFaults,
): ConnectionOptions | false {
  const mode = parameters.get("sslmode");
  const roots = parameters.get("sslrootcert");
  if (mode === "verify-full") {
    return {
      rejectUnauthorized: true,
      minVersion: "TLSv1.2",
      ...(roots === null ? {} : { ca: readRoots(roots, faults) }),
      // `pg` names no server for an address in numbers, and Node would then look for "localhost".
      checkServerIdentity: (_: string, certificate: PeerCertificate) => checkServerIdentity(host, certificate),
    };
  }
  if (!near) throw faults.needsTls(host);
  if (mode !== null && mode !== "disable")
    throw faults.invalid("this `sslmode` verifies nothing", "use sslmode=verify-full, or none on this machine");
  return false;
}

function readRoots(file: string, faults: AddressFaults): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    throw faults.invalid("the file of `sslrootcert` cannot be read", `look at ${file}`);
  }
}

function decode(text: string, faults: AddressFaults): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw faults.invalid("a percent sign stands for itself in it", "write %25 for a percent sign");
  }
}
