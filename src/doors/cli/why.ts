import type { Approval } from "../../domain/approval.ts";
import { isObject, type Json, type JsonObject, own } from "../../domain/json.ts";
import { facts, plain, time } from "./output.ts";

/** What `GET /v1/calls/{id}` answers, as far as it is shown here. */
export interface CallAnswer {
  readonly call: string;
  readonly task: string | null;
  readonly at: number;
  readonly verdict: string;
  readonly tool: string;
  readonly says: string | null;
  readonly reason: string | null;
  readonly state: string | null;
  readonly decision: JsonObject;
  readonly approval: Approval | null;
  readonly grant: {
    readonly id: string;
    readonly origin: string;
    readonly issuedBy: string;
    readonly allows: string;
  } | null;
  readonly outcome: JsonObject | null;
}

const VERDICTS: Readonly<Record<string, string>> = { permit: "permitted", ask: "a person was asked", deny: "denied" };

/** One call, told to a person at three in the morning: who, for whom, what it would have done, what was decided and by
 *  which rule, who allowed it, what it carried, how it ended. */
export function describeCall(answer: CallAnswer): string {
  const { decision, outcome } = answer;
  const verdict = VERDICTS[answer.verdict] ?? answer.verdict;
  const head = `${answer.tool}: ${verdict}${answer.state === null ? "" : `, ${answer.state.replaceAll("_", " ")}`}  (${answer.call}, ${time(answer.at)})`;
  return `${plain(head)}\n\n${facts([
    ["why", [join(answer.reason, answer.says), hintOf(decision)].filter((line) => line !== "")],
    ["who", join(text(decision, "actor"), binding(decision))],
    ["handed down by", delegators(own(decision, "delegators"))],
    ["on behalf of", text(decision, "owner")],
    ["task", task(answer)],
    ["would", effects(own(decision, "effects"))],
    ["values", origins(own(decision, "provenance"))],
    ["policies", policies(own(decision, "policies"), decision)],
    [
      "grant",
      answer.grant === null
        ? noGrant(answer)
        : `${answer.grant.id} (${answer.grant.origin}, from ${answer.grant.issuedBy}): ${answer.grant.allows}`,
    ],
    ["approval", approval(answer.approval)],
    ["credential", credential(own(decision, "credential"))],
    [
      "outcome",
      outcome === null
        ? null
        : [join(text(outcome, "state"), text(outcome, "why") ?? text(outcome, "withheld")), size(outcome)].filter(
            (line) => line !== "",
          ),
    ],
    ["arguments", argumentsOf(answer)],
    ["session", session(own(decision, "labels"))],
    ["set-up", setUp(decision)],
  ])}`;
}

function hintOf(decision: JsonObject): string {
  const hint = text(decision, "hint");
  return hint === null ? "" : `next: ${hint}`;
}

function binding(decision: JsonObject): string {
  const held = text(decision, "binding");
  return held === "bearer"
    ? "by a bearer token that its launcher holds"
    : held === "proof-of-possession"
      ? "with its key proved"
      : "";
}

function delegators(value: Json | undefined): readonly string[] {
  return (Array.isArray(value) ? (value as readonly Json[]) : [])
    .filter(isObject)
    .map((one) => `${text(one, "agent")}, instance ${text(one, "instance")}`);
}

function task(answer: CallAnswer): string | null {
  if (answer.task === null) return null;
  const objective = text(answer.decision, "objective");
  const declared = { owner: "the owner's words", "agent-claimed": "the agent's own words, which ground nothing" }[
    text(answer.decision, "declaredBy") ?? ""
  ];
  return objective === null || objective === ""
    ? `${answer.task} (nobody said what for)`
    : `${answer.task} "${objective}"${declared === undefined ? "" : ` (${declared})`}`;
}

function effects(value: Json | undefined): readonly string[] {
  if (!isObject(value)) return [];
  const kinds = list(value, "kinds");
  const reads = kinds.length === 1 && kinds[0] === "read";
  const on = ["paths", "hosts", "recipients", "tables", "columns"].flatMap((name) => {
    const named = list(value, name);
    return named.length === 0 ? [] : [`${name}: ${named.join(", ")}`];
  });
  const hidden = list(value, "unrepresented");
  const traits = list(value, "traits");
  const says = text(value, "says");
  return [
    ...(says === null ? [] : [says]),
    `${kinds.join(", ")}${reads ? "" : own(value, "reversible") === true ? "; can be undone" : "; cannot be undone"}`,
    ...on,
    ...(traits.length === 0 ? [] : [`with care for: ${traits.join(", ")}`]),
    ...(hidden.length === 0 ? [] : [`policy cannot see exactly: ${hidden.join(", ")}`]),
  ];
}

