import type { Enrolments } from "../authority/enrolment/enrolments.ts";
import { joinFleet } from "../authority/fleet.ts";
import type { AuthorityParts } from "../authority/parts.ts";
import type { SignInParts } from "../authority/people/parts.ts";
import { createPeople, type People } from "../authority/people/people.ts";
import { createProvider } from "../authority/people/provider.ts";
import { createSignInClients } from "../authority/people/sign-in-clients.ts";
import { createPins, type Pins } from "../authority/rules/pins.ts";
import { openClientKeys } from "../authority/tokens/client-keys.ts";
import { createCredentials } from "../authority/tokens/credentials.ts";
import { createDpopGuard } from "../authority/tokens/dpop.ts";
import type { TokenParts } from "../authority/tokens/parts.ts";
import type { JsonObject } from "../domain/json.ts";
import { VERSION } from "../domain/version.ts";
import { readJsonFile } from "../system/json-file.ts";
import { proofOf } from "../system/provider-proof.ts";
import { open as unseal, seal } from "../wire/jose/seal.ts";
import type { Base } from "./base.ts";
import { composeEnrolment, composeIssuers } from "./enrolment.ts";
import type { Listening } from "./listening.ts";
import type { OnDisk } from "./on-disk.ts";

export interface Authority {
  readonly authority: AuthorityParts;
  readonly credentials: ReturnType<typeof createCredentials>;
  readonly tokens: TokenParts;
  readonly signIn: SignInParts;
  readonly enrolments: Enrolments;
  readonly people: People;
  readonly pins: Pins;
}

/** Who may hold what: credentials, the token service, enrolment, people and how they sign in. */
export async function composeAuthority(base: Base, disk: OnDisk, at: Listening): Promise<Authority> {
  const { configuration, log, clock, ids, undo } = base;
  const { store, digests, keys, signingKeys } = disk;
  const { issuer, origins } = at;
  const credentials = createCredentials({ issuer, trustDomain: configuration.trustDomain, keys: signingKeys, ids });
  const authority: AuthorityParts = { store, credentials, clock, ids, digests, configuration, log };
  const named = { issuer, gateway: `${issuer}/mcp`, origins };
  const issuers = composeIssuers(authority, issuer);
  // A file in the data folder has one gateway: the folder is held alone.
  const shared = (process.env[configuration.store.urlEnv] ?? "") !== "";
  const fleet = await joinFleet(authority, { id: disk.gateway, origin: at.origin, version: VERSION }, shared);
  undo.push(() => fleet.leave());
  const enrolments = await composeEnrolment(authority, { issuer, issuers }, undo);
  const tokens: TokenParts = {
    ...authority,
    ...named,
    keys: signingKeys,
    dpop: createDpopGuard(),
    clients: openClientKeys(configuration.clients, readJsonFile),
    issuers,
    enrolments,
  };
  const people = createPeople(authority, keys);
  const signIn: SignInParts = {
    ...authority,
    ...named,
    clients: createSignInClients(authority),
    sessions: people,
    provider: providerOf(base, issuer),
    sealing: {
      seal: (payload: JsonObject, aad: string): string => seal(keys.sealing, payload, aad),
      open: (text: string, aad: string): JsonObject | null => unseal(keys.sealing, text, aad),
    },
  };
  return { authority, credentials, tokens, signIn, enrolments, people, pins: createPins(authority) };
}

function providerOf({ configuration: { signIn, people }, log }: Base, issuer: string): SignInParts["provider"] {
  if (signIn.provider === null) return null;
  const redirectUri = `${issuer}/oauth/callback`;
  return createProvider(signIn.provider, proofOf(signIn.provider, process.env), { people, redirectUri, log });
}
