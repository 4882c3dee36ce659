import { own } from "../../domain/json.ts";
import { readCompact } from "../../wire/jose/compact.ts";
import { oauthError } from "../tokens/oauth-error.ts";
import type { GrantType } from "../tokens/token-endpoint.ts";
import { ID_JAG, inboundGrant } from "./inbound-grant.ts";
import { workloadGrant } from "./workload-grant.ts";

/** An assertion for a task token (RFC 7523 §2.1). Its own kind says which: an ID-JAG lets a client that proved itself act
 *  for a person; anything else can only be what a platform gave a workload, which is no client of ours. */
export const assertionGrant: GrantType = {
  refusedAs: "invalid_grant",
  async run(parts, asked) {
    const assertion = asked.params.get("assertion");
    if (assertion === undefined)
      throw oauthError("invalid_request", "`assertion` is missing", "send an ID-JAG or a token of a workload");
    return asked.client.kind === "registered" || isIdJag(assertion)
      ? inboundGrant(parts, asked, assertion)
      : workloadGrant(parts, asked, assertion);
  },
};

function isIdJag(assertion: string): boolean {
  const compact = readCompact(assertion);
  const typ = typeof compact === "string" ? undefined : own(compact.header, "typ");
  return typeof typ === "string" && typ.toLowerCase() === ID_JAG;
}
