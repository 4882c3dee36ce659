import { createEnrolments, type Enrolments } from "./authority/enrolment/enrolments.ts";
import { joinTokenAttestor } from "./authority/enrolment/join-token.ts";
import { unixAttestor } from "./authority/enrolment/unix-peer.ts";
import type { AuthorityParts } from "./authority/parts.ts";
import { createEnrolSocket } from "./doors/http/enrol-socket.ts";
import { listenLocally, stopListening } from "./system/listener.ts";
import { openPeers } from "./system/peers.ts";

/** The attestors, as `writ.yaml` has need of them, and the socket for local processes where one is registered.
 *  @throws WritError `socket_in_use`, `listen_failed`. */
export async function composeEnrolment(authority: AuthorityParts, undo: (() => unknown)[]): Promise<Enrolments> {
  const { configuration, digests } = authority;
  const registered = configuration.agents.flatMap((agent) => agent.enrol);
  const local = registered.filter((one) => one.kind === "unix");
  const peers = await openPeers();
  const enrolments = createEnrolments(authority, {
    "join-token": joinTokenAttestor(authority),
    unix: unixAttestor({ digests, peers }, { hash: local.some((one) => "unix:sha256" in one.selectors) }),
  });
  if (local.length > 0 && peers.lacks === null) {
    const server = createEnrolSocket({ authority, enrolments }, peers);
    await listenLocally(server, configuration.socket);
    undo.push(() => stopListening(server));
  }
  return enrolments;
}
