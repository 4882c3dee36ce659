import fc from "fast-check";
import { expect, test } from "vitest";
import { reflects } from "../../src/broker/reflect.ts";
import { aKey } from "../wire/jose/forge.ts";
import { signJwt } from "../../src/wire/jose/sign.ts";

const token = signJwt(aKey(), "at+jwt", { iss: "https://writ.example", jti: "j" });
const signature = token.split(".")[2] ?? "";

const escape = (text: string): string => [...text].map((char) => `\\u00${char.charCodeAt(0).toString(16)}`).join("");

test.each([
  ["as it is", `got ${token}!`],
  ["by its signature alone", `{"sig":"${signature}"}`],
  ["in JSON escapes", `{"t":"${escape(token)}"}`],
  ["in JSON escapes inside a string", JSON.stringify({ t: `"${escape(token)}"` })],
  ["in hex", Buffer.from(token).toString("hex")],
  ["in upper-case hex", Buffer.from(token).toString("hex").toUpperCase()],
  ["in base64", Buffer.from(token).toString("base64")],
  ["in base64url, after one more character", Buffer.from(`x${token}`).toString("base64url")],
  ["in base64, after two more characters", Buffer.from(`xy${token}zzz`).toString("base64")],
  ["in a header's name and value, in base64", Buffer.from(`{"authorization":"Bearer ${token}"}`).toString("base64")],
])("a result that shows the credential %s is seen", (_, text) => {
  expect(reflects(token, text)).toBe(true);
});

test("a result that does not show it is not withheld", () => {
  expect(reflects(token, `{"content":[{"type":"text","text":"${"harmless ".repeat(100)}"}]}`)).toBe(false);
  expect(reflects(token, `\\u0041\\u0042 ${token.split(".")[1]}`)).toBe(false);
  expect(reflects("", "anything")).toBe(false);
});

test("base64 of any text around a secret shows it (property)", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: "binary" }),
      fc.string({ minLength: 12 }),
      fc.string({ unit: "binary" }),
      (before, secret, after) => {
        fc.pre(secret.split(".").length !== 3);
        expect(reflects(secret, Buffer.from(before + secret + after).toString("base64"))).toBe(true);
      },
    ),
  );
});
