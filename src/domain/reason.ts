import type { Facts } from "./error.ts";

/** Why a call was not permitted. `code` is stable; facts fill the sentence. */
export interface Reason {
  readonly code: ReasonCode;
  readonly facts: Facts;
}

interface Wording {
  /** The sentence, in terms the caller already knows. */
  readonly says: (facts: Facts) => string;
  readonly hint: string;
}

/** Every refusal the gate knows, in the order in which the walk can give it. */
const REASONS = {
  // authenticate
  credential_missing: {
    says: () => "the request carries no task token",
    hint: "start the agent with `writ run`, and use the address it gives",
  },
  credential_invalid: { says: () => "the task token does not verify", hint: "start the agent again with `writ run`" },
  credential_expired: {
    says: () => "the task token has expired",
    hint: "the launcher renews it; check that it still runs",
  },
  credential_revoked: {
    says: () => "what this credential stood on was revoked",
    hint: "ask an operator; a revocation is not undone, new credentials are issued",
  },
  proof_missing: {
    says: () => "this credential is bound to a key, and the request does not prove it",
    hint: "send it as `DPoP` with a proof beside it (RFC 9449); `writ run` does that by itself",
  },
  proof_invalid: {
    says: () => "the proof does not belong to this credential and this request",
    hint: "make one for each request, with the key the credential is bound to",
  },
  proof_stale: {
    says: () => "the proof carries no nonce of this gateway that still counts",
    hint: "send the request again with the nonce in `DPoP-Nonce`",
  },
  task_unknown: {
    says: () => "the credential names a task that does not exist here",
    hint: "start the agent again with `writ run`",
  },
  task_ended: { says: () => "the task has ended", hint: "open another task; nothing from this one can be used again" },
  task_expired: { says: () => "the task's deadline has passed", hint: "open another task with a later deadline" },
  profile_stale: {
    says: () => "the credential was made for another capability profile",
    hint: "the launcher fetches a new token; try again",
  },
  feed_stale: {
    says: () => "this gateway has not heard from the others for too long, and does not know what was revoked",
    hint: "try again in a moment; an operator looks at the connection to the database",
  },
  // contextualise
  call_unparsed: { says: (f) => `the call cannot be read: ${f.why}`, hint: "send it as the tool's input schema says" },
  query_unparsed: {
    says: (f) => `the statement cannot be read: ${f.why}`,
    hint: "send one statement in the database's own language, without control characters",
  },
  query_refused: {
    says: (f) => `the statement is not one that can be judged: ${f.why}`,
    hint: "send one plain statement at a time; what runs text as a statement is not let through",
  },
  text_too_large: {
    says: (f) => `the ${f.what} is larger than what can be judged: ${f.limit}`,
    hint: "send less at a time",
  },
  tool_unknown: {
    says: (f) => `there is no tool ${f.tool}`,
    hint: "list the tools, and use one of the names given there",
  },
  server_unknown: {
    says: (f) => `there is no server ${f.server}`,
    hint: "list the tools, and use one of the names given there",
  },
  server_unavailable: {
    says: (f) => `the server ${f.server} does not answer: ${f.why}`,
    hint: "try again later; `writ doctor` says what is wrong",
  },
  era_mismatch: {
    says: (f) => `the client speaks MCP ${f.client}, the server ${f.server} speaks another era: ${f.why}`,
    hint: "connect with a protocol version both speak",
  },
  definition_drifted: {
    says: (f) => `the definition of ${f.tool} is not the one that was pinned: ${f.diff}`,
    hint: "a person reads `writ tools diff`, then `writ tools pin`",
  },
  definition_unpinned: {
    says: (f) => `nobody has accepted ${f.tool} yet: it is new, or its server is launched another way now`,
    hint: "a person reads `writ tools list`, then `writ tools pin`",
  },
  definition_suspect: {
    says: (f) => `something about the definition of ${f.tool} is odd, and nobody has accepted it`,
    hint: "a person reads why with `writ tools diff`, then `writ tools pin`",
  },
  argument_undeclared: {
    says: (f) => `\`${f.argument}\` is not an argument of ${f.tool}`,
    hint: "send only arguments that the input schema declares",
  },
  argument_invalid: {
    says: (f) => `the arguments do not fit the input schema of ${f.tool}: ${f.why}`,
    hint: "send them as the input schema says",
  },
  call_reused: {
    says: () => "this call id was used before for another call",
    hint: "give every call an id of its own",
  },
  call_repeated: {
    says: (f) => `this call was already made and is ${f.state}`,
    hint: "Writ does not repeat it; make a new call if you mean one",
  },
  // decide
  self_target: {
    says: (f) => `the call reaches for Writ itself: ${f.target}`,
    hint: "nothing an agent does may touch Writ, its files or its configuration",
  },
  budget_spent: { says: (f) => `the task's budget of ${f.limit} is used up`, hint: "ask the owner for another task" },
  capability_missing: {
    says: (f) => `the agent has not earned what this call takes: ${f.why}`,
    hint: "a person reads `writ capability explain`, which says how it is earned",
  },
  policy_missing: {
    says: () => "no policy is loaded, so nothing is permitted",
    hint: "an admin runs `writ policy apply`",
  },
  policy_denied: {
    says: (f) => `no policy permits ${f.tool} here`,
    hint: "ask for a policy that does, or use another tool",
  },
  policy_forbidden: { says: (f) => `${f.why}`, hint: "this is forbidden by policy, and no approval lifts it" },
  policy_error: {
    says: (f) => `a policy that speaks of this call cannot be evaluated: ${f.why}`,
    hint: "an operator reads `writ why`; a policy that fails denies",
  },
  secret_blocked: {
    says: () => "its arguments hold a secret, and a policy keeps secrets from leaving with this call",
    hint: "leave it out; what the call needs to prove itself with is put in on the way",
  },
  obligation_unmet: {
    says: (f) => `a policy obliges this call to ${f.obligation}, which nothing here does for it`,
    hint: "an operator takes the obligation off the policy, or puts it on calls that it is for",
  },
  outside_grant: {
    says: (f) => `the task's grant for ${f.tool} does not cover this call: ${f.limit}`,
    hint: "stay inside, or ask for more with `writ__request_grant`",
  },
  no_grant: { says: (f) => `the task holds no grant for ${f.tool}`, hint: "ask for one with `writ__request_grant`" },
  reverse_denied: {
    says: (f) => `the server ${f.server} may not send ${f.method} to the client`,
    hint: "an operator allows it in `writ.yaml`, per server",
  },
  // admit
  approval_pending: {
    says: (f) => `a person has been asked (${f.approval}), and has not answered yet`,
    hint: "make the same call again later; nothing was done",
  },
  asks_waiting: {
    says: () => "too many questions of this task wait for a person already",
    hint: "wait until some of them are answered",
  },
  approval_refused: {
    says: () => "a person refused this call",
    hint: "do not repeat it; the refusal holds for this task",
  },
  approval_timeout: {
    says: () => "nobody answered in time, so the call is refused",
    hint: "make the same call again when somebody is there to answer",
  },
  record_unavailable: {
    says: () => "the decision cannot be recorded, so the call does not run",
    hint: "an operator looks at the disk and the database; `writ doctor` helps",
  },
  contention: { says: () => "what the decision stood on kept moving", hint: "try again" },
  // enforce and settle
  credential_not_given: {
    says: (f) => `the server ${f.server} could not be given the credential it asks for: ${f.why}`,
    hint: "nothing was sent; an operator reads `writ why`, and looks at the server's `credential` in `writ.yaml`",
  },
  upstream_failed: {
    says: (f) => `the server ${f.server} failed: ${f.why}`,
    hint: "try again later; what it used comes back only where it never left",
  },
  rows_exceeded: {
    says: (f) => `the statement changed more than it may, and was taken back: ${f.why}`,
    hint: "nothing has changed; name fewer rows, or ask for more with `writ__request_grant`",
  },
  database_refused: {
    says: (f) => `the database refused it to the login of this call: ${f.why}`,
    hint: "nothing has changed; that login may do what the task's grant names and no more",
  },
  database_timeout: {
    says: (f) => `the statement took too long, and was taken back: ${f.why}`,
    hint: "nothing has changed; ask for less at once",
  },
  outcome_unknown: {
    says: (f) => `the call was sent, and its outcome is not known: ${f.why}`,
    hint: "Writ will not repeat it; a person looks at what happened",
  },
  result_withheld: { says: (f) => `the result is withheld: ${f.why}`, hint: "an operator finds it in the record" },
  memory_changed: {
    says: (f) => `what is remembered in ${f.place} is not what was written there through Writ: ${f.elements}`,
    hint: "a person reads `writ memory show`, then releases it or rolls it back",
  },
  memory_withheld: {
    says: (f) => `what is remembered in ${f.place} is not shown: ${f.why}`,
    hint: "write it again, or ask a person to release it with `writ memory release`",
  },
  internal_fault: {
    says: () => "something failed inside, and failing denies",
    hint: "an operator finds the cause in the log",
  },
} as const satisfies Record<string, Wording>;

export type ReasonCode = keyof typeof REASONS;
/** Every code, for the reference in the docs. */
export const REASON_CODES = Object.keys(REASONS) as readonly ReasonCode[];

export function reason(code: ReasonCode, facts: Facts = {}): Reason {
  return { code, facts };
}

/** One lower-case sentence. Names that others chose are quoted, escaped and capped. */
export function sentence({ code, facts }: Reason): string {
  const wording: Wording = REASONS[code];
  return wording.says(Object.fromEntries(Object.entries(facts).map(([key, value]) => [key, show(key, value)])));
}

export function hint(code: ReasonCode): string {
  return REASONS[code].hint;
}

const OURS = new Set(["limit", "why", "state", "approval", "argument"]);

/** Text that somebody else chose cannot open a line, hide a character or run on. */
function show(key: string, value: Facts[string]): string {
  const text = (Array.isArray(value) ? value.join(", ") : String(value)).slice(0, 1_000);
  const plain = [...text]
    .map((char) => (/[\p{C}\p{Zl}\p{Zp}]/u.test(char) ? `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}` : char))
    .slice(0, 300)
    .join("");
  return OURS.has(key) ? plain : `\`${plain.replaceAll("`", "'")}\``;
}
