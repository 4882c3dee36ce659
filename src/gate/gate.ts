import type { CallDraft } from "../domain/call.ts";
import type { Decision } from "../domain/decision.ts";
import { WritError } from "../domain/error.ts";
import type { Principal } from "../domain/principal.ts";
import { reason } from "../domain/reason.ts";
import type { Shown } from "../ports/credentials.ts";
import { admit } from "./admit.ts";
import { authenticate, type Authenticated } from "./authenticate.ts";
import { answered } from "./await-answer.ts";
import { contextualise } from "./contextualise.ts";
import { decide } from "./decide.ts";
import { enforce, type Exchange } from "./enforce.ts";
import { lightened } from "./obligations.ts";
import type { GateParts } from "./parts.ts";
import { type Response, settle } from "./settle.ts";

/** A call at a door: what the caller showed, and what it wants. */
export interface Entry {
  readonly credential: Shown | null;
  readonly call: CallDraft;
}

/** The corridor. Every call, from every door, walks this way and no other. */
export interface Gate {
  /** Resolves with what the caller gets; never rejects. */
  call(entry: Entry, exchange: Exchange): Promise<Response>;
  /** Who a credential speaks for, for a door's own business: opening a conversation, filtering a list. */
  authenticate(credential: Shown | null): Promise<Authenticated>;
  /** What the walk would decide now, without admission: advice, and nothing is recorded. Null without its task.
   *  `ahead`: the arguments are still to come, as for a listing. */
  advise(principal: Principal, call: CallDraft, ahead: boolean): Promise<Decision | null>;
}

export function createGate(parts: GateParts): Gate {
  async function walk(entry: Entry, exchange: Exchange): Promise<Response> {
    const caller = await authenticate(parts, entry.credential); //                          who
    if (caller.kind === "stranger") return { kind: "refused", call: null, reason: caller.reason };
    const decision = await weigh(caller.principal, entry.call, false);
    if (decision === null) return { kind: "refused", call: null, reason: reason("task_unknown") };
    const admission = await admit(parts, decision); //                                      reserved, recorded, credential minted
    const outcome = await enforce(parts, admission, exchange); //                           carried, once
    return settle(parts, outcome); //                                                       recorded, then released
  }

  /** Null without its task. */
  async function weigh(principal: Principal, call: CallDraft, ahead: boolean): Promise<Decision | null> {
    const request = await contextualise(parts, principal, call, ahead); //                  what it would do, how things stand
    if (request === null) return null;
    const decision = decide(request, parts.policies()); //                                  permit, ask or deny
    const lighter = lightened(decision);
    return lighter === null ? decision : weigh(principal, lighter, ahead);
  }

  return {
    async call(entry, exchange) {
      try {
        let response = await walk(entry, exchange);
        // An approval executes nothing: the call it admits walks again from the start.
        while (response.kind === "asked") {
          const answer = await answered(parts, response.approval, exchange.present);
          if (answer !== null) return { kind: "refused", call: response.call, reason: answer };
          response = await walk(entry, exchange);
        }
        return response;
      } catch (cause) {
        parts.log.error({ cause }, "a walk failed, and failing denies");
        const storeFailed = cause instanceof WritError && cause.code === "store_unavailable";
        return { kind: "refused", call: null, reason: reason(storeFailed ? "record_unavailable" : "internal_fault") };
      }
    },
    authenticate: (credential) => authenticate(parts, credential),
    advise: weigh,
  };
}
