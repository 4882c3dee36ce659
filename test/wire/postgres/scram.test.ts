import { createHash, createHmac } from "node:crypto";
import { expect, test } from "vitest";
import { scramVerifier } from "../../../src/wire/postgres/scram.ts";

const AUTH_MESSAGE =
  "n=user,r=rOprNGfwEbeRWgbNEkqO,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";

test("the verifier of a password is the one that RFC 7677 calculates", async () => {
  const verifier = await scramVerifier("pencil", Buffer.from("W22ZaJ0SNY7soEsUEjb6gQ==", "base64"));
  const [, iterations, salt, stored = "", server = ""] =
    /^SCRAM-SHA-256\$(\d+):([^$]+)\$([^:]+):(.+)$/.exec(verifier) ?? [];
  expect([iterations, salt]).toEqual(["4096", "W22ZaJ0SNY7soEsUEjb6gQ=="]);
  const signature = createHmac("sha256", Buffer.from(server, "base64")).update(AUTH_MESSAGE).digest("base64");
  expect(signature).toBe("6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
  // The client's proof of the RFC, taken off its signature, is the key whose hash is kept.
  const own = createHmac("sha256", Buffer.from(stored, "base64")).update(AUTH_MESSAGE).digest();
  const proof = Buffer.from("dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=", "base64");
  const key = own.map((byte, i) => byte ^ (proof[i] ?? 0));
  expect(createHash("sha256").update(key).digest("base64")).toBe(stored);
});
