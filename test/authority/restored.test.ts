import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { authenticateInstance, enrol, renewInstance } from "../../src/authority/enrolment/enrol.ts";
import { EVERYTHING, revokeSubject } from "../../src/authority/revocation/revoke.ts";
import type { WritError } from "../../src/domain/error.ts";
import { type House, openHouse } from "../house.ts";

const YAML = "origin: https://writ.example\nagents: { clerk: {} }";
let copy: string;
let house: House;

beforeEach(async () => {
  copy = mkdtempSync(join(tmpdir(), "writ-copy-"));
  house = await openHouse(YAML);
});
afterEach(async () => {
  await house.close();
  rmSync(copy, { recursive: true, force: true });
});

const data = () => join(house.folder, ".writ");
/** As docs/operations.md says it. */
const backUp = () => void execFileSync("cp", ["-a", data(), join(copy, "backup")]);
const putBack = () => {
  rmSync(data(), { recursive: true });
  execFileSync("cp", ["-a", join(copy, "backup"), data()]);
};
/** Stops Writ, does something to its folder, and starts it again. */
async function between(change: () => void): Promise<void> {
  await house.writ.close();
  change();
  house = await openHouse(YAML, {}, house.folder);
}
const standing = (token: string): Promise<string> =>
  authenticateInstance(house.writ.authority, { token, proven: null }).then(
    () => "good",
    (cause: WritError) => cause.code,
  );

test("a copy of a stopped Writ's data folder, put back, goes on where it was", async () => {
  const { credential } = await enrol(house.writ.authority, { agent: "clerk", thumbprint: "t", selectors: {} });
  const before = await house.writ.store.read((tx) => tx.ledger({ after: 0, limit: 99 }));
  await between(backUp);
  await between(putBack);
  const after = await house.writ.store.read((tx) => tx.ledger({ after: 0, limit: 99 }));
  expect(after.slice(0, before.length)).toEqual(before);
  expect(await standing(credential.token)).toBe("good");
});

test("an older copy put back does not know what was revoked since: killing its keys ends all of it, and a panic alone does not", async () => {
  const { credential, instance } = await enrol(house.writ.authority, {
    agent: "clerk",
    thumbprint: "t",
    selectors: {},
  });
  await between(backUp);
  for (let i = 0; i < 20; i++) await house.task("clerk");
  const renewed = await renewInstance(house.writ.authority, { token: credential.token, proven: null });
  const subject = { kind: "instance", id: instance.id } as const;
  await revokeSubject(house.writ.authority, { subject, by: "admin", why: "" });
  expect(await standing(renewed.credential.token)).toBe("credential_revoked");
  await between(putBack);
  expect(await standing(renewed.credential.token)).toBe("good");
  // Its watermark is older than what was made after the copy.
  await revokeSubject(house.writ.authority, { subject: EVERYTHING, by: "admin", why: "" });
  expect(await standing(renewed.credential.token)).toBe("good");
  for (const { kid } of await house.writ.signingKeys.list())
    await house.writ.signingKeys.kill(kid, "admin", "an older copy was put back");
  expect([await standing(renewed.credential.token), await standing(credential.token)]).toEqual([
    "credential_invalid",
    "credential_invalid",
  ]);
});
