import { onlyReads } from "../domain/effect.ts";
import { feedLets } from "../domain/feed.ts";
import { WritError } from "../domain/error.ts";
import { OWN_SERVER, qualified } from "../domain/ids.ts";
import type { JsonObject } from "../domain/json.ts";
import { reason } from "../domain/reason.ts";
import { standsOn } from "../domain/revocation.ts";
import { reflects } from "../broker/reflect.ts";
import type { Given, Reach } from "../ports/outbound.ts";
import type { Channel, Incoming, Outgoing, Sink } from "../ports/upstream.ts";
import { CODE } from "../wire/mcp/revisions.ts";
import type { Admission } from "./admit.ts";
import { released } from "./obligations.ts";
import type { GateParts } from "./parts.ts";
import { reachOf } from "./reach.ts";

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
      /** What the upstream was given; null where nothing left. */
      readonly given: Given | null;
      readonly cut: "revoked" | null;
    }
  | { readonly kind: "not_carried"; readonly admission: Exclude<Admission, Admitted> };
type Carried = Extract<Outcome, { kind: "carried" }>;
export type Admitted = Extract<Admission, { kind: "admitted" }>;

/** Admission → Outcome. Lets the broker put the credential in, asks once more whether anything was revoked, and
 *  forwards the canonical bytes that were judged, bounded in time and size. A revocation on the way cuts the call. */
export async function enforce(parts: GateParts, admission: Admission, exchange: Exchange): Promise<Outcome> {
  if (admission.kind !== "admitted") return { kind: "not_carried", admission };
  const { request } = admission.permit;
  const { call, principal } = request;
  const server = parts.configuration.servers.find((one) => one.name === call.server);
  if (server === undefined) return unsent(admission, "the server is not configured");

  const reach = reachOf(admission.permit, server);
  const flight = parts.inFlight.enter(call.id, principal);
  let given: Given | null = null;
  let handedOver = false;
  try {
    given = await parts.broker.credentialFor(call.server, principal, admission.minted.token, reach);
    // Getting it may have taken a while: this is the last look before bytes leave.
    const revokedAt = await parts.store.read((tx) => tx.revokedAt(standsOn(principal)));
    if (revokedAt > principal.epoch) return { ...unsent(admission, "revoked"), cut: "revoked" };
    if (!feedLets(parts.store.feed(), onlyReads(request.effects))) return unsent(admission, "feed_stale", "feed_stale");
    const message: Outgoing = {
      method: call.method,
      params: exchange.meta === null ? call.params : { ...call.params, _meta: exchange.meta },
      headers: exchange.headers,
      ...carriedFor(given, reach),
      timeoutMs: server.timeoutMs,
    };
    const signal = AbortSignal.any([exchange.signal, flight.signal]);
    handedOver = true;
    let incoming = await exchange.channel.request(message, discreet(exchange.sink, admission, given, parts), signal);
    // Writ sends nothing twice but what only reads.
    for (let again = 0; again < MOST_AGAIN && onlyReads(request.effects); again++) {
      const next = await anotherTry(parts, admission, incoming, reach);
      if (next === null || signal.aborted) break;
      void given.after?.();
      given = next;
      const sink = discreet(exchange.sink, admission, given, parts);
      incoming = await exchange.channel.request({ ...message, ...carriedFor(given, reach) }, sink, signal);
    }
    // Writ's own answer, that a task has ended, is no result of the task's.
    const cut = flight.signal.aborted && call.server !== OWN_SERVER;
    return { kind: "carried", admission, incoming, given, cut: cut ? "revoked" : null };
  } catch (cause) {
    parts.log.error(
      { cause, call: call.id, tool: qualified(call.server, call.tool) },
      handedOver ? "a connector failed where it promised not to" : "an admitted call could not be sent",
    );
    if (given === null && cause instanceof WritError)
      return unsent(
        admission,
        cause.code === "credential_not_given" ? String(cause.facts["why"]) : cause.code,
        "credential_not_given",
      );
    const why = reason("internal_fault").code;
    return handedOver ? { ...unsent(admission, why), incoming: { kind: "lost", why }, given } : unsent(admission, why);
  } finally {
    flight.done();
    void given?.after?.();
  }
}

const MOST_AGAIN = 2;

/** What to send it with instead, where the upstream refused it for want of a better credential; else null. */
async function anotherTry(
  parts: GateParts,
  admission: Admitted,
  incoming: Incoming,
  reach: Reach | null,
): Promise<Given | null> {
  if (incoming.kind !== "rejected" || (incoming.status !== 401 && incoming.status !== 403)) return null;
  const { call, principal } = admission.permit.request;
  const challenge = { status: incoming.status, text: incoming.challenge, nonce: incoming.nonce ?? null };
  const better = await parts.broker.challenged(call.server, principal, challenge);
  return better ? parts.broker.credentialFor(call.server, principal, admission.minted.token, reach) : null;
}

/** What travels with the call in place of anything the agent holds. */
function carriedFor({ headers, login }: Given, reach: Reach | null): Pick<Outgoing, "credentials" | "reach" | "login"> {
  return {
    credentials: headers,
    ...(reach === null ? {} : { reach }),
    ...(login === undefined ? {} : { login }),
  };
}

/** The same sink for all but what shows the credential of the call: that goes no further. What is owed on results is owed
 *  on what comes before them. */
function discreet(sink: Sink, admission: Admitted, given: Given, parts: GateParts): Sink {
  const { permit } = admission;
  const { call, source } = permit.request;
  const said = { ...source, source: qualified(call.server, call.tool), boundary: () => parts.ids.nonce() };
  const shows = (text: string): boolean => {
    if (!showsSecret(parts, admission, given, text)) return false;
    parts.log.warn(
      { call: permit.request.call.id },
      "a side message showed the credential of its call; it is withheld",
    );
    return true;
  };
  return {
    ...sink,
    notification: (message, mark) =>
      void (shows(message.text) || sink.notification(released(permit.obligations, message, said).message, mark)),
    request: (message, mark) =>
      shows(message.text)
        ? Promise.resolve({
            error: { code: CODE.internal, message: "the request holds the credential of the call, and is withheld" },
          })
        : sink.request(released(permit.obligations, message, said).message, mark),
  };
}

/** Whether a text on its way to the agent shows what was made or obtained for the call, or any secret the broker knows. */
export function showsSecret(parts: GateParts, { minted }: Admitted, given: Given | null, text: string): boolean {
  const own = new Set([minted.token, ...(given?.secrets ?? [])]);
  return [...own].some((secret) => reflects(secret, text)) || parts.broker.shows(text);
}

function unsent(admission: Admitted, why: string, code?: "credential_not_given" | "feed_stale"): Carried {
  const incoming: Incoming = { kind: "not_sent", why, ...(code === undefined ? {} : { code }) };
  return { kind: "carried", admission, incoming, given: null, cut: null };
}
