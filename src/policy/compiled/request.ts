import type { Query } from "../evaluator.ts";
import { bareUid } from "../slice.ts";
import { DOUBT, type Entity, entityOf, lift, type Members, type Value } from "./value.ts";

interface Known {
  readonly attrs: Members;
  readonly tags: Members;
  readonly parents: readonly Entity[];
}

interface Given {
  readonly uid: Parameters<typeof bareUid>[0];
  readonly attrs?: Members;
  readonly tags?: Members;
  readonly parents?: readonly Parameters<typeof bareUid>[0][];
}

/** One request as compiled policies ask about it. Entities are looked at when first asked for. */
export class Request {
  readonly principal: Entity;
  readonly action: Entity;
  readonly resource: Entity;
  readonly context: Members;
  readonly #given: readonly Given[];
  #known: Map<string, Known> | null = null;
  #above: Map<string, ReadonlySet<string>> | null = null;

  constructor(query: Query) {
    this.principal = entityOf(query.principal);
    this.action = entityOf(query.action);
    this.resource = entityOf(query.resource);
    const context = lift(query.context);
    if (context !== query.context) throw DOUBT;
    this.context = query.context as Members;
    this.#given = query.entities as readonly Given[];
  }

  /** The attributes of an entity; null for one that nothing is known of. */
  attrs(entity: Entity): Members | null {
    return this.#entities().get(entity.key)?.attrs ?? null;
  }

  tags(entity: Entity): Members | null {
    return this.#entities().get(entity.key)?.tags ?? null;
  }

  /** Whether `entity` is `group`, or stands under it. */
  within(entity: Entity, group: Entity): boolean {
    return entity.key === group.key || this.#over(entity.key).has(group.key);
  }

  #over(key: string): ReadonlySet<string> {
    const above = (this.#above ??= new Map());
    const known = above.get(key);
    if (known !== undefined) return known;
    const found = new Set<string>();
    const open = [key];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      for (const parent of this.#entities().get(next)?.parents ?? []) {
        if (found.has(parent.key)) continue;
        found.add(parent.key);
        open.push(parent.key);
      }
    }
    above.set(key, found);
    return found;
  }

  #entities(): ReadonlyMap<string, Known> {
    if (this.#known !== null) return this.#known;
    const known = new Map<string, Known>();
    for (const one of this.#given) {
      const { key } = entityOf(bareUid(one.uid));
      // The engine has its own rules for an entity that is given twice.
      if (known.has(key)) throw DOUBT;
      const parents = (one.parents ?? []).map((parent) => entityOf(bareUid(parent)));
      known.set(key, { attrs: one.attrs ?? {}, tags: one.tags ?? {}, parents });
    }
    this.#known = known;
    return known;
  }
}

/** What a record, or a known entity's attributes, hold under `name`; null when there is nothing. */
export function member(members: Members | null, name: string): Value | null {
  return members !== null && Object.hasOwn(members, name) ? lift(members[name]) : null;
}
