import type { Level } from "./capability.ts";

/** How something about a running agent is known: by its own word, by whoever started or watched it, or by a verifier that
 *  holds evidence for it. */
export const STRENGTHS = ["claimed", "observed", "attested"] as const;
export type Strength = (typeof STRENGTHS)[number];

/** What makes an agent the one it is. The tools are those that were accepted for this deployment. */
export const COMPONENTS = ["model", "prompt", "package", "harness", "tools"] as const;
export type Component = (typeof COMPONENTS)[number];
export type NamedComponent = Exclude<Component, "tools">;

export interface Part {
  readonly id: string;
  /** Null where it has none, or none is known. */
  readonly version: string | null;
  readonly strength: Strength;
}

/** What is known of one running process. */
export interface Fingerprint {
  readonly parts: Readonly<Partial<Record<NamedComponent, Part>>>;
  /** The hash of each tool's accepted definition, by qualified name. */
  readonly tools: Readonly<Record<string, string>>;
}

/** How two fingerprints differ in one component. A newer version of the same is less than another thing. */
export type Change =
  | { readonly component: NamedComponent; readonly kind: "replaced" | "version" }
  /** Tools that are new, or that say something else than before. */
  | { readonly component: "tools"; readonly kind: "tools"; readonly tools: readonly string[] };

/** What has changed from one to the other. Something that was not known before is no change; something that was more than
 *  claimed, and is not known any more, is another thing. */
export function changes(from: Fingerprint, to: Fingerprint): readonly Change[] {
  const found: Change[] = [];
  for (const component of COMPONENTS) {
    if (component === "tools") continue;
    const before = from.parts[component];
    const now = to.parts[component];
    if (before === undefined) continue;
    if (now === undefined) {
      if (before.strength !== "claimed") found.push({ component, kind: "replaced" });
    } else if (now.id !== before.id) found.push({ component, kind: "replaced" });
    else if (now.version !== before.version) found.push({ component, kind: "version" });
  }
  const tools = newTools(from, to);
  if (tools.length > 0) found.push({ component: "tools", kind: "tools", tools });
  return found;
}

/** Tools of `to` that `from` had not, or had with another definition. A fingerprint without any says nothing of them. */
export function newTools(from: Fingerprint, to: Fingerprint): readonly string[] {
  if (Object.keys(from.tools).length === 0) return [];
  return Object.keys(to.tools)
    .filter((tool) => from.tools[tool] !== to.tools[tool])
    .toSorted();
}

export type Learnt =
  | { readonly kind: "same" }
  /** The same as before, and known better now. */
  | { readonly kind: "surer"; readonly fingerprint: Fingerprint }
  | {
      readonly kind: "changed";
      readonly fingerprint: Fingerprint;
      readonly change: "replaced" | "version" | "appeared";
    }
  /** A weaker word against a stronger one: nothing comes of it, and somebody should look. */
  | { readonly kind: "outranked"; readonly known: Part };

/** Takes up what was heard of one component. What is claimed never stands against what was observed. */
export function learn(known: Fingerprint, component: NamedComponent, heard: Part): Learnt {
  const before = known.parts[component];
  const fingerprint = { ...known, parts: { ...known.parts, [component]: heard } };
  if (before === undefined) return { kind: "changed", fingerprint, change: "appeared" };
  const same = before.id === heard.id && before.version === heard.version;
  const surer = STRENGTHS.indexOf(heard.strength) - STRENGTHS.indexOf(before.strength);
  if (same) return surer > 0 ? { kind: "surer", fingerprint } : { kind: "same" };
  if (surer < 0) return { kind: "outranked", known: before };
  return { kind: "changed", fingerprint, change: before.id === heard.id ? "version" : "replaced" };
}

const MOST: Readonly<Record<Strength, { readonly any: Level; readonly irreversible: Level }>> = {
  claimed: { any: 2, irreversible: 1 },
  observed: { any: 3, irreversible: 3 },
  attested: { any: 4, irreversible: 4 },
};

/** The most that the weakest of the components that matter lets anything count: what is not known at all is claimed. */
export function mostFor(
  fingerprint: Fingerprint,
  material: readonly Component[],
): { readonly any: Level; readonly irreversible: Level; readonly because: Component | null } {
  let most: { any: Level; irreversible: Level; because: Component | null } = { ...MOST.attested, because: null };
  for (const component of material) {
    // What tools there are is Writ's own record of what a person accepted.
    if (component === "tools") continue;
    const one = MOST[fingerprint.parts[component]?.strength ?? "claimed"];
    if (one.any < most.any) most = { ...one, because: component };
  }
  return most;
}

/** `opus 4.6`, as people read it. */
export function describePart({ id, version }: Pick<Part, "id" | "version">): string {
  return version === null ? id : `${id} ${version}`;
}
