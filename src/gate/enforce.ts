import { onlyReads } from "../domain/effect.ts";
import { feedLets } from "../domain/feed.ts";
import { OWN_SERVER, qualified } from "../domain/ids.ts";
import type { JsonObject } from "../domain/json.ts";
import { reason } from "../domain/reason.ts";
import { standsOn } from "../domain/revocation.ts";
import { inject, reflects } from "../broker/inject.ts";
import type { Channel, Incoming, Outgoing, Sink } from "../ports/upstream.ts";
import { CODE } from "../wire/mcp/revisions.ts";
import type { Admission } from "./admit.ts";
import type { GateParts } from "./parts.ts";

/** The live side of a call: where it goes, where what comes back meanwhile goes, and when the caller gives up. */
export interface Exchange {
  readonly channel: Channel;
  /** What travels beside the judged params: the allowed `_meta`, and MCP headers. */
  readonly meta: JsonObject | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly sink: Sink;
  /** Aborts when the caller takes the call back: it is cancelled upstream. */
  readonly signal: AbortSignal;
  /** Aborts when nobody waits for the answer any more: no question to people is held open for it. */
  readonly present: AbortSignal;
}

export type Outcome =
  | {
      readonly kind: "carried";
      readonly admission: Admitted;
      readonly incoming: Incoming;
      readonly cut: "revoked" | null;
    }
  | { readonly kind: "not_carried"; readonly admission: Exclude<Admission, Admitted> };
export type Admitted = Extract<Admission, { kind: "admitted" }>;

/** Admission → Outcome. Asks once more whether anything was revoked, lets the broker put the credential in, and
 *  forwards the canonical bytes that were judged, bounded in time and size. A revocation on the way cuts the call. */
export async function enforce(parts: GateParts, admission: Admission, exchange: Exchange): Promise<Outcome> {
  if (admission.kind !== "admitted") return { kind: "not_carried", admission };
  const { request } = admission.permit;
  const { call, principal } = request;
  const server = parts.configuration.servers.find((one) => one.name === call.server);
  if (server === undefined) return carried(admission, { kind: "not_sent", why: "the server is not configured" }, null);

  const flight = parts.inFlight.enter(call.id, principal);
  let handedOver = false;
  try {
    const revokedAt = await parts.store.read((tx) => tx.revokedAt(standsOn(principal)));
    if (revokedAt > principal.epoch) return carried(admission, { kind: "not_sent", why: "revoked" }, "revoked");
    if (!feedLets(parts.store.feed(), onlyReads(request.effects))) {
      return carried(admission, { kind: "not_sent", why: "feed_stale", code: "feed_stale" }, null);
    }
    const message: Outgoing = {
      method: call.method,
      params: exchange.meta === null ? call.params : { ...call.params, _meta: exchange.meta },
      headers: exchange.headers,
      credentials: inject(server.launch, admission.minted),
      timeoutMs: server.timeoutMs,
    };
    const signal = AbortSignal.any([exchange.signal, flight.signal]);
    handedOver = true;
    const incoming = await exchange.channel.request(message, discreet(exchange.sink, admission, parts), signal);
    // Writ's own answer, that a task has ended, is no result of the task's.
    const cut = flight.signal.aborted && call.server !== OWN_SERVER;
    return carried(admission, incoming, cut ? "revoked" : null);
  } catch (cause) {
    parts.log.error(
      { cause, call: call.id, tool: qualified(call.server, call.tool) },
      handedOver ? "a connector failed where it promised not to" : "an admitted call could not be sent",
    );
    const why = reason("internal_fault").code;
    return carried(admission, handedOver ? { kind: "lost", why } : { kind: "not_sent", why }, null);
  } finally {
    flight.done();
  }
}

/** The same sink for all but what shows the credential of the call: that goes no further. */
function discreet(sink: Sink, { minted, permit }: Admitted, parts: GateParts): Sink {
  const shows = (text: string): boolean => {
    if (!reflects(minted.token, text)) return false;
    parts.log.warn(
      { call: permit.request.call.id },
      "a side message showed the credential of its call; it is withheld",
    );
    return true;
  };
  return {
    ...sink,
    notification: (message, mark) => void (shows(message.text) || sink.notification(message, mark)),
    request: (message, mark) =>
      shows(message.text)
        ? Promise.resolve({
            error: { code: CODE.internal, message: "the request holds the credential of the call, and is withheld" },
          })
        : sink.request(message, mark),
  };
}

function carried(admission: Admitted, incoming: Incoming, cut: "revoked" | null): Outcome {
  return { kind: "carried", admission, incoming, cut };
}
