import { qualified } from "../domain/ids.ts";
import type { JsonObject } from "../domain/json.ts";
import { reason } from "../domain/reason.ts";
import { standsOn } from "../domain/revocation.ts";
import { inject } from "../broker/inject.ts";
import type { Channel, Incoming, Sink } from "../ports/upstream.ts";
import type { Admission } from "./admit.ts";
import type { GateParts } from "./parts.ts";

/** The live side of a call: where it goes, where what comes back meanwhile goes, and when the caller gives up. */
export interface Exchange {
  readonly channel: Channel;
  /** What travels beside the judged params: the allowed `_meta`, and MCP headers. */
  readonly meta: JsonObject | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly sink: Sink;
  readonly signal: AbortSignal;
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
  try {
    const revokedAt = await parts.store.read((tx) => tx.revokedAt(standsOn(principal)));
    if (revokedAt > principal.epoch) return carried(admission, { kind: "not_sent", why: "revoked" }, "revoked");
    const incoming = await exchange.channel.request(
      {
        method: call.method,
        params: exchange.meta === null ? call.params : { ...call.params, _meta: exchange.meta },
        headers: exchange.headers,
        credentials: inject(server.launch, admission.minted),
        timeoutMs: server.timeoutMs,
      },
      exchange.sink,
      AbortSignal.any([exchange.signal, flight.signal]),
    );
    return carried(admission, incoming, flight.signal.aborted ? "revoked" : null);
  } catch (cause) {
    parts.log.error(
      { cause, call: call.id, tool: qualified(call.server, call.tool) },
      "a connector failed where it promised not to",
    );
    return carried(admission, { kind: "lost", why: reason("internal_fault").code }, null);
  } finally {
    flight.done();
  }
}

function carried(admission: Admitted, incoming: Incoming, cut: "revoked" | null): Outcome {
  return { kind: "carried", admission, incoming, cut };
}
