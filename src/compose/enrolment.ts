import { readFile } from "node:fs/promises";
import { createEnrolments, type Enrolments } from "../authority/enrolment/enrolments.ts";
import { joinTokenAttestor } from "../authority/enrolment/join-token.ts";
import { unixAttestor } from "../authority/enrolment/unix-peer.ts";
import { svidAttestor } from "../authority/enrolment/jwt-svid.ts";
import { createKeySource } from "../authority/enrolment/key-source.ts";
import { bundleReader, keysOfIssuer } from "../authority/enrolment/published-keys.ts";
import { type KnownIssuer, workloadAttestor } from "../authority/enrolment/workload-token.ts";
import type { TokenParts } from "../authority/tokens/parts.ts";
import type { AuthorityParts } from "../authority/parts.ts";
import { createEnrolSocket } from "../doors/http/enrol-socket.ts";
import { listenLocally, stopListening } from "../system/listener.ts";
import { openPeers } from "../system/peers.ts";

/** The attestors, as `writ.yaml` has need of them, and the socket for local processes where one is registered.
 *  @throws WritError `socket_in_use`, `listen_failed`. */
export async function composeEnrolment(
  authority: AuthorityParts,
  { issuer, issuers }: Pick<TokenParts, "issuer" | "issuers">,
  undo: (() => unknown)[],
): Promise<Enrolments> {
  const { configuration, digests } = authority;
  const registered = configuration.agents.flatMap((agent) => agent.enrol);
  const local = registered.filter((one) => one.kind === "unix");
  const peers = await openPeers();
  const { clock, log } = authority;
  const federation = configuration.federation.map((one) => {
    const load = bundleReader(one, (file) => readFile(file));
    const keys = createKeySource({ name: `federation.${one.name}`, load, now: () => clock.now(), log });
    return [one.name, { audience: one.audience ?? issuer, keys }] as const;
  });
  const wanted = new Set(registered.flatMap((one) => (one.kind === "oidc" ? Object.keys(one.selectors) : [])));
  const enrolments = createEnrolments(authority, {
    "join-token": joinTokenAttestor(authority),
    oidc: workloadAttestor({ clock, digests, issuers }, wanted),
    spiffe: svidAttestor({ clock, digests, federation: new Map(federation) }),
    unix: unixAttestor({ digests, peers }, { hash: local.some((one) => "unix:sha256" in one.selectors) }),
  });
  if (local.length > 0 && peers.lacks === null) {
    const server = createEnrolSocket({ authority, enrolments }, peers);
    await listenLocally(server, configuration.socket);
    undo.push(() => stopListening(server));
  }
  return enrolments;
}

/** The configured issuers, each with its keys; those are fetched when they are first needed. */
export function composeIssuers({ configuration, clock, log }: AuthorityParts, issuer: string): readonly KnownIssuer[] {
  return configuration.issuers.map((one) => ({
    configuration: one,
    audience: one.audience ?? issuer,
    keys: createKeySource({
      name: `issuers.${one.name}`,
      load: () => keysOfIssuer(one),
      now: () => clock.now(),
      log,
    }),
  }));
}
