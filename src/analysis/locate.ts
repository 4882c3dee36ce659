import { isObject, type Json, type JsonObject, own } from "../domain/json.ts";

/** What stands at `$.a.b`: a list as its items, there and on the way (`$.a[*].b` says the same). */
export function valuesAt(input: Json, locator: string): readonly Json[] {
  return valuesIn(input, keysOf(locator));
}

function valuesIn(here: Json, keys: readonly string[]): readonly Json[] {
  const [key, ...rest] = keys;
  if (Array.isArray(here)) {
    const items = here as readonly Json[];
    return key === undefined ? items : items.flatMap((one) => valuesIn(one, keys));
  }
  if (key === undefined) return [here];
  const value = isObject(here) ? own(here, key) : undefined;
  return value === undefined ? [] : valuesIn(value, rest);
}

export function textsAt(input: Json, locators: readonly string[] = []): readonly string[] {
  return locators.flatMap((path) => valuesAt(input, path)).filter((one) => typeof one === "string");
}

/** The arguments that were to be texts and are something else: what they name is not among the effects. */
export function unread(input: Json, rules: readonly (readonly string[] | undefined)[]): readonly string[] {
  const odd = rules
    .flatMap((paths) => paths ?? [])
    .filter((path) => valuesAt(input, path).some((one) => typeof one !== "string" && one !== null));
  return [...new Set(odd.map((path) => keysOf(path).join(".")))];
}

/** `input` with every text at `locator` exchanged. */
export function exchanged(input: JsonObject, locator: string, by: (text: string) => string): JsonObject {
  return exchange(input, keysOf(locator), by) as JsonObject;
}

function exchange(here: Json, keys: readonly string[], by: (text: string) => string): Json {
  const [key, ...rest] = keys;
  if (key === undefined) {
    if (Array.isArray(here)) return (here as readonly Json[]).map((one) => (typeof one === "string" ? by(one) : one));
    return typeof here === "string" ? by(here) : here;
  }
  if (Array.isArray(here)) return (here as readonly Json[]).map((one) => exchange(one, keys, by));
  const value = isObject(here) ? own(here, key) : undefined;
  if (!isObject(here) || value === undefined) return here;
  return { ...here, [key]: exchange(value, rest, by) };
}

export function keysOf(locator: string): readonly string[] {
  return locator
    .replace(/^\$\.?/, "")
    .replaceAll("[*]", "")
    .split(".");
}
