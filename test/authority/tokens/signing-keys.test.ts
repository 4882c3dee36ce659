import { createSecretKey, randomBytes } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createCredentials } from "../../../src/authority/tokens/credentials.ts";
import { openSigningKeys, type SigningKeys } from "../../../src/authority/tokens/signing-keys.ts";
import type { JsonObject } from "../../../src/domain/json.ts";
import type { SigningKeyRecord } from "../../../src/domain/signing-key.ts";
import { systemIds } from "../../../src/system/ids.ts";
import { generateSigningJwk } from "../../../src/wire/jose/sign.ts";
import { carried, createHouse, enrolClerk, type House, ORIGIN } from "../house.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

let house: House;
let keys: SigningKeys;
const sealing = createSecretKey(randomBytes(32));
const open = (more: Partial<Parameters<typeof openSigningKeys>[0]> = {}): Promise<SigningKeys> =>
  openSigningKeys({ ...house, sealing, rotateAfterMs: 30 * DAY, fromFile: null, used: false, ...more });
/** What this gateway's credentials are made and checked with. */
const gateway = (ring: SigningKeys) =>
  createCredentials({ issuer: ORIGIN, trustDomain: "writ.local", keys: ring, ids: systemIds });
const published = (ring: SigningKeys): readonly unknown[] =>
  (ring.published()["keys"] as readonly JsonObject[]).map((key) => key["kid"]);
const states = async (): Promise<Record<string, string>> =>
  Object.fromEntries((await keys.list()).map((key) => [key.kid, key.state]));
const nextOf = async (): Promise<string> => (await keys.list()).find((key) => key.state === "next")?.kid ?? "";

beforeEach(async () => {
  house = createHouse();
  keys = await open();
});
afterEach(() => house.store.close());

describe("rotation", () => {
  test("publishes the next key before it signs, and the one before until what it signed has expired", async () => {
    const first = keys.signing().kid;
    const next = await nextOf();
    expect(published(keys)).toEqual(expect.arrayContaining([first, next]));
    house.clock.at += 2 * MINUTE;
    await keys.rotate("otto");
    expect(keys.signing().kid).toBe(next);
    expect(published(keys)).toEqual(expect.arrayContaining([first, next, await nextOf()]));
    house.clock.at += HOUR;
    await keys.round();
    expect(published(keys)).toContain(first);
    house.clock.at += 2 * MINUTE;
    await keys.round();
    expect(published(keys)).not.toContain(first);
  });

  test("leaves what the old key signed good, and signs with the new one at once", async () => {
    const credentials = gateway(keys);
    const { instance } = await enrolClerk(house);
    const before = credentials.mintInstance(instance, 1 as never, house.clock.at);
    house.clock.at += 2 * MINUTE;
    await keys.rotate("otto");
    const after = credentials.mintInstance(instance, 1 as never, house.clock.at);
    expect(credentials.verifyInstance(carried(before.token), house.clock.at).kind).toBe("verified");
    expect(credentials.verifyInstance(carried(after.token), house.clock.at)).toMatchObject({
      value: { keyId: keys.signing().kid },
    });
  });

  test("waits until others can have read the next key", async () => {
    await expect(keys.rotate("otto")).rejects.toMatchObject({ code: "key_unknown_yet", status: 409 });
    house.clock.at += MINUTE;
    await keys.rotate("otto");
    await expect(keys.rotate("otto")).rejects.toMatchObject({ code: "key_unknown_yet" });
  });

  test("comes by itself when a key has signed for long enough, once for all gateways", async () => {
    const other = await open();
    const next = await nextOf();
    house.clock.at += 30 * DAY;
    await Promise.all([keys.round(), other.round()]);
    await other.follow();
    expect([keys.signing().kid, other.signing().kid]).toEqual([next, next]);
    expect(Object.values(await states()).toSorted()).toEqual(["next", "retired", "signing"]);
  });

  test("is on the record, with who did it", async () => {
    house.clock.at += MINUTE;
    await keys.rotate("otto");
    const records = await house.records("signing_key");
    expect(records.slice(-3).map(({ body }) => [body["state"], body["by"]])).toEqual([
      ["retired", "otto"],
      ["signing", "otto"],
      ["next", "otto"],
    ]);
  });
});

