import type { AccessRequest } from "../domain/access-request.ts";
import type { Ask } from "../domain/approval.ts";
import type { PolicyRef } from "../domain/decision.ts";
import { qualified } from "../domain/ids.ts";
import { type Obligation, wordFor } from "../domain/obligation.ts";
import type { PolicySet, PolicyVerdict } from "../ports/policy.ts";
import type { Annotations } from "./annotations.ts";
import type { TypeAndId } from "./cedar.ts";
import { contextOf } from "./context.ts";
import type { Evaluator, Query } from "./evaluator.ts";
import type { PolicyAgent } from "./load.ts";
import type { Action } from "./schema.ts";
import { entityKey, type Rule, type Slice, SliceIndex } from "./slice.ts";

/** One policy of the deployment. */
export interface WritRule extends Rule {
  readonly ref: PolicyRef;
  readonly effect: "permit" | "forbid";
  readonly says: Annotations;
  /** Whether it reads what changes with every call. */
  readonly readsCounters: boolean;
}

export interface SetParts {
  readonly version: string;
  readonly rules: readonly WritRule[];
  readonly actions: ReadonlyMap<string, Action>;
  readonly agents: readonly PolicyAgent[];
  readonly evaluator: Evaluator;
}

/** What one evaluation saw, for `explain`. */
export interface Weighed {
  readonly slice: readonly WritRule[];
  readonly verdict: PolicyVerdict;
  readonly determining: ReadonlySet<string>;
}

/** The policies in force: only the slice that can match a request is looked at, and one that fails to evaluate denies. */
export class LoadedSet implements PolicySet {
  readonly version: string;
  readonly rules: readonly WritRule[];
  readonly #actions: ReadonlyMap<string, Action>;
  readonly #agents: ReadonlyMap<string, PolicyAgent>;
  readonly #evaluator: Evaluator;
  readonly #byId: ReadonlyMap<string, WritRule>;
  /** Where each policy stands in the files. */
  readonly #ranks: ReadonlyMap<string, number>;
  readonly #index: SliceIndex<WritRule>;
  readonly #afterAsks = new WeakMap<Slice<WritRule>, Slice<WritRule>>();
  readonly #counting = new WeakMap<Slice<WritRule>, boolean>();

  constructor(parts: SetParts) {
    this.version = parts.version;
    this.rules = parts.rules;
    this.#actions = parts.actions;
    this.#agents = new Map(parts.agents.map((agent) => [agent.name, agent]));
    this.#evaluator = parts.evaluator;
    this.#byId = new Map(parts.rules.map((rule) => [rule.id, rule]));
    this.#ranks = new Map(parts.rules.map((rule, i) => [rule.id, i]));
    this.#index = new SliceIndex(parts.rules);
  }

  evaluate(request: AccessRequest): PolicyVerdict {
    return this.weigh(request).verdict;
  }

  readsCounters(request: AccessRequest): boolean {
    const slice = this.#sliceFor(request);
    const known = this.#counting.get(slice);
    if (known !== undefined) return known;
    const reads = slice.rules.some((rule) => rule.readsCounters);
    this.#counting.set(slice, reads);
    return reads;
  }

  knows(tool: string): boolean {
    return this.#actions.has(tool);
  }

