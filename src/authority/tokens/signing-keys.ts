import type { KeyObject } from "node:crypto";
import { WritError } from "../../domain/error.ts";
import type { JsonObject } from "../../domain/json.ts";
import type { SigningKeyRecord } from "../../domain/signing-key.ts";
import type { ReadTx, WriteTx } from "../../ports/store.ts";
import type { Actor, AuthorityParts } from "../parts.ts";
import { refusal } from "../refusals.ts";
import { importJwk } from "../../wire/jose/jwk.ts";
import { open, seal } from "../../wire/jose/seal.ts";
import { generateSigningJwk, signingKey } from "../../wire/jose/sign.ts";
import { TOKEN_LIFETIME } from "./credentials.ts";
import { type KeyRing, ringOf } from "./key-ring.ts";

/** What people see of a key. */
export type SigningKeyView = Pick<SigningKeyRecord, "kid" | "state" | "since">;

/** The signing keys of a deployment, one set for all its gateways. */
export interface SigningKeys extends KeyRing {
  /** Takes over what the store says now; after an event of kind `key`. */
  follow(): Promise<void>;
  list(): Promise<readonly SigningKeyView[]>;
  /** The next key signs from now on, and another is published to be the next.
   *  @throws WritError `key_unknown_yet` 409 while others may not have read the next one. */
  rotate(by: Actor): Promise<readonly SigningKeyView[]>;
  /** Nothing that this key signed is believed from now on, on any gateway, and it is published no more. Where it was
   *  the one that signs, the next takes its place. Never undone.
   *  @throws WritError `key_unknown` 404. */
  kill(kid: string, by: Actor, why: string): Promise<readonly SigningKeyView[]>;
  /** Rotates a key that has signed for long enough, and forgets retired ones whose signatures have all expired. */
  round(): Promise<void>;
}

export interface SigningKeySettings extends Pick<AuthorityParts, "store" | "clock" | "log"> {
  /** Seals the private keys; every gateway of the deployment has it. */
  readonly sealing: KeyObject;
  readonly rotateAfterMs: number;
  /** The private key of a version that kept it in a file; null where there is none. */
  readonly fromFile: JsonObject | null;
  /** Whether the store was used before: then its keys are there, or the start is refused. */
  readonly used: boolean;
}

/** How long others keep what they read of our JWKS. */
export const PUBLISHED_MS = 60_000;
/** The longest-lived of what a key signs, and the difference between clocks. */
const RETIRED_MS = (TOKEN_LIFETIME.instance + 60) * 1000;

/** @throws WritError `signing_key_missing`, `signing_key_unreadable`: without its own keys a deployment does not start. */
export async function openSigningKeys(settings: SigningKeySettings): Promise<SigningKeys> {
  const { store, clock, sealing } = settings;
  let ring = await store.write(async (tx) => {
    const there = await tx.documents("signing_key");
    if (there.length > 0) return ringFrom(there, sealing);
    if (settings.used && settings.fromFile === null) throw missing();
    const now = clock.now();
    await put(
      tx,
      fresh(sealing, "signing", now, settings.fromFile ?? generateSigningJwk()),
      now,
      "writ",
      "first start",
    );
    await put(tx, fresh(sealing, "next", now), now, "writ", "first start");
    return ringFrom(await tx.documents("signing_key"), sealing);
  });

  async function follow(): Promise<void> {
    ring = ringFrom(await store.read((tx) => tx.documents("signing_key")), sealing);
  }

  /** Changes the set in one transaction, and has this gateway follow at once. */
  async function change(body: (tx: WriteTx, now: number) => Promise<void>): Promise<readonly SigningKeyView[]> {
    await store.write(async (tx) => {
      await body(tx, clock.now());
      await tx.publish("key", "*");
    });
    await follow();
    return list();
  }

  async function list(): Promise<readonly SigningKeyView[]> {
    const keys = await store.read((tx) => tx.documents("signing_key"));
    return keys.map(({ kid, state, since }) => ({ kid, state, since })).toSorted((a, b) => b.since - a.since);
  }

  async function turn(tx: WriteTx, now: number, by: Actor, why: string): Promise<void> {
    const { next, signing } = await roles(tx);
    if (signing !== null) await put(tx, { ...signing, sealed: null, state: "retired", since: now }, now, by, why);
    await put(tx, { ...next, state: "signing", since: now }, now, by, why);
    await put(tx, fresh(sealing, "next", now), now, by, why);
  }

  return {
    signing: () => ring.signing(),
    find: (kid) => ring.find(kid),
    published: () => ring.published(),
    follow,
    list,
    rotate: (by) =>
      change(async (tx, now) => {
        const { next } = await roles(tx);
        if (now - next.since < PUBLISHED_MS) throw unknownYet(next.since + PUBLISHED_MS - now);
        await turn(tx, now, by, "rotated");
      }),
    kill: (kid, by, why) =>
      change(async (tx, now) => {
        const key = await tx.document("signing_key", kid);
        if (key === null) throw unknown(kid);
        if (key.state === "killed") return;
        await put(tx, { ...key, sealed: null, state: "killed", since: now }, now, by, why);
        const sequence = await tx.revoke({ kind: "key", id: kid });
        await tx.append({
          kind: "revocation",
          at: now,
          call: null,
          task: null,
          body: { subject: "key", id: kid, by, why, sequence },
        });
        if (key.state === "signing") await turn(tx, now, by, `${kid} was killed`);
        if (key.state === "next") await put(tx, fresh(sealing, "next", now), now, by, `${kid} was killed`);
      }),
    async round() {
      const keys = await store.read((tx) => tx.documents("signing_key"));
      const due = (now: number): boolean =>
        keys.some((key) => key.state === "signing" && now - key.since >= settings.rotateAfterMs) &&
        keys.some((key) => key.state === "next" && now - key.since >= PUBLISHED_MS);
      const gone = keys.filter((key) => key.state === "retired" && clock.now() - key.since >= RETIRED_MS);
      if (!due(clock.now()) && gone.length === 0) return;
      await change(async (tx, now) => {
        for (const { kid } of gone) await tx.dropDocument("signing_key", kid);
        const { signing } = await roles(tx);
        // Another gateway may have turned meanwhile.
        if (due(now) && signing !== null && now - signing.since >= settings.rotateAfterMs)
          await turn(tx, now, "writ", "it signed for long enough");
      });
    },
  };
}

