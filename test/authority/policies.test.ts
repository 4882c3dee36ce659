import { expect, test } from "vitest";
import { createPolicies, type PolicyFile, type PolicySource } from "../../src/authority/rules/policies.ts";
import { createHouse } from "./house.ts";

/** A folder whose files load unless they say BROKEN, and whose tests pass unless they say FAILING. */
function createFolder(): PolicySource & { files: PolicyFile[] } {
  const folder = {
    files: [{ name: "a.cedar", text: "first" }],
    read: () => Promise.resolve(folder.files),
    load: (files: readonly PolicyFile[]) => {
      const text = files.map((file) => file.text).join("\n");
      return text.includes("BROKEN")
        ? {
            kind: "refused" as const,
            problems: [
              { file: "a.cedar", line: 1, column: 1, code: "parse", message: "cannot be read", hint: "mend it" },
            ],
          }
        : {
            kind: "loaded" as const,
            set: {
              version: `v:${text}`,
              evaluate: () => ({ kind: "deny" as const, policies: [], why: null, hint: null }),
              readsCounters: () => false,
            },
            warnings: [],
          };
    },
    test: (files: readonly PolicyFile[]) =>
      Promise.resolve([
        { name: "case", passed: !files.some((file) => file.text.includes("FAILING")), why: "permit, not deny" },
      ]),
  };
  return folder;
}

test("the very first start puts the files on disk in force", async () => {
  const house = createHouse();
  const policies = createPolicies(house, createFolder());
  expect(policies.current()).toBeNull();
  await policies.start();
  expect(policies.current()?.version).toBe("v:first");
  expect(await house.records("policy_applied")).toMatchObject([{ body: { by: "first start", replaces: null } }]);
});

test("a change on disk is a proposal until somebody applies it, also over a restart", async () => {
  const house = createHouse();
  const folder = createFolder();
  await createPolicies(house, folder).start();
  folder.files = [{ name: "a.cedar", text: "second" }];
  const policies = createPolicies(house, folder);
  await policies.start();
  expect(policies.current()?.version).toBe("v:first");
  expect(await policies.proposal()).toMatchObject({
    changed: true,
    version: "v:second",
    files: [{ name: "a.cedar", diff: ["- first", "+ second"] }],
  });
  await policies.apply("ada");
  expect(policies.current()?.version).toBe("v:second");
});

test.each([
  ["BROKEN", "policy_invalid"],
  ["FAILING", "policy_tests_failed"],
])("files that are %s are refused, and what was in force stays", async (text, code) => {
  const house = createHouse();
  const folder = createFolder();
  const policies = createPolicies(house, folder);
  await policies.start();
  folder.files = [{ name: "a.cedar", text }];
  await expect(policies.apply("ada")).rejects.toMatchObject({ code, status: 422 });
  expect(policies.current()?.version).toBe("v:first");
  expect(await house.records("policy_applied")).toHaveLength(1);
});

test("files that changed since they were shown are not applied", async () => {
  const folder = createFolder();
  const policies = createPolicies(createHouse(), folder);
  await policies.start();
  folder.files = [{ name: "a.cedar", text: "third" }];
  await expect(policies.apply("ada", "v:second")).rejects.toMatchObject({ code: "policy_changed", status: 409 });
});

test("a first start with broken files permits nothing, and says why", async () => {
  const folder = createFolder();
  folder.files = [{ name: "a.cedar", text: "BROKEN" }];
  const policies = createPolicies(createHouse(), folder);
  await policies.start();
  expect(policies.current()).toBeNull();
  expect(policies.trouble()).toContain("do not load");
});

test("when the tools change so that the set no longer loads, the last good set stays and the trouble is told", async () => {
  const folder = createFolder();
  const policies = createPolicies(createHouse(), folder);
  await policies.start();
  const good = policies.current();
  const broken = createPolicies(createHouse(), folder);
  folder.load = () => ({
    kind: "refused",
    problems: [
      { file: "a.cedar", line: 2, column: 3, code: "unknown", message: "no such tool", hint: "did you mean `x`?" },
    ],
  });
  policies.refresh();
  expect(policies.current()).toBe(good);
  expect(policies.trouble()).toContain("a.cedar:2:3: no such tool");
  await broken.start();
  expect(broken.current()).toBeNull();
});

test("what another gateway applies is taken up", async () => {
  const house = createHouse();
  const folder = createFolder();
  const [here, there] = [createPolicies(house, folder), createPolicies(house, folder)];
  await here.start();
  await there.start();
  folder.files = [{ name: "a.cedar", text: "second" }];
  await here.apply("ada");
  await there.follow();
  expect(there.current()?.version).toBe("v:second");
});
