/** The steps of `$.items[*].id`; null for what is no such path. `[*]` is any item of a list, `.*` any member. */
export function stepsOf(path: string): readonly string[] | null {
  if (!PATH.test(path)) return null;
  return [...path.matchAll(STEP)].map(([, member, index]) => member ?? index ?? "");
}

/** Whether the value at `keys` stands at `path` or below it. */
export function fits(path: string, keys: readonly string[]): boolean {
  const steps = stepsOf(path);
  return (
    steps !== null && steps.length <= keys.length && steps.every((step, i) => step === "*" || step === (keys[i] ?? ""))
  );
}

/** `$.items[0].id` */
export function pathOf(keys: readonly string[]): string {
  return `$${keys.map((key) => (/^\d+$/.test(key) ? `[${key}]` : `.${key}`)).join("")}`;
}

const PATH = /^\$(?:\.(?:\*|[^.[\]*\s]{1,128})|\[(?:\*|\d{1,6})\]){0,16}$/;
const STEP = /\.(\*|[^.[\]*\s]+)|\[(\*|\d+)\]/g;
