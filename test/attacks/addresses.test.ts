import { expect, test } from "vitest";
import { checkedLookup } from "../../src/upstream/address.ts";
import { mayConnect } from "../../src/wire/http/address.ts";

test.each([
  "127.0.0.1",
  "127.8.8.8",
  "0.0.0.0",
  "169.254.169.254",
  "100.100.100.200",
  "::1",
  "::",
  "::127.0.0.1",
  "::ffff:127.0.0.1",
  "::ffff:a9fe:a9fe",
  "64:ff9b::7f00:1",
  "64:ff9b::a9fe:a9fe",
  "2002:7f00:1::",
  "2002:a9fe:a9fe::1",
  "fe80::1",
  "fd00:ec2::254",
  "224.0.0.1",
  "255.255.255.255",
  "",
  "nonsense",
])("a name that is pointed at %s, this machine or what only a host may ask, is not connected to", (address) => {
  expect(mayConnect(address, false)).toBe(false);
});

test.each(["evil.example", "localhost.evil.example", "notlocalhost"])(
  "of the answers for %s one forbidden refuses them all, first or last",
  async (host) => {
    for (const addresses of [
      ["93.184.216.34", "127.0.0.1"],
      ["127.0.0.1", "93.184.216.34"],
    ]) {
      const lookup = checkedLookup(host, (_, done) =>
        done(
          null,
          addresses.map((address) => ({ address, family: 4 })),
        ),
      );
      const error = await new Promise<Error | null>((resolve) =>
        lookup(host, { all: true }, (failed) => resolve(failed)),
      );
      expect(error).toMatchObject({ code: "address_refused" });
    }
  },
);
