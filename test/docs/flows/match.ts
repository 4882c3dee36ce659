import { isObject, type Json } from "../../../src/domain/json.ts";

/** What the placeholders of a page stand for so far. */
export type Bound = Map<string, Json>;

const PLACEHOLDER = /\{([a-z][a-z0-9-]*|\*)\}/g;

/** Puts values for `{names}`. A text that is nothing but a placeholder becomes the value itself.
 *  @throws Error for a name that nothing before has bound. */
export function fill(shown: Json, bound: Bound, escape: (text: string) => string = (text) => text): Json {
  if (typeof shown === "string") {
    const whole = /^\{([a-z][a-z0-9-]*)\}$/.exec(shown)?.[1];
    if (whole !== undefined && typeof valueOf(whole, bound) !== "string") return valueOf(whole, bound);
    return shown.replaceAll(PLACEHOLDER, (_, name: string) => escape(String(valueOf(name, bound))));
  }
  if (Array.isArray(shown)) return (shown as readonly Json[]).map((one) => fill(one, bound, escape));
  if (!isObject(shown)) return shown;
  return Object.fromEntries(Object.entries(shown).map(([name, one]) => [name, fill(one, bound, escape)]));
}

/** How what came differs from what the page shows; empty when it does not. Members that are not shown may be there,
 *  `{name}` holds for anything the first time and for the same from then on, `{*}` for anything, and `"…"` at the end of
 *  a list for any more of them. */
export function differences(shown: Json, came: Json, bound: Bound, path = "body"): readonly string[] {
  if (typeof shown === "string" && typeof came === "string") {
    return text(shown, came, bound) ? [] : [`${path}: shown ${JSON.stringify(shown)}, came ${JSON.stringify(came)}`];
  }
  const whole = typeof shown === "string" ? /^\{([a-z][a-z0-9-]*|\*)\}$/.exec(shown)?.[1] : undefined;
  if (whole !== undefined) {
    const known = bound.get(whole);
    if (known === undefined && whole !== "*") bound.set(whole, came);
    return known === undefined || JSON.stringify(known) === JSON.stringify(came)
      ? []
      : [`${path}: is not the {${whole}} of before`];
  }
  if (Array.isArray(shown) && Array.isArray(came)) {
    const open = shown.at(-1) === "…";
    const items = (open ? shown.slice(0, -1) : shown) as readonly Json[];
    if (open ? came.length < items.length : came.length !== items.length)
      return [`${path}: shown ${items.length} items, came ${came.length}`];
    return items.flatMap((item, i) => differences(item, came[i] as Json, bound, `${path}[${i}]`));
  }
  if (isObject(shown) && isObject(came)) {
    return Object.entries(shown).flatMap(([name, item]) =>
      Object.hasOwn(came, name)
        ? differences(item, came[name] as Json, bound, `${path}.${name}`)
        : [`${path}.${name}: is not there`],
    );
  }
  return shown === came ? [] : [`${path}: shown ${JSON.stringify(shown)}, came ${JSON.stringify(came)}`];
}

/** Lines of a terminal: a `…` line holds for any number of lines, and columns may be of any width. */
export function lineDifferences(shown: readonly string[], came: readonly string[], bound: Bound): readonly string[] {
  let at = 0;
  let any = false;
  for (const line of shown) {
    if (line.trim() === "…") {
      any = true;
      continue;
    }
    const rest = came.slice(at, any ? undefined : at + 1);
    const found = rest.findIndex((one) => text(squeeze(line), squeeze(one), bound));
    if (found < 0)
      return [`shown ${JSON.stringify(line)}, came ${JSON.stringify(any ? rest : (rest[0] ?? "nothing"))}`];
    at += found + 1;
    any = false;
  }
  return any || at === came.length ? [] : [`more came than is shown: ${JSON.stringify(came.slice(at))}`];
}

function squeeze(line: string): string {
  return line.trim().replaceAll(/\s+/g, " ");
}

function text(shown: string, came: string, bound: Bound): boolean {
  const names: string[] = [];
  const pattern = shown
    .split(PLACEHOLDER)
    .map((part, i) => {
      if (i % 2 === 0) return literal(part);
      const known = part === "*" ? undefined : bound.get(part);
      if (known !== undefined) return literal(String(known));
      names.push(part);
      return "([^]+?)";
    })
    .join("");
  const found = new RegExp(`^${pattern}$`).exec(came);
  if (found === null) return false;
  names.forEach((name, i) => {
    if (name !== "*") bound.set(name, found[i + 1] ?? "");
  });
  return true;
}

function literal(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\/]/g, String.raw`\$&`);
}

function valueOf(name: string, bound: Bound): Json {
  const value = bound.get(name);
  if (value === undefined) throw new Error(`nothing before has said what {${name}} is`);
  return value;
}