describe("killing a key", () => {
  test("stops believing what it signed at once, also what was verified before, and publishes it no more", async () => {
    const credentials = gateway(keys);
    const { instance } = await enrolClerk(house);
    const minted = credentials.mintInstance(instance, 1 as never, house.clock.at);
    expect(credentials.verifyInstance(carried(minted.token), house.clock.at).kind).toBe("verified");
    const stolen = keys.signing().kid;
    await keys.kill(stolen, "otto", "it was seen in a log");
    expect(credentials.verifyInstance(carried(minted.token), house.clock.at).kind).toBe("refused");
    expect(published(keys)).not.toContain(stolen);
    expect(keys.signing().kid).not.toBe(stolen);
    expect(await states()).toMatchObject({ [stolen]: "killed" });
  });

  test("reaches another gateway by its event, and a credential it had verified before", async () => {
    const other = await open();
    const there = gateway(other);
    const { instance } = await enrolClerk(house);
    const minted = gateway(keys).mintInstance(instance, 1 as never, house.clock.at);
    expect(there.verifyInstance(carried(minted.token), house.clock.at).kind).toBe("verified");
    const told = new Promise<void>((resolve, reject) => {
      house.store.subscribe((event) => {
        if (event.kind === "key") other.follow().then(resolve, reject);
      });
    });
    await keys.kill(keys.signing().kid, "otto", "");
    await told;
    expect(there.verifyInstance(carried(minted.token), house.clock.at).kind).toBe("refused");
    expect(other.signing().kid).toBe(keys.signing().kid);
  });

  test("raises the watermark of the key, for a gateway that has not heard", async () => {
    const kid = keys.signing().kid;
    await keys.kill(kid, "otto", "");
    expect(await house.store.read((tx) => tx.revokedAt([{ kind: "key", id: kid }]))).toBeGreaterThan(0);
  });

  test("of the next one makes another, and of the one that signs lets the next sign; twice is once", async () => {
    const [first, next] = [keys.signing().kid, await nextOf()];
    await keys.kill(next, "otto", "");
    expect(keys.signing().kid).toBe(first);
    expect(await nextOf()).not.toBe(next);
    await keys.kill(next, "otto", "");
    expect(await house.records("revocation")).toHaveLength(1);
  });

  test("that there is not is refused", async () => {
    await expect(keys.kill("../../etc/passwd", "otto", "")).rejects.toMatchObject({ code: "key_unknown", status: 404 });
  });
});

describe("what is kept and shown", () => {
  test("no private member is ever published, recorded or kept in the clear", async () => {
    house.clock.at += MINUTE;
    await keys.rotate("otto");
    await keys.kill(keys.signing().kid, "otto", "");
    const kept = await house.store.read((tx) => tx.documents("signing_key"));
    const secret = /"(d|p|q|dp|dq|qi|k)":/;
    expect(JSON.stringify([keys.published(), await keys.list(), await house.records(), kept])).not.toMatch(secret);
    const live = (key: SigningKeyRecord): boolean => key.state === "next" || key.state === "signing";
    expect(kept.filter((key) => (key.sealed !== null) !== live(key))).toEqual([]);
  });

  test("the JWKS holds public members, a kid, an algorithm and a use", () => {
    for (const key of keys.published()["keys"] as readonly JsonObject[])
      expect(Object.keys(key).toSorted()).toEqual(["alg", "crv", "kid", "kty", "use", "x", "y"]);
  });
});

describe("a start", () => {
  test("finds the same keys again, and two at once make one set", async () => {
    const again = await open({ used: true });
    expect(again.signing().kid).toBe(keys.signing().kid);
    const empty = createHouse();
    const [one, two] = await Promise.all([open(empty), open(empty)]);
    expect(one.signing().kid).toBe(two.signing().kid);
    await empty.store.close();
  });

  test("takes over the key that an earlier version kept in a file", async () => {
    const empty = createHouse();
    const jwk = generateSigningJwk();
    const moved = await open({ ...empty, fromFile: jwk, used: true });
    expect(moved.signing().secret.export({ format: "jwk" })).toMatchObject({ d: jwk["d"] });
    await empty.store.close();
  });

  test("is refused where a store that was used has no key that signs", async () => {
    const empty = createHouse();
    await expect(open({ ...empty, used: true })).rejects.toMatchObject({ code: "signing_key_missing" });
    await empty.store.close();
  });

  test("is refused under another sealing key, and with a sealed key that was changed or exchanged", async () => {
    const refused = { code: "signing_key_unreadable" };
    await expect(open({ sealing: createSecretKey(randomBytes(32)) })).rejects.toMatchObject(refused);
    const kept = await house.store.read((tx) => tx.documents("signing_key"));
    const [one, two] = kept;
    if (one === undefined || two === undefined) throw new Error("two keys are made at the first start");
    const signing = one.state === "signing" ? one : two;
    const other = signing === one ? two : one;
    await house.store.write((tx) =>
      tx.putDocument("signing_key", signing.kid, { ...signing, sealed: other.sealed }, null),
    );
    await expect(open()).rejects.toMatchObject(refused);
  });
});