function fresh(
  sealing: KeyObject,
  state: "next" | "signing",
  now: number,
  jwk: JsonObject = generateSigningJwk(),
): SigningKeyRecord {
  const key = signingKey(jwk);
  if (key === null) throw unreadable("the key file");
  return {
    kid: key.kid,
    publicJwk: key.verification.jwk,
    sealed: seal(sealing, jwk, aad(key.kid)),
    state,
    since: now,
  };
}

async function put(tx: WriteTx, key: SigningKeyRecord, now: number, by: Actor, why: string): Promise<void> {
  await tx.putDocument("signing_key", key.kid, key, null);
  const body = { kid: key.kid, state: key.state, by, why };
  await tx.append({ kind: "signing_key", at: now, call: null, task: null, body });
}

async function roles(
  tx: ReadTx,
): Promise<{ readonly next: SigningKeyRecord; readonly signing: SigningKeyRecord | null }> {
  const keys = await tx.documents("signing_key");
  const next = keys.find((key) => key.state === "next");
  if (next === undefined) throw missing();
  return { next, signing: keys.find((key) => key.state === "signing") ?? null };
}

/** Everything but killed keys is believed; only the one that signs has to be opened. */
function ringFrom(keys: readonly SigningKeyRecord[], sealing: KeyObject): KeyRing {
  const current = keys.find((key) => key.state === "signing");
  if (current === undefined) throw missing();
  const jwk = current.sealed === null ? null : open(sealing, current.sealed, aad(current.kid));
  const signing = jwk === null ? null : signingKey(jwk);
  if (signing === null || signing.kid !== current.kid) throw unreadable(current.kid);
  const others = keys
    .filter((key) => key.state === "next" || key.state === "retired")
    .map((key) => {
      const read = importJwk(key.publicJwk);
      if (typeof read === "string" || read.thumbprint !== key.kid) throw unreadable(key.kid);
      return { ...read, kid: key.kid };
    });
  return ringOf(signing, others);
}

function aad(kid: string): string {
  return `signing key ${kid}`;
}

function unknown(kid: string): WritError {
  return refusal("key_unknown", 404, {}, `there is no key \`${kid.slice(0, 64)}\``, "`writ keys list` shows them");
}

function unknownYet(ms: number): WritError {
  const seconds = Math.ceil(ms / 1000);
  return refusal(
    "key_unknown_yet",
    409,
    { seconds },
    `others may not have read the next key yet; they will have in ${seconds} s`,
    "try again then; in an emergency, `writ keys kill` does not wait",
  );
}

function missing(): WritError {
  return new WritError({
    code: "signing_key_missing",
    status: 500,
    message: "the database was used before, and the key that signs is not in it",
    hint: "put the database back from a backup; without one, move the data folder away, and Writ starts anew",
  });
}

function unreadable(kid: string): WritError {
  return new WritError({
    code: "signing_key_unreadable",
    status: 500,
    facts: { kid },
    message: "the key that signs cannot be opened with this deployment's own key",
    hint: "put `keys/digest.key` back as it was when the database was last used",
  });
}
