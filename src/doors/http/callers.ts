import { timingSafeEqual } from "node:crypto";
import { authenticateInstance } from "../../authority/enrolment/enrol.ts";
import { refusal, roleMissing, unauthenticated } from "../../authority/refusals.ts";
import type { ProofAsked } from "../../authority/tokens/dpop.ts";
import { prove } from "../../authority/tokens/prove.ts";
import { reason } from "../../domain/reason.ts";
import type { Shown } from "../../ports/credentials.ts";
import type { Instance } from "../../domain/principal.ts";
import { may, type Person, type Role } from "../../domain/person.ts";
import type { BrowserSession } from "../../authority/people/browser-sessions.ts";
import type { HttpDoorParts } from "./parts.ts";

/** Who is calling, as the route asked for it. */
export type Caller =
  | { readonly kind: "anybody" }
  | { readonly kind: "launcher" }
  | {
      readonly kind: "instance";
      readonly instance: Instance;
      readonly credential: Shown;
      /** The launcher vouches, with its own key beside. */ readonly vouched: boolean;
    }
  | { readonly kind: "person"; readonly person: Person; readonly session: BrowserSession | null };

/** Who may use a route. A role is a person's; `instance or operator` is a task's own launcher, or an operator; `owner or
 *  operator` is a person, and the route itself asks whether it is the owner of what it is about. */
export type Access = "anybody" | "launcher" | "instance" | "instance or operator" | "owner or operator" | Role;

export interface Credentialled {
  readonly bearer: string | null;
  /** A token that came as `DPoP`, with what its proof has to be about. */
  readonly bound: (Pick<ProofAsked, "method" | "urls"> & { readonly token: string }) | null;
  /** The `DPoP` header (RFC 9449 §4.1). */
  readonly proof: string | null;
  readonly launcherKey: string | null;
  readonly cookie: string | null;
  /** What a browser's session shows beside its cookie: a header, or a part of the page's address. */
  readonly csrf: string | null;
}

/** Refusals of callers nobody knows are counted, not written one by one. */
export interface Refusals {
  unauthenticated: number;
  agents: number;
}

export const COOKIE = "writ_session";

/** Finds out who calls, and refuses whoever the route is not for.
 *  An agent's token opens nothing that is for people: 403 `agent_refused`, counted.
 *  @throws WritError 401 `credential_missing`, `credential_invalid`, `credential_expired`, `credential_revoked`;
 *  403 `agent_refused`, `role_missing`, `csrf` for a cookie that comes alone. */
export async function admitCaller(
  parts: HttpDoorParts,
  refusals: Refusals,
  access: Access,
  given: Credentialled,
): Promise<Caller> {
  if (access === "anybody") return { kind: "anybody" };
  if (access === "launcher") {
    if (given.bearer !== null && parts.people.isLauncher(given.bearer)) return { kind: "launcher" };
    throw stranger(parts, refusals, given);
  }
  if (
    access === "instance" ||
    (access === "instance or operator" && (given.bound !== null || looksLikeToken(given.bearer)))
  ) {
    return instanceOf(parts, refusals, given);
  }
  const role: Role =
    access === "instance or operator" ? "operator" : access === "owner or operator" ? "viewer" : access;
  const caller = await personOf(parts, refusals, given);
  if (!may(caller.person, role)) throw roleMissing(role);
  return caller;
}

async function instanceOf(parts: HttpDoorParts, refusals: Refusals, given: Credentialled): Promise<Caller> {
  const token = given.bound?.token ?? given.bearer;
  if (token === null) throw stranger(parts, refusals, given);
  // A task token is what an agent's traffic carries: it opens no door here, not even its own task's.
  if (isTaskToken(parts, token)) throw agentRefused(refusals);
  try {
    const credential: Shown = { token, proven: provenBy(parts, given) };
    const { instance } = await authenticateInstance(parts.authority, credential);
    const vouched = given.launcherKey !== null && parts.people.isLauncher(given.launcherKey);
    return { kind: "instance", instance, credential, vouched };
  } catch (cause) {
    refusals.unauthenticated++;
    throw cause;
  }
}

/** The key that the request proves it holds; null where it carries no proof.
 *  @throws WritError 401 `proof_missing`, `proof_invalid`, `proof_stale`. */
export function provenBy(
  { tokens }: HttpDoorParts,
  { bound, proof }: Pick<Credentialled, "bound" | "proof">,
): string | null {
  if (bound === null) return null;
  if (proof === null) throw unauthenticated(reason("proof_missing"));
  return prove(tokens, { ...bound, header: proof });
}

async function personOf(
  parts: HttpDoorParts,
  refusals: Refusals,
  given: Credentialled,
): Promise<{ kind: "person"; person: Person; session: BrowserSession | null }> {
  // A key that is shown is judged by itself: a cookie beside it lends it nothing.
  if (given.bearer !== null) {
    const person = await parts.people.byKey(given.bearer);
    if (person !== null) return { kind: "person", person, session: null };
    throw stranger(parts, refusals, given);
  }
  const session = given.cookie === null ? null : await parts.people.bySession(given.cookie);
  if (session === null) throw stranger(parts, refusals, given);
  if (!same(given.csrf ?? "", session.csrf)) {
    refusals.unauthenticated++;
    throw notOurPage();
  }
  return { kind: "person", person: session.person, session };
}

/** What a browser may do by itself, or another page may make it do. */
export function notOurPage(): Error {
  return refusal(
    "csrf",
    403,
    {},
    "this request does not come from Writ's own page",
    "open the page by the link that `writ status --link` prints, and try again",
  );
}

function same(given: string, held: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(held)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function stranger(parts: HttpDoorParts, refusals: Refusals, given: Credentialled): Error {
  if (given.bearer !== null && looksLikeToken(given.bearer) && isAgents(parts, given.bearer))
    return agentRefused(refusals);
  refusals.unauthenticated++;
  return given.bearer === null
    ? refusal(
        "credential_missing",
        401,
        {},
        "this needs a key",
        "use the `writ` command on this machine, or the sign-in link that `writ status --link` prints",
      )
    : refusal(
        "credential_invalid",
        401,
        {},
        "this key opens nothing",
        "an admin gives a new one with `writ people key NAME`",
      );
}

function agentRefused(refusals: Refusals): Error {
  refusals.agents++;
  return refusal(
    "agent_refused",
    403,
    {},
    "what an agent holds does not open the control plane",
    "a person does this, signed in",
  );
}

function looksLikeToken(bearer: string | null): bearer is string {
  return bearer !== null && bearer.split(".").length === 3;
}

function isTaskToken(parts: HttpDoorParts, bearer: string): boolean {
  return parts.authority.credentials.inspectTask(bearer, parts.authority.clock.now()).kind === "verified";
}

function isAgents(parts: HttpDoorParts, bearer: string): boolean {
  return (
    isTaskToken(parts, bearer) ||
    parts.authority.credentials.inspectInstance(bearer, parts.authority.clock.now()).kind === "verified"
  );
}