  actionNames(): readonly string[] {
    return [...this.#actions.keys()];
  }

  weigh(request: AccessRequest): Weighed {
    const slice = this.#sliceFor(request);
    const seen = (verdict: PolicyVerdict, determining: readonly string[] = []): Weighed => ({
      slice: slice.rules,
      verdict,
      determining: new Set(determining),
    });
    const stale = this.#stale(request);
    if (stale !== null) return seen({ kind: "error", policies: [], why: stale });
    if (slice.rules.length === 0) return seen({ kind: "deny", policies: [], why: null, hint: null });
    const query = this.#query(request);
    const first = this.#evaluator.evaluate(slice, query);
    if (first.kind === "failed") return seen({ kind: "error", policies: [], why: first.why });
    const [error] = first.errors.toSorted((a, b) => this.#rank(a.policy) - this.#rank(b.policy));
    if (error !== undefined) {
      return seen({
        kind: "error",
        policies: this.#refs(first.errors.map((one) => one.policy)),
        why: `policy ${error.policy}: ${error.message}`,
      });
    }
    // The engine names them in no particular order; the same request is to give the same words every time.
    const deciding = first.determining
      .toSorted((a, b) => this.#rank(a) - this.#rank(b))
      .flatMap((id) => this.#byId.get(id) ?? []);
    if (first.decision === "allow") {
      const obligations = owedBy(deciding);
      return seen({ kind: "permit", policies: deciding.map((rule) => rule.ref), obligations }, first.determining);
    }
    return seen(this.#denied(slice, query, deciding), first.determining);
  }

  #rank(id: string): number {
    return this.#ranks.get(id) ?? this.rules.length;
  }

  /** Whether one rule holds for the request when it stands alone. */
  holds(rule: WritRule, request: AccessRequest): "holds" | "does not hold" | "error" {
    const alone = this.#evaluator.evaluate(
      this.#index.without(this.#sliceFor(request), (other) => other !== rule),
      this.#query(request),
    );
    if (alone.kind === "failed" || alone.errors.length > 0) return "error";
    return alone.determining.includes(rule.id) ? "holds" : "does not hold";
  }

  /** Denied: for good, or until a person answers what every forbid in the way asks. */
  #denied(slice: Slice<WritRule>, query: Query, deciding: readonly WritRule[]): PolicyVerdict {
    const policies = deciding.map((rule) => rule.ref);
    const final = deciding.filter((rule) => rule.says.ask === null);
    if (final.length > 0) {
      return {
        kind: "deny",
        policies: final.map((rule) => rule.ref),
        why: join(final.map((rule) => rule.says.reason)),
        hint: join(final.map((rule) => rule.says.hint)),
      };
    }
    if (deciding.length === 0) return { kind: "deny", policies, why: null, hint: null };
    const lifted = this.#evaluator.evaluate(this.#withoutAsks(slice), query);
    if (lifted.kind === "failed") return { kind: "error", policies, why: lifted.why };
    if (lifted.decision === "deny") return { kind: "deny", policies: [], why: null, hint: null };
    const asks = deciding.map((rule): Ask => ({
      policy: rule.id,
      role: rule.says.ask ?? "",
      why: rule.says.reason ?? `policy ${rule.id} wants a person's answer`,
    }));
    const permits = lifted.determining.flatMap((id) => this.#byId.get(id) ?? []);
    return { kind: "ask", asks, policies, obligations: owedBy(permits) };
  }

  #withoutAsks(slice: Slice<WritRule>): Slice<WritRule> {
    const known = this.#afterAsks.get(slice);
    if (known !== undefined) return known;
    const rest = this.#index.without(slice, (rule) => rule.says.ask !== null);
    this.#afterAsks.set(slice, rest);
    return rest;
  }

  /** The typed input was made from one definition; a call of another one cannot be judged by it. */
  #stale(request: AccessRequest): string | null {
    const { call } = request;
    const name = qualified(call.server, call.tool);
    const action = this.#actions.get(name);
    if (action === undefined) return `the policies were loaded before ${name} was known`;
    const now = call.definition?.hash ?? null;
    return action.definition === now ? null : `the policies were loaded for another definition of ${name}`;
  }

  #sliceFor(request: AccessRequest): Slice<WritRule> {
    const { principal, call } = request;
    const action = this.#actions.get(qualified(call.server, call.tool));
    const agent = this.#agents.get(principal.agent);
    return this.#index.find({
      principal: [agentUid(principal.agent), ...(agent?.roles ?? []).map(roleUid)].map(entityKey),
      action: [actionUid(qualified(call.server, call.tool)), ...(action?.groups ?? ["call"]).map(actionUid)].map(
        entityKey,
      ),
      resource: [entityKey(serverUid(call.server))],
    });
  }

  #query(request: AccessRequest): Query {
    const { principal, call } = request;
    const action = this.#actions.get(qualified(call.server, call.tool));
    const agent = this.#agents.get(principal.agent);
    const who = agentUid(principal.agent);
    const what = actionUid(qualified(call.server, call.tool));
    return {
      principal: who,
      action: what,
      resource: serverUid(call.server),
      context: contextOf(request, action?.input ?? null),
      entities: [
        { uid: who, attrs: {}, parents: (agent?.roles ?? []).map(roleUid), tags: tagsOf(request, agent) },
        { uid: what, attrs: {}, parents: (action?.groups ?? ["call"]).map(actionUid) },
      ],
      schema: null,
    };
  }

  #refs(ids: readonly string[]): readonly PolicyRef[] {
    return ids.flatMap((id) => this.#byId.get(id)?.ref ?? []);
  }
}

/** The levels that the agent has now are its tags; those of the deployment stand where it has none of its own. */
function tagsOf({ standing }: AccessRequest, agent: PolicyAgent | undefined): Readonly<Record<string, number>> {
  const fixed = agent?.levels ?? {};
  return standing.levels === undefined ? fixed : { ...fixed, ...standing.levels.of };
}

/** Each once, in the order of the policies. */
function owedBy(rules: readonly WritRule[]): readonly Obligation[] {
  return [...new Map(rules.flatMap((rule) => rule.says.obligations).map((one) => [wordFor(one), one])).values()];
}

function agentUid(id: string): TypeAndId {
  return { type: "Writ::Agent", id };
}

function roleUid(id: string): TypeAndId {
  return { type: "Writ::Role", id };
}

function actionUid(id: string): TypeAndId {
  return { type: "Writ::Action", id };
}

function serverUid(id: string): TypeAndId {
  return { type: "Writ::Server", id };
}

function join(texts: readonly (string | null)[]): string | null {
  const said = [...new Set(texts.filter((text) => text !== null))];
  return said.length === 0 ? null : said.join("; ");
}
