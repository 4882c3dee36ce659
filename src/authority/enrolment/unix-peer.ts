import type { Attested } from "../../domain/attestation.ts";
import type { JsonObject } from "../../domain/json.ts";
import type { Attestor } from "../../ports/attestor.ts";
import type { Peers, SeenPeer } from "../../ports/peer.ts";
import type { Digests } from "../../ports/system.ts";
import { canonicalize } from "../../wire/json/canonical.ts";

/** A process on this machine, by what the system says of the other end of its connection: user, group, program, and the
 *  program's digest where a registration asks for it. */
export function unixAttestor(
  parts: { readonly digests: Digests; readonly peers: Peers },
  wanted: { readonly hash: boolean },
): Attestor<{ readonly peer: SeenPeer | string }> {
  return {
    unavailable: () => parts.peers.lacks,
    async attest({ peer }): Promise<Attested> {
      const found = typeof peer === "string" ? peer : await peer.examine(wanted);
      if (typeof found === "string") return { kind: "refused", why: found };
      const { pid, uid, gid, executable, sha256, started } = found;
      return {
        kind: "attested",
        attestation: {
          by: "unix",
          agent: null,
          selectors: {
            "unix:uid": String(uid),
            "unix:gid": String(gid),
            ...(executable === null ? {} : { "unix:exe": executable }),
            ...(sha256 === null ? {} : { "unix:sha256": sha256 }),
            "unix:pid": String(pid),
          },
          // A user id alone is shared by everything that this user runs.
          strength: executable === null && sha256 === null ? 1 : 2,
          evidence: parts.digests.keyed(canonicalize({ pid, uid, gid, executable, sha256, started } as JsonObject)),
          once: null,
        },
      };
    },
  };
}
