import { expect, test } from "vitest";
import { ADMIN, createPeople, type People } from "../../src/authority/people/people.ts";
import type { SignedIn } from "../../src/authority/people/browser-sessions.ts";
import { createHouse, type House } from "./house.ts";

const KEYS = { admin: "admin-key-of-this-test", launcher: "launcher-key-of-this-test" };

function createDesk(): { house: House; people: People } {
  const house = createHouse();
  return { house, people: createPeople(house, KEYS) };
}

test("the admin key is the admin, and no prefix, launcher key or empty key is", async () => {
  const { people } = createDesk();
  expect(await people.byKey(KEYS.admin)).toEqual(ADMIN);
  for (const wrong of ["", KEYS.admin.slice(0, -1), `${KEYS.admin} `, KEYS.launcher])
    expect(await people.byKey(wrong)).toBeNull();
  expect(people.isLauncher(KEYS.launcher)).toBe(true);
  expect(people.isLauncher(KEYS.admin)).toBe(false);
});

test("an empty key file opens nothing", async () => {
  const people = createPeople(createHouse(), { admin: "", launcher: "" });
  expect(await people.byKey("")).toBeNull();
  expect(people.isLauncher("")).toBe(false);
});

test("a personal key is shown once, kept only as a digest, and stops when another is issued", async () => {
  const { house, people } = createDesk();
  const first = await people.issueKey("dana", "admin");
  expect(await people.byKey(first)).toMatchObject({ name: "dana", roles: ["approver"] });
  const second = await people.issueKey("dana", "admin");
  expect(await people.byKey(first)).toBeNull();
  expect(await people.byKey(second)).toMatchObject({ name: "dana" });
  expect(JSON.stringify(await house.records())).not.toContain(second);
  expect(await house.records("person_key")).toHaveLength(2);
});

test("nobody who is not in the configuration gets a key", async () => {
  const { house, people } = createDesk();
  await expect(people.issueKey("mallory", "admin")).rejects.toMatchObject({ code: "person_unknown", status: 404 });
  expect(await house.records()).toEqual([]);
});

test("a key of somebody who left the configuration opens nothing", async () => {
  const { house, people } = createDesk();
  const key = await people.issueKey("dana", "admin");
  const later = createPeople({ ...house, configuration: { ...house.configuration, people: [] } }, KEYS);
  expect(await later.byKey(key)).toBeNull();
});

test("a sign-in code works once, and not after ten minutes", async () => {
  const { house, people } = createDesk();
  const code = await people.signInCode(ADMIN);
  expect((await people.signIn(code))?.session.person).toEqual(ADMIN);
  expect(await people.signIn(code)).toBeNull();
  expect(await people.signIn("")).toBeNull();
  const late = await people.signInCode(ADMIN);
  house.clock.at += 10 * 60_000;
  expect(await people.signIn(late)).toBeNull();
});

test("of two that use one sign-in code at once, one is signed in", async () => {
  const { people } = createDesk();
  const code = await people.signInCode(ADMIN);
  const both = await Promise.all([people.signIn(code), people.signIn(code)]);
  expect(both.filter((one) => one !== null)).toHaveLength(1);
});

test("a browser session ends by itself, or by signing out", async () => {
  const { house, people } = createDesk();
  const sign = async (): Promise<SignedIn> => {
    const signedIn = await people.signIn(await people.signInCode(ADMIN));
    if (signedIn === null) throw new Error("the code is fresh");
    return signedIn;
  };
  const [a, b] = [await sign(), await sign()];
  expect(a.session.csrf).not.toBe(b.session.csrf);
  await people.signOut(a.secret);
  expect(await people.bySession(a.secret)).toBeNull();
  expect(await people.bySession(b.secret)).toEqual(b.session);
  house.clock.at += 12 * 3_600_000;
  expect(await people.bySession(b.secret)).toBeNull();
});

test("any gateway on the store serves a browser session, and the store holds neither cookie nor code", async () => {
  const { house, people } = createDesk();
  const code = await people.signInCode(ADMIN);
  const other = createPeople(house, KEYS);
  const signedIn = await other.signIn(code);
  expect(await people.bySession(signedIn?.secret ?? "")).toEqual(signedIn?.session);
  const kept = await house.store.read((tx) => tx.documents("browser_session"));
  expect(JSON.stringify([kept, await house.records()])).not.toContain(signedIn?.secret);
  expect(JSON.stringify([kept, await house.records()])).not.toContain(code);
});

test("a browser session has the roles of today, and ends for somebody who left", async () => {
  const { house, people } = createDesk();
  const dana = house.configuration.people.find((one) => one.name === "dana");
  if (dana === undefined) throw new Error("dana is there");
  const secret = (await people.signIn(await people.signInCode(dana)))?.secret ?? "";
  const later = (roles: readonly string[] | null): People =>
    createPeople(
      { ...house, configuration: { ...house.configuration, people: roles === null ? [] : [{ ...dana, roles }] } },
      KEYS,
    );
  expect((await later(["viewer"]).bySession(secret))?.person.roles).toEqual(["viewer"]);
  expect(await later(null).bySession(secret)).toBeNull();
});

test("signing in and out is on the record", async () => {
  const { house, people } = createDesk();
  const secret = (await people.signIn(await people.signInCode(ADMIN)))?.secret ?? "";
  await people.signOut(secret);
  await people.signOut(secret);
  expect((await house.records()).map((one) => [one.kind, one.body])).toEqual([
    ["sign_in", { person: "admin", by: "code" }],
    ["sign_out", { person: "admin" }],
  ]);
});