/** Where the values that were held against it came from. */
function origins(value: Json | undefined): readonly string[] {
  return isObject(value) ? list(value, "origins") : [];
}

function policies(value: Json | undefined, decision: JsonObject): readonly string[] {
  const found = (Array.isArray(value) ? (value as readonly Json[]) : [])
    .filter(isObject)
    .map((one) => `${text(one, "file")}:${own(one, "line")}  ${text(one, "id")}`);
  return found.length > 0 ? found : [`none spoke (set ${text(decision, "policyVersion")?.slice(0, 24) ?? "unknown"})`];
}

function noGrant({ verdict, approval: asked, decision }: CallAnswer): string {
  if (verdict !== "permit") return "none was used";
  if (asked !== null) return "none; the approval stood in for it";
  const observed = text(decision, "observed");
  return observed === null
    ? "none was needed"
    : `none; this server is only observed, and would have been refused (${observed})`;
}

function approval(value: Approval | null): readonly string[] {
  if (value === null) return [];
  const asked = value.asks.map((ask) => `${ask.role} asked: ${ask.why} (${ask.policy})`);
  const given = value.answers.map(
    (one) => `${one.person} said ${one.verdict} at ${time(one.at)}${one.note === "" ? "" : `: "${one.note}"`}`,
  );
  return [`${value.id}, ${value.state.replaceAll("_", " ")}`, ...asked, ...given];
}

function credential(value: Json | undefined): string | null {
  if (!isObject(value)) return null;
  const expires = own(value, "expires");
  const [kind, remains] = [text(value, "kind"), text(value, "remains")];
  // The record names the one that Writ mints for every call; a server of another kind is given another.
  if (kind !== null && kind !== "operation") return join(kind === "none" ? null : kind, remains);
  return `${text(value, "id")}, once, for ${text(value, "audience")}${typeof expires === "number" ? `, until ${time(expires)}` : ""}`;
}

function size(outcome: JsonObject): string {
  const [bytes, took] = [own(outcome, "bytes"), own(outcome, "took")];
  return [typeof bytes === "number" ? `${bytes} characters` : "", typeof took === "number" ? `${took} ms` : ""]
    .filter(Boolean)
    .join(" in ");
}

function argumentsOf({ decision, approval: asked }: CallAnswer): string | null {
  const params = own(decision, "params");
  if (params !== undefined) return JSON.stringify(params);
  if (asked !== null) return asked.summary.arguments;
  const digest = text(decision, "digest");
  return digest === null ? null : `kept as ${digest.slice(0, 40)}… only`;
}

function session(labels: Json | undefined): string | null {
  if (!isObject(labels)) return null;
  const known: Readonly<Record<string, string>> = {
    readPrivate: "had read private data",
    readUntrusted: "had read text that outsiders write",
    sent: "had sent data out",
  };
  const held = Object.entries(known)
    .filter(([name]) => own(labels, name) === true)
    .map(([, words]) => words);
  return held.length === 0 ? "had read nothing private or untrusted before" : held.join("; ");
}

function setUp(decision: JsonObject): string | null {
  const isolation = text(decision, "isolation");
  if (isolation === null) return null;
  const words =
    isolation === "isolated"
      ? "isolated: the agent cannot reach what the gateway holds"
      : "same-user: a guard against a misled agent, not against hostile code";
  return `${words}; tier ${text(decision, "tier")}, ${text(decision, "mode")}`;
}

function join(...parts: readonly (string | null)[]): string {
  return parts.filter((part) => part !== null && part !== "").join(": ");
}

function list(value: JsonObject, name: string): readonly string[] {
  const found = own(value, name);
  return Array.isArray(found) ? (found as readonly Json[]).map(String) : [];
}

function text(value: JsonObject, name: string): string | null {
  const found = own(value, name);
  return typeof found === "string" ? found : null;
}
