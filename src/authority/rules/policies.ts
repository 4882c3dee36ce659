import type { PolicySet } from "../../ports/policy.ts";
import type { StoredPolicies } from "../../ports/store.ts";
import { lineDiff } from "./line-diff.ts";
import type { Actor, AuthorityParts } from "../parts.ts";
import { refusal } from "../refusals.ts";

export interface PolicyFile {
  readonly name: string;
  readonly text: string;
}

export interface PolicyProblem {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly code: string;
  readonly message: string;
  readonly hint: string;
}

export type LoadedPolicies =
  | { readonly kind: "loaded"; readonly set: PolicySet; readonly warnings: readonly string[] }
  | { readonly kind: "refused"; readonly problems: readonly PolicyProblem[] };

export interface PolicyTestResult {
  readonly name: string;
  readonly passed: boolean;
  readonly why: string;
}

/** The policy layer and the disk, as `main.ts` joins them. */
export interface PolicySource {
  /** `*.cedar` and `*.test.yaml` of the policy folder, by name. */
  read(): Promise<readonly PolicyFile[]>;
  /** Checks against the tools known now; pure. */
  load(files: readonly PolicyFile[]): LoadedPolicies;
  test(files: readonly PolicyFile[], set: PolicySet): Promise<readonly PolicyTestResult[]>;
}

export interface Proposal {
  readonly changed: boolean;
  /** The version the files on disk would have; null when they do not load. */
  readonly version: string | null;
  readonly files: readonly { readonly name: string; readonly diff: readonly string[] }[];
  readonly problems: readonly PolicyProblem[];
  readonly warnings: readonly string[];
  readonly tests: readonly PolicyTestResult[];
}

/** The policy set in force. What is on disk is a proposal until an admin applies it. */
export interface Policies {
  /** The set that decides; null means that nothing is permitted. */
  current(): PolicySet | null;
  active(): StoredPolicies | null;
  /** Why the set in force is not what it should be; null when all is well. */
  trouble(): string | null;
  /** Takes up the stored set; the very first time the files on disk are applied. Never throws for a bad set: then
   *  nothing is permitted, and `trouble` says why. */
  start(): Promise<void>;
  /** Checks the set in force anew after the tools changed; keeps the last good one, loudly, when it no longer loads. */
  refresh(): void;
  /** Takes up what another process applied. */
  follow(): Promise<void>;
  proposal(): Promise<Proposal>;
  /** Puts the files on disk in force, for every gateway. `expected` is the version the person saw.
   *  @throws WritError `policy_invalid`, `policy_tests_failed`, `policy_changed`; what was in force stays. */
  apply(by: Actor, expected?: string): Promise<Proposal>;
}

export function createPolicies(parts: Pick<AuthorityParts, "store" | "clock" | "log">, source: PolicySource): Policies {
  let set: PolicySet | null = null;
  let stored: StoredPolicies | null = null;
  let wrong: string | null = "policies are not loaded yet";

  function take(next: StoredPolicies): void {
    const loaded = source.load(next.files);
    if (loaded.kind === "loaded") {
      [set, stored, wrong] = [loaded.set, next, null];
      for (const warning of loaded.warnings) parts.log.warn({ policy: loaded.set.version }, warning);
      return;
    }
    // The set in memory was checked when it was taken up; it stays. With none, nothing is permitted.
    stored = next;
    wrong = `the policies in force do not load: ${loaded.problems.map(describePolicyProblem).join("; ")}`;
    parts.log.error(
      { problems: loaded.problems, keeps: set?.version ?? "nothing" },
      "the policies do not load; the last good set is kept",
    );
  }

  async function put(files: readonly PolicyFile[], version: string, by: Actor): Promise<void> {
    const next: StoredPolicies = { version, files, appliedBy: by, appliedAt: parts.clock.now() };
    await parts.store.write(async (tx) => {
      const replaces = (await tx.activePolicies())?.version ?? null;
      await tx.putPolicies(next);
      await tx.append({
        kind: "policy_applied",
        at: next.appliedAt,
        call: null,
        task: null,
        body: { version, by, replaces, files: files.map((file) => file.name) },
      });
      await tx.publish("policy", version);
    });
    take(next);
  }

  async function propose(): Promise<{ readonly proposal: Proposal; readonly files: readonly PolicyFile[] }> {
    const files = await source.read();
    const loaded = source.load(files);
    const tests = loaded.kind === "loaded" ? await source.test(files, loaded.set) : [];
    const before = stored?.files ?? [];
    const names = [...new Set([...before, ...files].map((file) => file.name))].toSorted();
    const text = (list: readonly PolicyFile[], name: string): string =>
      list.find((file) => file.name === name)?.text ?? "";
    const differing = names
      .filter(
        (name) =>
          text(before, name) !== text(files, name) ||
          before.some((f) => f.name === name) !== files.some((f) => f.name === name),
      )
      .map((name) => ({ name, diff: lineDiff(text(before, name), text(files, name)) }));
    return {
      files,
      proposal: {
        changed: differing.length > 0,
        version: loaded.kind === "loaded" ? loaded.set.version : null,
        files: differing,
        problems: loaded.kind === "refused" ? loaded.problems : [],
        warnings: loaded.kind === "loaded" ? loaded.warnings : [],
        tests,
      },
    };
  }

  async function apply(by: Actor, expected?: string): Promise<Proposal> {
    const { proposal, files } = await propose();
    if (proposal.version === null) {
      throw refusal(
        "policy_invalid",
        422,
        { problems: proposal.problems.map(describePolicyProblem) },
        "the policies do not load, so nothing was changed",
        "mend what is listed; `writ policy check` looks again",
      );
    }
    const failed = proposal.tests.filter((test) => !test.passed);
    if (failed.length > 0) {
      throw refusal(
        "policy_tests_failed",
        422,
        { failed: failed.map((test) => `${test.name}: ${test.why}`) },
        "a policy's own test fails, so nothing was changed",
        "mend the policy or its test; `writ policy test` runs them",
      );
    }
    if (expected !== undefined && expected !== proposal.version) {
      throw refusal(
        "policy_changed",
        409,
        { shown: expected, now: proposal.version },
        "the files have changed since they were shown",
        "look at the proposal again",
      );
    }
    await put(files, proposal.version, by);
    return proposal;
  }

  return {
    current: () => set,
    active: () => stored,
    trouble: () => wrong,
    async start() {
      const active = await parts.store.read((tx) => tx.activePolicies());
      if (active !== null) return take(active);
      try {
        await apply("first start");
      } catch (cause) {
        wrong = cause instanceof Error ? cause.message : "the policies do not load";
        parts.log.error({ err: cause }, "no policy is in force, so nothing is permitted");
      }
    },
    refresh() {
      if (stored !== null) take(stored);
    },
    async follow() {
      const active = await parts.store.read((tx) => tx.activePolicies());
      if (active !== null && (active.version !== stored?.version || active.appliedAt !== stored.appliedAt))
        take(active);
    },
    proposal: async () => (await propose()).proposal,
    apply,
  };
}

export function describePolicyProblem(problem: PolicyProblem): string {
  return `${problem.file}:${problem.line}:${problem.column}: ${problem.message} (${problem.hint})`;
}
