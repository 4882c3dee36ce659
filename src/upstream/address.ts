import { lookup as resolve } from "node:dns";
import type { LookupFunction } from "node:net";
import { WritError } from "../domain/error.ts";
import { isLocalName, mayConnect } from "../wire/http/address.ts";

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
