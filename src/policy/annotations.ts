import { type Obligation, OBLIGATIONS, readObligation } from "../domain/obligation.ts";
import type { PolicyJson } from "./cedar.ts";
import type { Chunk } from "./scan.ts";
import { didYouMean, nearest, type PolicyFile, problem, type Problem } from "./problem.ts";

/** What the annotations of one policy say. */
export interface Annotations {
  readonly id: string;
  readonly reason: string | null;
  readonly hint: string | null;
  /** The role to ask, on a forbid that a person may lift. */
  readonly ask: string | null;
  readonly obligations: readonly Obligation[];
}

const KNOWN = ["id", "reason", "hint", "ask", "obligation"] as const;
const ID = /^[A-Za-z][A-Za-z0-9._-]{0,95}$/;

/** Reads them, or says what is wrong. An annotation that is not known is refused: Cedar would pass over a misspelt
 *  `@ask` in silence, and what was meant to be asked would be forbidden, or worse. */
export function readAnnotations(
  file: PolicyFile,
  chunk: Chunk,
  json: PolicyJson,
  roles: ReadonlySet<string> | null,
): { readonly annotations: Annotations; readonly problems: readonly Problem[] } {
  const given = new Map(Object.entries(json.annotations ?? {}));
  const problems: Problem[] = [];
  const refuse = (name: string, code: string, message: string, hint: string): void => {
    problems.push(problem(file, placeOf(chunk, name), code, message, hint));
  };
  for (const [name, value] of given) {
    if (!(KNOWN as readonly string[]).includes(name)) {
      const known = KNOWN.map((one) => `@${one}`).join(", ");
      refuse(
        name,
        "annotation_unknown",
        `there is no annotation \`@${name}\``,
        didYouMean(name, KNOWN) ?? `the annotations are ${known}`,
      );
    } else if (typeof value !== "string" || value.trim() === "") {
      refuse(name, "annotation_empty", `\`@${name}\` says nothing`, `write \`@${name}("…")\``);
    }
  }
  const text = (name: (typeof KNOWN)[number]): string | null => {
    const value: unknown = given.get(name);
    return typeof value === "string" && value.trim() !== "" ? value : null;
  };
  const id = text("id");
  if (id === null && !given.has("id")) {
    // A misspelt `@id` is told once, by its misspelling.
    const misspelt = [...given.keys()].some(
      (name) => nearest(name, ["id"]) !== null && !(KNOWN as readonly string[]).includes(name),
    );
    if (!misspelt)
      refuse(
        "",
        "policy_id_missing",
        "a policy has no id",
        'write `@id("…")` before it: records and approvals name it by that',
      );
  } else if (id !== null && !ID.test(id)) {
    refuse(
      "id",
      "policy_id_invalid",
      `\`${id.slice(0, 96)}\` is not an id for a policy`,
      "use a letter, then up to 95 letters, digits, dots, hyphens or underscores",
    );
  }
  if (given.has("ask") && json.effect !== "forbid") {
    refuse(
      "ask",
      "annotation_misplaced",
      "`@ask` stands on a permit",
      "put it on a forbid: that is what a person's answer lifts",
    );
  }
  if (given.has("obligation") && json.effect !== "permit") {
    refuse(
      "obligation",
      "annotation_misplaced",
      "`@obligation` stands on a forbid",
      "put it on a permit: that is what it goes along with",
    );
  }
  const obligations: Obligation[] = [];
  for (const word of text("obligation")
    ?.split(",")
    .map((one) => one.trim()) ?? []) {
    const one = readObligation(word);
    if (one !== null) obligations.push(one);
    else
      refuse(
        "obligation",
        "obligation_unknown",
        `there is no obligation \`${word.slice(0, 64)}\``,
        didYouMean(word, OBLIGATIONS) ?? `the obligations are ${OBLIGATIONS.join(", ")}`,
      );
  }
  const ask = text("ask");
  if (ask !== null && roles !== null && !roles.has(ask)) {
    refuse(
      "ask",
      "role_unknown",
      `no person can hold the role \`${ask}\``,
      didYouMean(ask, roles) ?? "give the role to somebody in `people` of writ.yaml, or ask another one",
    );
  }
  return {
    annotations: { id: id ?? "", reason: text("reason"), hint: text("hint"), ask, obligations },
    problems,
  };
}

function placeOf(chunk: Chunk, name: string): number {
  const at = chunk.tokens.findIndex((token, i) => token.text === "@" && chunk.tokens[i + 1]?.text === name);
  return chunk.tokens[at]?.start ?? chunk.start;
}
