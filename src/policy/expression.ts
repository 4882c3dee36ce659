import type { TypeAndId } from "./cedar.ts";

// Cedar's JSON form of a policy, walked as plain data: a node this version does not know is still walked through.

/** Calls `visit` for every object in the tree, parents first. */
export function walk(
  node: unknown,
  visit: (node: Readonly<Record<string, unknown>>, parent: Readonly<Record<string, unknown>> | null) => void,
): void {
  const stack: { node: unknown; parent: Readonly<Record<string, unknown>> | null }[] = [{ node, parent: null }];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const here = next.node;
    if (Array.isArray(here)) for (const item of here) stack.push({ node: item, parent: next.parent });
    else if (isRecord(here)) {
      visit(here, next.parent);
      for (const value of Object.values(here)) stack.push({ node: value, parent: here });
    }
  }
}

/** `context.a.b` as `["a", "b"]`; null for anything else. */
export function contextPath(node: unknown): readonly string[] | null {
  if (!isRecord(node)) return null;
  if (node["Var"] === "context") return [];
  const access = node["."];
  if (!isRecord(access) || typeof access["attr"] !== "string") return null;
  const left = contextPath(access["left"]);
  return left === null ? null : [...left, access["attr"]];
}

/** One place where conditions take something from the context. */
export interface ContextRead {
  /** Empty for the context as a whole, `["task"]` for the record as a whole. */
  readonly path: readonly string[];
  /** Only asked whether it is there. */
  readonly presence: boolean;
}

export function contextReads(conditions: unknown): readonly ContextRead[] {
  const reads: ContextRead[] = [];
  const passed = new Set<unknown>();
  walk(conditions, (node) => {
    // What `a.b` and `a has b` take from `a` is known by name; `a` itself is then not used as a whole.
    for (const key of [".", "has"]) {
      const access = node[key];
      if (!isRecord(access)) continue;
      const left = contextPath(access["left"]);
      if (left === null) continue;
      passed.add(access["left"]);
      const attributes = Array.isArray(access["attr"]) ? access["attr"] : [access["attr"]];
      if (key === "has") reads.push({ path: [...left, ...attributes.map(String)], presence: true });
    }
    const path = contextPath(node);
    if (path !== null && !passed.has(node)) reads.push({ path, presence: false });
  });
  return reads;
}

/** Every entity written out in the policy. */
export function entities(policy: unknown): readonly TypeAndId[] {
  const found: TypeAndId[] = [];
  walk(policy, (node) => {
    const uid = isRecord(node["__entity"]) ? node["__entity"] : isRecord(node["entity"]) ? node["entity"] : null;
    for (const one of [uid, ...(Array.isArray(node["entities"]) ? node["entities"] : [])]) {
      if (isRecord(one) && typeof one["type"] === "string" && typeof one["id"] === "string")
        found.push({ type: one["type"], id: one["id"] });
    }
  });
  return found;
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
