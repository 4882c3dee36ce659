import { expect, test } from "vitest";
import { tellingOf, unitsOf } from "../../src/provenance/telling.ts";

const texts = (units: readonly { text: string }[]): readonly string[] => units.map(({ text }) => text);

test.each([
  ["words", "The quarterly report is due on Friday, please let me know if you have any questions"],
  ["a name", "Ida Lovelace"],
  ["a street", "12 Elm Street, Springfield"],
  ["a state", "in_progress"],
  ["a name in code", "getElementsByTagName createdAt user_id"],
  ["a day", "2026-11-28"],
  ["a day in figures", "20261128"],
  ["a day as others write it", "28.11.2026 11/28/2026"],
  ["a moment", "2026-11-28T14:26:49.123Z"],
  ["a moment with a zone", "2026-11-28T14:26:49+01:00"],
  ["a time", "14:26:49"],
  ["seconds since 1970", "1795875000"],
  ["milliseconds since 1970", "1795875000123"],
  ["an amount", "1,234,567.89"],
  ["a round amount", "1000000000"],
  ["a small number", "48291"],
  ["a code of six figures", "482913"],
  ["a year", "2026"],
  ["a fraction", "0.123456789012"],
  ["a place on a map", "52.5200081, 13.4049541"],
  ["a version", "10.15.7-beta.4"],
  ["a version with a letter", "v22.14.0"],
  ["an address of a machine", "192.168.100.200"],
  ["one with a port", "192.168.100.200:8080"],
  ["a size", "1920x1080"],
  ["a measure", "15000000km"],
  ["a norm", "ISO27001, RFC9449, utf8mb4, base64url, sha256, h264"],
  ["a quarter", "2024q4report Q3-2026"],
  ["a file of a day", "minutes_2026-11-28.pdf report-20261128.docx"],
  ["a room", "room-1204"],
  ["a time to ring", "Mon 28 Nov 2026 14:00"],
  ["a page", "https://www.example.com/help/getting-started?lang=en"],
  ["nothing", ""],
])("in a private record, %s tells of nobody", (_, text) => {
  expect(texts(tellingOf(text))).toEqual([]);
});

test.each([
  ["an e-mail address", "Ida <ida.lovelace@home.example>", "idalovelacehomeexample"],
  ["an account", "IBAN DE89 3704 0044 0532 0130 00", "de89370400440532013000"],
  ["a card", "4111 1111 1111 1234", "4111111111111234"],
  ["a telephone number", "+4917012345678", "4917012345678"],
  ["a passport", "passport C01X00T478", "c01x00t478"],
  ["a case", "case INV-2024001", "inv2024001"],
  ["an id", "3f2b8c1e-90ab-4cde-8f01-23456789abcd", "3f2b8c1e90ab4cde8f0123456789abcd"],
  ["a token in an address", "https://x.example/s?t=9fK2mQ71xZ0p", "9fk2mq71xz0p"],
])("in a private record, %s tells whose it is", (_, text, unit) => {
  expect(texts(tellingOf(text))).toContain(unit);
});

test.each(["2026-11-28", "14:26", "true", "null", "42", "the", "Ida"])(
  "`%s` at a classified path is everybody's, and is not looked for",
  (text) => {
    expect(unitsOf(text)).toEqual([]);
  },
);

test.each(["hunter2", "Summer2024", "room-1204", "84,000", "1000000000", "10.15.7", "192.168.100.200"])(
  "`%s` is ordinary in a private record, and looked for where somebody classified it",
  (text) => {
    expect(tellingOf(text)).toEqual([]);
    expect(texts(unitsOf(text))).toEqual([text.toLowerCase().replaceAll(/\W/g, "")]);
  },
);

test("a short value at a classified path counts only between words", () => {
  expect(unitsOf("4921")).toEqual([{ text: "4921", bound: true }]);
  expect(unitsOf("swordfish")).toEqual([{ text: "swordfish", bound: true }]);
});

test("a text at a classified path is known by six of its words, one behind the other", () => {
  const units = texts(unitsOf("The merger with the garden club is to be signed before the summer ends"));
  expect(units).toContain("mergerwiththegardenclubis");
  expect(units).not.toContain("themerger");
});

test("of a long token every sixteen letters in a row are looked for, where they look made up", () => {
  const token = "aB3xK9mQzR7tLw2VnC5yPd8JfH4sGb6E";
  const units = texts(unitsOf(token));
  for (let at = 0; at + 16 <= token.length; at++)
    expect(
      units.some((one) =>
        token
          .toLowerCase()
          .slice(at, at + 16)
          .includes(one),
      ),
    ).toBe(true);
  expect(texts(unitsOf("AaBbQzRtLwVnCyPdJfHsGbEkXm")).length).toBeGreaterThan(3);
});

test("the lines around a key are no part of it", () => {
  const body = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj";
  const units = texts(unitsOf(`-----BEGIN PRIVATE KEY-----\n${body}\n${body}\n-----END PRIVATE KEY-----`));
  expect(units.length).toBeGreaterThan(10);
  expect(units.filter((one) => one.includes("begin") || one.includes("private"))).toEqual([]);
});
