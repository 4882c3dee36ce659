import fc from "fast-check";
import { expect, test } from "vitest";
import { RULES } from "../../../src/analysis/secrets/rules.ts";
import {
  holdsSecret,
  masked,
  maskedJson,
  maskedResult,
  maskedValue,
  secretsIn,
} from "../../../src/analysis/secrets/secrets.ts";
import type { Json } from "../../../src/domain/json.ts";
import { AWS, SECRETS } from "./samples.ts";

test.each(Object.entries(SECRETS))("a secret of %s is found where it stands, and nothing beside it", (kind, secret) => {
  const text = `before ${secret} after`;
  const found = secretsIn(text);
  expect(found.map((one) => one.kind)).toEqual([kind]);
  expect(masked(text)).toBe(`before •••• (${kind}) after`);
});

test("what is a secret by its name is covered to its end, and its name stays", () => {
  expect(masked(`export ${AWS.name}=${AWS.secret} now`)).toBe(`export ${AWS.name}=•••• (aws) now`);
  expect(masked("//packages.example/:_authToken=abcdefgh12345678")).toBe("//packages.example/:_authToken=•••• (npm)");
  expect(maskedValue({ secret_access_key: AWS.secret })).toEqual({ secret_access_key: "•••• (aws)" });
});

test.each([
  "",
  "hello",
  "the secret of success",
  "https://example.com/a/b?c=d",
  "npm_config_loglevel=silent",
  "ghp_short",
  "-----BEGIN CERTIFICATE-----",
  "postgres://localhost/shop",
  "sk_live_",
  "id: 550e8400-e29b-41d4-a716-446655440000",
  "sha256:9f86d081884c7d65",
])("an ordinary text holds none: %j", (text) => {
  expect(secretsIn(text)).toEqual([]);
  expect(masked(text)).toBe(text);
});

test("a text cannot switch the search off", () => {
  const text = `secretlint-disable\n// secretlint-disable-next-line\n${SECRETS["github"]}`;
  expect(secretsIn(text).map((one) => one.kind)).toEqual(["github"]);
});

test("every rule is known: one that a later version brings looks at every text until its marks are written down", () => {
  expect(RULES.filter((rule) => rule.marks === null).map((rule) => rule.kind)).toEqual([]);
  expect(RULES.map((rule) => rule.kind).toSorted()).toEqual([...Object.keys(SECRETS), "1password", "aws"].toSorted());
});

test("a text without any mark of a rule holds nothing that the rule finds", () => {
  const pieces = [...Object.values(SECRETS), ...RULES.flatMap((rule) => rule.marks ?? [])];
  const piece = fc.oneof(
    fc.constantFrom(...pieces).chain((text) => fc.nat({ max: text.length }).map((at) => text.slice(at))),
    fc.constantFrom(...pieces).map((text) => text.toUpperCase()),
    fc.string({ maxLength: 60 }),
    fc.constantFrom(" ", "=", "'", "://", "@", ".", "_", "K", "ſ"),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (parts) => {
      const text = parts.join("");
      for (const { kind, find, marks } of RULES) {
        if (marks?.some((mark) => text.toLowerCase().includes(mark)) !== false) continue;
        find(text, () => expect.fail(`${kind} finds something in ${JSON.stringify(text)}`));
      }
    }),
    { numRuns: 2_000 },
  );
});

test("no mark is the beginning of another: each is met wherever it stands", () => {
  const marks = RULES.flatMap((rule) => rule.marks ?? []);
  for (const one of marks) expect(marks.filter((other) => other.startsWith(one))).toEqual([one]);
});

test("a secret is found at any place in a text of any length", () => {
  const secret = SECRETS["privatekey"] ?? "";
  fc.assert(
    fc.property(fc.nat({ max: 200_000 }), (before) => {
      const text = `${" ".repeat(before)}${secret}${" ".repeat(70_000)}`;
      expect(secretsIn(text)).toEqual([{ start: before, end: before + secret.length, kind: "privatekey" }]);
    }),
    { numRuns: 20 },
  );
});

test("masking leaves no secret, and once masked a text stays as it is", () => {
  const secret = fc.constantFrom(...Object.values(SECRETS));
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.string(), secret), { maxLength: 5 }), (parts) => {
      const text = parts.flat().join(" ");
      const shown = masked(text);
      expect(secretsIn(shown)).toEqual([]);
      expect(masked(shown)).toBe(shown);
    }),
    { numRuns: 500 },
  );
});

test("masked JSON is JSON of the same shape, whatever is in it", () => {
  const leaf = fc.oneof(
    fc.string(),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.constantFrom(...Object.values(SECRETS)),
  );
  const value = fc.letrec<{ any: Json }>((tie) => ({
    any: fc.oneof(
      { maxDepth: 3 },
      leaf,
      fc.array(tie("any"), { maxLength: 4 }),
      fc.dictionary(fc.string(), tie("any"), { maxKeys: 4 }),
    ),
  })).any;
  const shape = (one: Json): unknown =>
    Array.isArray(one)
      ? one.map((item: Json) => shape(item))
      : typeof one === "object" && one !== null
        ? Object.values(one).map((item) => shape(item as Json))
        : typeof one;
  fc.assert(
    fc.property(value, (one) => {
      const shown = JSON.parse(maskedJson(JSON.stringify(one))) as Json;
      expect(shape(shown)).toEqual(shape(one));
      expect(holdsSecret(shown)).toBe(false);
      if (!holdsSecret(one)) expect(shown).toEqual(JSON.parse(JSON.stringify(one)));
    }),
    { numRuns: 500 },
  );
});

test("a result keeps its structure, and a text in it that is JSON stays JSON", () => {
  const token = SECRETS["github"] ?? "";
  const result = {
    content: [{ type: "text", text: JSON.stringify({ token, n: 1 }) }],
    structuredContent: { token, n: 1 },
  };
  const shown = maskedResult(result) as typeof result;
  expect(shown.structuredContent).toEqual({ token: "•••• (github)", n: 1 });
  expect(JSON.parse(shown.content[0]?.text ?? "")).toEqual(shown.structuredContent);
});

test("a text nested beyond all use is a text, and a member given twice hides nothing", () => {
  const token = SECRETS["github"] ?? "";
  const deep = `${"[".repeat(200_000)}"${token}"${"]".repeat(200_000)}`;
  expect(maskedJson(deep)).not.toContain(token);
  expect(maskedJson(`{"a":"${token}","a":"nothing"}`)).not.toContain(token);
});

test("of a crowd of beginnings that would take long to look at, everything behind the first is taken for secret", () => {
  const crowd = `see ${"ghs_1_".repeat(166)}.${"a".repeat(10_000)}`;
  expect(masked(crowd)).toBe("see •••• (github)");
  expect(masked(`${"ghs_ ".repeat(8)}and so on`)).toBe(`${"ghs_ ".repeat(8)}and so on`);
});

test("texts made to be slow are read through", () => {
  for (const text of [
    "ghs_1_a.".repeat(8_000),
    "SG.a.".repeat(10_000),
    "xoxb-a-".repeat(9_000),
    "postgres://a:".repeat(5_000),
    "-----BEGIN PRIVATE KEY-----".repeat(2_000),
  ])
    expect(masked(text).length).toBeGreaterThan(0);
});
