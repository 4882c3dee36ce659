import { describe, expect, it } from "vitest";
import { WritError } from "../../src/domain/error.ts";
import { readPostgresUrl } from "../../src/store/sql/postgres-url.ts";
import { nameOf } from "../../src/wire/postgres/address.ts";

const SECRET = "s3cr3t%40word";

function refusal(url: string): WritError {
  try {
    readPostgresUrl(url);
  } catch (error) {
    if (error instanceof WritError) return error;
    throw error;
  }
  throw new Error(`accepted ${url}`);
}

describe("the address of a database", () => {
  it("is read as it is written, percent signs decoded", () => {
    const address = readPostgresUrl(`postgres://wr%40it:${SECRET}@localhost:6543/our%20db`);
    expect(address).toMatchObject({ host: "localhost", port: 6543, user: "wr@it", password: "s3cr3t@word" });
    expect([address.database, address.ssl, nameOf(address)]).toEqual(["our db", false, "localhost:6543/our db"]);
  });

  it("may be a socket's folder", () => {
    const address = readPostgresUrl("postgresql://writ@localhost/writ?host=/var/run/postgresql");
    expect(address).toMatchObject({ host: "/var/run/postgresql", port: 5432, ssl: false });
  });

  it("over a network is refused unless the server's certificate is verified for its name", () => {
    for (const host of ["db.example", "10.0.0.7", "[2001:db8::1]", "127.0.0.1.example", "localhost.example"]) {
      for (const mode of ["", "?sslmode=disable", "?sslmode=require", "?sslmode=verify-ca", "?sslmode=prefer"]) {
        expect(refusal(`postgres://writ:${SECRET}@${host}/writ${mode}`).code).toBe("store_needs_tls");
      }
    }
    const { ssl } = readPostgresUrl("postgres://writ@10.0.0.7/writ?sslmode=verify-full");
    if (ssl === false) throw new Error("no TLS");
    expect(ssl.rejectUnauthorized).toBe(true);
    const named = { subject: { CN: "localhost" }, subjectaltname: "DNS:localhost" };
    const wrong = ssl.checkServerIdentity?.("localhost", named as never);
    expect(wrong).toBeInstanceOf(Error);
  });

  it("on this machine is refused with a mode that only looks like protection", () => {
    for (const mode of ["require", "verify-ca", "prefer", "allow", "VERIFY-FULL", ""]) {
      expect(refusal(`postgres://writ@127.0.0.1/writ?sslmode=${mode}`).code).toBe("store_url_invalid");
    }
  });

  it("is refused with anything in it that could change who is connected to or how", () => {
    const odd = [
      "options=-c%20search_path%3Dpublic",
      "ssl=no-verify",
      "sslmode=verify-full&sslmode=disable",
      "host=db.example",
      "host=/tmp&host=/var",
      "hostaddr=10.0.0.7",
      "__proto__=x",
    ];
    for (const parameter of odd) {
      expect(refusal(`postgres://writ:${SECRET}@127.0.0.1/writ?${parameter}`).code).toBe("store_url_invalid");
    }
    for (const url of [
      "",
      "writ.sqlite",
      "mysql://writ@127.0.0.1/writ",
      "postgres://127.0.0.1/writ",
      "postgres://writ@127.0.0.1",
      "postgres://writ@127.0.0.1/a/b",
      "postgres://wr%zzit@127.0.0.1/writ",
      "postgres://writ@127.0.0.1/writ?sslmode=verify-full&sslrootcert=/no/such/file",
    ]) {
      expect(refusal(url).code).toBe("store_url_invalid");
    }
  });

  it("is never repeated in a refusal", () => {
    const urls = [
      `postgres://writ:${SECRET}@db.example/writ`,
      `postgres://writ:${SECRET}@127.0.0.1/writ?x=1`,
      `mysql://writ:${SECRET}@127.0.0.1/writ`,
      `postgres://writ:${SECRET}@127.0.0.1`,
    ];
    for (const url of urls) {
      const error = refusal(url);
      const said = JSON.stringify([error.message, error.hint, error.facts, String(error.stack)]);
      expect(said).not.toMatch(/s3cr3t/);
    }
  });
});
