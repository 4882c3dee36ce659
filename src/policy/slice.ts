import type { PolicyJson, TypeAndId } from "./cedar.ts";

/** One policy, ready to be put into slices. */
export interface Rule {
  readonly id: string;
  readonly text: string;
  readonly json: PolicyJson;
}

/** The policies whose scope can match one kind of request. The same rules are always the same object. */
export interface Slice<R extends Rule = Rule> {
  readonly rules: readonly R[];
}

/** A request's entities, each with all that it is in, as keys. */
export interface Reach {
  readonly principal: readonly string[];
  readonly action: readonly string[];
  readonly resource: readonly string[];
}

export function entityKey(entity: TypeAndId): string {
  return `${entity.type}\0${entity.id}`;
}

const ANY = "";
const MAX_CACHED = 8_192;

/** Finds slices by scope: action, then principal, then resource. A policy whose scope is `== X` or `in X` can only
 *  match where X is the request's entity or something that it is in; `is T` and an open scope stand under any.
 *  A rule outside the slice cannot match, so it can neither decide nor fail. */
export class SliceIndex<R extends Rule> {
  readonly #rules: readonly R[];
  readonly #tree = new Map<string, Map<string, Map<string, number[]>>>();
  readonly #cache = new Map<string, Slice<R>>();
  readonly #interned = new Map<string, Slice<R>>();

  constructor(rules: readonly R[]) {
    this.#rules = rules;
    for (const [i, rule] of rules.entries()) {
      for (const action of actionKeys(rule.json.action)) {
        const principals = child(this.#tree, action, () => new Map<string, Map<string, number[]>>());
        const resources = child(principals, entityScope(rule.json.principal), () => new Map<string, number[]>());
        child(resources, entityScope(rule.json.resource), () => []).push(i);
      }
    }
  }

  find(reach: Reach): Slice<R> {
    // Servers choose the names of their tools: no separator is safe from them.
    const key = JSON.stringify([reach.action, reach.principal, reach.resource]);
    const known = this.#cache.get(key);
    if (known !== undefined) return known;
    const slice = this.#intern(this.#lookUp(reach));
    if (this.#cache.size >= MAX_CACHED) this.#cache.clear();
    this.#cache.set(key, slice);
    return slice;
  }

  /** The slice without some of its rules. */
  without(slice: Slice<R>, drop: (rule: R) => boolean): Slice<R> {
    const kept = new Set(slice.rules.filter((rule) => !drop(rule)));
    return this.#intern(this.#rules.flatMap((rule, i) => (kept.has(rule) ? [i] : [])));
  }

  #lookUp(reach: Reach): readonly number[] {
    const found = new Set<number>();
    for (const action of [...reach.action, ANY]) {
      const principals = this.#tree.get(action);
      if (principals === undefined) continue;
      for (const principal of [...reach.principal, ANY]) {
        const resources = principals.get(principal);
        if (resources === undefined) continue;
        for (const resource of [...reach.resource, ANY]) for (const i of resources.get(resource) ?? []) found.add(i);
      }
    }
    return [...found].toSorted((a, b) => a - b);
  }

  #intern(places: readonly number[]): Slice<R> {
    const key = places.join(",");
    const known = this.#interned.get(key);
    if (known !== undefined) return known;
    const slice = { rules: places.flatMap((i) => this.#rules[i] ?? []) };
    if (this.#interned.size >= MAX_CACHED) this.#interned.clear();
    this.#interned.set(key, slice);
    return slice;
  }
}

function actionKeys(scope: PolicyJson["action"]): readonly string[] {
  if (scope.op === "All") return [ANY];
  if ("entities" in scope) return [...new Set(scope.entities.map(uidKey))];
  return "entity" in scope ? [uidKey(scope.entity)] : [ANY];
}

/** A slot cannot be here, and would be found under any if it were. */
function entityScope(scope: PolicyJson["principal"]): string {
  if (scope.op === "All") return ANY;
  const inside = scope.op === "is" ? scope.in : scope;
  return inside !== undefined && "entity" in inside ? uidKey(inside.entity) : ANY;
}

type Uid = TypeAndId | { readonly __entity: TypeAndId };

export function bareUid(uid: Uid): TypeAndId {
  return "__entity" in uid ? uid.__entity : uid;
}

function uidKey(uid: Uid): string {
  return entityKey(bareUid(uid));
}

function child<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}
