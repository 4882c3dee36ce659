import type { IncomingMessage } from "node:http";
import { reason, type Reason, sentence } from "../../domain/reason.ts";
import type { Shown } from "../../ports/credentials.ts";
import type { McpDoorParts } from "./parts.ts";

export type Presented =
  | {
      readonly kind: "presented";
      readonly credential: Shown;
      /** Uses up the proof that came with it; false where another request used it meanwhile. */
      spend(): boolean;
      /** The nonce for the next proof, where it is another one now. */
      readonly nonce: string | null;
    }
  | { readonly kind: "refused"; readonly reason: Reason };

/** What a request carries to say who it is from: a bearer token, or one that is bound to a key, with a proof (RFC 9449
 *  §7). Whether the token may be carried that way is the gate's to say. */
export function showing({ dpop, clock, origins }: McpDoorParts, request: IncomingMessage): Presented {
  const [, scheme = "", token = ""] = /^(Bearer|DPoP) ([^\s]+)$/i.exec(request.headers.authorization ?? "") ?? [];
  if (token === "") return refused("credential_missing");
  const header = request.headers["dpop"];
  if (scheme.toLowerCase() === "bearer")
    return header === undefined ? presented({ token, proven: null }) : refused("proof_invalid");
  if (typeof header !== "string") return refused("proof_missing");
  const path = (request.url ?? "").split("?", 1)[0] ?? "";
  const urls = origins.map((origin) => `${origin}${path}`);
  const checked = dpop.check({ header, method: request.method ?? "", urls, token }, clock.now());
  if (checked.kind === "refused") return refused(checked.why);
  const { thumbprint, spend } = checked.proof;
  const nonce = dpop.nonce(clock.now());
  return {
    kind: "presented",
    credential: { token, proven: thumbprint },
    spend: () => spend(clock.now()),
    nonce: nonce === checked.proof.nonce ? null : nonce,
  };
}

/** What a client that is refused needs to come again: why, in which scheme, the nonce for a proof, and where it says how
 *  to sign in (RFC 9728 §5.1), if programs may. */
export function challengeFor(
  { dpop, clock, signsIn, origins }: McpDoorParts,
  why: Reason,
  url: string,
): Record<string, string> {
  const { code } = why;
  const path = /^\/mcp(?:\/[a-z][a-z0-9-]{0,31})?(?=\/?(?:\?|$))/.exec(url)?.[0] ?? "/mcp";
  const about = `${origins[0] ?? ""}/.well-known/oauth-protected-resource${path}`;
  const where = signsIn ? `, resource_metadata="${about}"` : "";
  if (code === "credential_missing") return { "www-authenticate": `Bearer realm="writ"${where}` };
  const proof = code === "proof_missing" || code === "proof_invalid" || code === "proof_stale";
  const error =
    code === "proof_stale" ? "use_dpop_nonce" : code === "proof_invalid" ? "invalid_dpop_proof" : "invalid_token";
  return {
    "www-authenticate": `${proof ? "DPoP" : "Bearer"} realm="writ", error="${error}", error_description="${sentence(why)}"${proof ? ', algs="ES256"' : ""}${where}`,
    ...(proof ? { "dpop-nonce": dpop.nonce(clock.now()) } : {}),
  };
}

function presented(credential: Shown): Presented {
  return { kind: "presented", credential, spend: () => true, nonce: null };
}

function refused(code: Parameters<typeof reason>[0]): Presented {
  return { kind: "refused", reason: reason(code) };
}
