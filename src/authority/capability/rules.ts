import { type CapabilityRules, plainRules } from "../../domain/capability-rules.ts";
import type { StoredRules } from "../../domain/held-profile.ts";
import { lineDiff } from "../rules/line-diff.ts";
import type { Actor, AuthorityParts } from "../parts.ts";
import { refusal } from "../refusals.ts";
import type { RulesInForce } from "./parts.ts";

interface RuleProblem {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
  readonly hint: string;
}

export type ReadRules =
  | {
      readonly kind: "loaded";
      readonly rules: CapabilityRules;
      readonly tests: readonly { readonly name: string; readonly passed: boolean; readonly why: string }[];
    }
  | { readonly kind: "refused"; readonly problems: readonly RuleProblem[] };

/** `capabilities.yaml`, and how it is read. */
export interface RuleSource {
  /** What is on disk; null where there is none. */
  text(): Promise<string | null>;
  parse(text: string): ReadRules;
}

export interface RuleProposal {
  readonly changed: boolean;
  /** Null where the file does not load, or there is none. */
  readonly version: string | null;
  readonly diff: readonly string[];
  readonly problems: readonly RuleProblem[];
  readonly tests: readonly { readonly name: string; readonly passed: boolean; readonly why: string }[];
}

/** The rules in force. What is on disk is a proposal until an admin applies it. */
export interface Rules {
  inForce(): RulesInForce;
  /** Why the rules in force are not what they should be; null when all is well. */
  trouble(): string | null;
  /** Takes up the stored rules; where Writ never ran before, what is on disk. */
  start(): Promise<void>;
  follow(): Promise<void>;
  proposal(): Promise<RuleProposal>;
  /** @throws WritError `capabilities_missing`, `capabilities_invalid`, `capabilities_tests_failed`, `capabilities_changed`. */
  apply(by: Actor, expected?: string): Promise<RuleProposal>;
}

export function createRules(
  parts: Pick<AuthorityParts, "store" | "clock" | "digests" | "configuration" | "log">,
  source: RuleSource,
): Rules {
  const { tier } = parts.configuration;
  let inForce: RulesInForce = { version: null, rules: plainRules(tier) };
  let stored: StoredRules | null = null;
  let wrong: string | null = null;

  function take(next: StoredRules): void {
    stored = next;
    const read = source.parse(next.text);
    if (read.kind === "loaded") [inForce, wrong] = [{ version: next.version, rules: read.rules }, null];
    else {
      // The last good rules are kept, loudly; with none, agents are as their tier has it.
      wrong = `the capability rules in force do not load: ${read.problems.map(describe).join("; ")}`;
      parts.log.error({ problems: read.problems }, "the capability rules do not load; the last good ones are kept");
    }
  }

  async function propose(): Promise<{ readonly proposal: RuleProposal; readonly text: string | null }> {
    const text = await source.text();
    const read = text === null ? null : source.parse(text);
    return {
      text,
      proposal: {
        changed: text !== (stored?.text ?? null),
        version: text === null || read?.kind !== "loaded" ? null : parts.digests.plain(text),
        diff: text === (stored?.text ?? null) ? [] : lineDiff(stored?.text ?? "", text ?? ""),
        problems: read?.kind === "refused" ? read.problems : [],
        tests: read?.kind === "loaded" ? read.tests : [],
      },
    };
  }

  async function apply(by: Actor, expected?: string): Promise<RuleProposal> {
    const { proposal, text } = await propose();
    if (text === null)
      throw refusal(
        "capabilities_missing",
        404,
        { file: parts.configuration.capabilityFile },
        "there are no capability rules on disk",
        "write `capabilities.yaml`, or name another file with `capabilities` in `writ.yaml`",
      );
    if (proposal.version === null)
      throw refusal(
        "capabilities_invalid",
        422,
        { problems: proposal.problems.map(describe) },
        "the capability rules do not load, so nothing was changed",
        "mend what is listed; `writ capability rules` looks again",
      );
    const failed = proposal.tests.filter((test) => !test.passed);
    if (failed.length > 0)
      throw refusal(
        "capabilities_tests_failed",
        422,
        { failed: failed.map((test) => `${test.name}: ${test.why}`) },
        "a test of the capability rules fails, so nothing was changed",
        "mend the rule or its test",
      );
    if (expected !== undefined && expected !== proposal.version)
      throw refusal(
        "capabilities_changed",
        409,
        { shown: expected, now: proposal.version },
        "the file has changed since it was shown",
        "look at the proposal again",
      );
    const next: StoredRules = { version: proposal.version, text, appliedBy: by, appliedAt: parts.clock.now() };
    await parts.store.write(async (tx) => {
      const replaces = (await tx.document("capability_rules", "active"))?.version ?? null;
      await tx.putDocument("capability_rules", "active", next, null);
      const body = { version: next.version, by, replaces };
      await tx.append({ kind: "capability_rules", at: next.appliedAt, call: null, task: null, body });
      await tx.publish("capability", "rules");
    });
    take(next);
    return proposal;
  }

  return {
    inForce: () => inForce,
    trouble: () => wrong,
    async start() {
      const { active, before } = await parts.store.read(async (tx) => ({
        active: await tx.document("capability_rules", "active"),
        before: (await tx.ledger({ after: 0, limit: 1, kind: "start" })).length > 0,
      }));
      if (active !== null) return take(active);
      if (before || (await source.text()) === null) return;
      try {
        await apply("first start");
      } catch (cause) {
        wrong = cause instanceof Error ? cause.message : "the capability rules do not load";
        parts.log.error({ err: cause }, "the capability rules on disk are not in force");
      }
    },
    async follow() {
      const active = await parts.store.read((tx) => tx.document("capability_rules", "active"));
      if (active !== null && active.version !== stored?.version) take(active);
    },
    proposal: async () => (await propose()).proposal,
    apply,
  };
}

function describe(problem: RuleProblem): string {
  return `${problem.file}:${problem.line}:${problem.column}: ${problem.message} (${problem.hint})`;
}
