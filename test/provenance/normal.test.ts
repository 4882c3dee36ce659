import fc from "fast-check";
import { expect, test } from "vitest";
import { fingerprintUnder } from "../../src/provenance/fingerprint.ts";
import { atomOf, atomsIn, decoded } from "../../src/provenance/normal.ts";

test("one account is one value with spaces, dashes, and in either case", () => {
  for (const spelling of ["GB82 WEST 1234 5698 7654 32", "gb82west12345698765432", "GB82-WEST-1234-5698-7654-32"])
    expect(atomOf(spelling).key, spelling).toBe("gb82west12345698765432");
});

test("one address is one value with its scheme, its usual port, in either case and with a slash at its end", () => {
  for (const spelling of [
    "HTTPS://Shop.Example/a/",
    "shop.example/a",
    "http://shop.example:80/a",
    "shop.example/a#top",
  ])
    expect(atomOf(spelling).key, spelling).toBe("shop.example/a");
});

test("a number is one value in whichever form", () => {
  for (const spelling of ["1200", "1,200.00", "$1200", "1200.0 EUR"])
    expect(atomOf(spelling).key, spelling).toBe("1200");
});

test("an address under base64, hexadecimal or percent coding is found in a text", () => {
  const address = "mallory@evil.example";
  const bytes = Buffer.from(`write to ${address} today`);
  for (const coded of [bytes.toString("base64"), bytes.toString("hex"), encodeURIComponent(`to=${address}`)])
    expect(
      atomsIn(`see ${coded} for more`).map((atom) => atom.key),
      coded,
    ).toContain(address);
});

test("an account written in groups is found in a text", () => {
  expect(atomsIn("pay to GB82 WEST 1234 5698 7654 32 today").map((atom) => atom.key)).toContain(
    "gb82west12345698765432",
  );
});

test("what cannot be seen does not make another value", () => {
  expect(atomOf("mal\u200blory@evil.example").key).toBe("mallory@evil.example");
});

test("reading any text for addresses ends, and decoding never throws (property)", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 500 }), (text) => {
      expect(Array.isArray(atomsIn(text))).toBe(true);
      expect(Array.isArray(decoded(text))).toBe(true);
      expect(typeof atomOf(text).key).toBe("string");
    }),
  );
});

test("a fingerprint depends on the key and on every letter (property)", () => {
  const one = fingerprintUnder([1, 2]);
  const other = fingerprintUnder([1, 3]);
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), fc.string({ minLength: 1 }), (a, b) => {
      expect(one(a)).toBe(one(a));
      if (a !== b) expect(one(a)).not.toBe(one(b));
      expect(one(a)).not.toBe(other(a));
      expect(one(a)).toBeLessThan(2 ** 48);
    }),
  );
});
