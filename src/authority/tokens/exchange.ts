import { exchangeDelegation } from "./exchange-delegation.ts";
import { exchangeInstance } from "./exchange-instance.ts";
import { type Exchanged, type ExchangedKind, TOKEN_TYPE_URI } from "./exchanged.ts";
import { oauthError } from "./oauth-error.ts";
import type { TokenParts } from "./parts.ts";
import type { GrantType, TokenAnswer, TokenAsk } from "./token-endpoint.ts";

/** What is made of which tokens. */
const BRANCHES: readonly {
  readonly subject: ExchangedKind;
  readonly actor: ExchangedKind | null;
  run(parts: TokenParts, asked: TokenAsk, exchanged: Exchanged): Promise<TokenAnswer>;
}[] = [
  { subject: "instance", actor: null, run: exchangeInstance },
  { subject: "task", actor: "instance", run: exchangeDelegation },
];

/** Token exchange (RFC 8693). */
export const exchange: GrantType = {
  // RFC 8693 §2.2.2: a subject or actor token that is not accepted, for whatever reason.
  refusedAs: "invalid_request",
  async run(parts, asked) {
    const subject = tokenIn(asked, "subject");
    const actor = tokenIn(asked, "actor");
    if (subject === null) throw oauthError("invalid_request", "`subject_token` is missing", HINT);
    checkTarget(parts, asked);
    const branch = BRANCHES.find((one) => one.subject === subject.kind && one.actor === (actor?.kind ?? null));
    if (branch === undefined)
      throw oauthError("invalid_request", "these tokens are not exchanged for anything here", HINT);
    return branch.run(parts, asked, { subject, actor });
  },
};

function tokenIn({ params }: TokenAsk, role: "subject" | "actor"): Exchanged["subject"] | null {
  const token = params.get(`${role}_token`);
  const type = params.get(`${role}_token_type`);
  if (token === undefined && type === undefined) return null;
  const kind = (Object.keys(TOKEN_TYPE_URI) as ExchangedKind[]).find((one) => TOKEN_TYPE_URI[one] === type);
  if (token === undefined || kind === undefined)
    throw oauthError("invalid_request", `\`${role}_token\` and its type do not go together`, HINT);
  return { kind, token };
}

/** A task token is for this gateway, and no exchange here makes anything else.
 *  @throws WritError `invalid_target`, `invalid_scope`, `invalid_request`. */
export function checkTarget(parts: TokenParts, { params }: TokenAsk): void {
  const servers = parts.configuration.servers.map((server) => `${parts.gateway}/${server.name}`);
  for (const name of ["resource", "audience"]) {
    const target = params.get(name);
    if (target !== undefined && target !== parts.gateway && !servers.includes(target))
      throw oauthError("invalid_target", "no token is made here for this target", `name ${parts.gateway}, or nothing`);
  }
  if (params.has("scope"))
    throw oauthError("invalid_scope", "there are no scopes here", "say what is needed in `authorization_details`");
  const requested = params.get("requested_token_type");
  if (requested !== undefined && requested !== TOKEN_TYPE_URI.task)
    throw oauthError("invalid_request", "this type of token is not made here", `ask for ${TOKEN_TYPE_URI.task}`);
}

const HINT = `a subject is an instance credential (${TOKEN_TYPE_URI.instance}) or a task token (${TOKEN_TYPE_URI.task})`;
