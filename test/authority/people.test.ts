import { expect, test } from "vitest";
import { ADMIN, createPeople, type People } from "../../src/authority/people/people.ts";
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

test("a sign-in code works once, and not after ten minutes", () => {
  const { house, people } = createDesk();
  const code = people.signInCode(ADMIN);
  const signedIn = people.signIn(code);
  expect(signedIn?.session.person).toEqual(ADMIN);
  expect(people.signIn(code)).toBeNull();
  expect(people.signIn("")).toBeNull();
  const late = people.signInCode(ADMIN);
  house.clock.at += 10 * 60_000;
  expect(people.signIn(late)).toBeNull();
});

test("a browser session ends by itself, or by signing out", () => {
  const { house, people } = createDesk();
  const [a, b] = [people.signIn(people.signInCode(ADMIN)), people.signIn(people.signInCode(ADMIN))];
  if (a === null || b === null) throw new Error("both codes are fresh");
  expect(a.session.csrf).not.toBe(b.session.csrf);
  people.signOut(a.secret);
  expect(people.bySession(a.secret)).toBeNull();
  expect(people.bySession(b.secret)?.person).toEqual(ADMIN);
  house.clock.at += 12 * 3_600_000;
  expect(people.bySession(b.secret)).toBeNull();
});
