import { isObject, type Json, type JsonObject, own } from "../domain/json.ts";

/** What stands at `$.a.b`: a list as its items. */
export function valuesAt(input: Json, locator: string): readonly Json[] {
  let here: Json | undefined = input;
  for (const key of keysOf(locator)) here = here !== undefined && isObject(here) ? own(here, key) : undefined;
  return Array.isArray(here) ? (here as readonly Json[]) : here === undefined ? [] : [here];
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
  const value = isObject(here) ? own(here, key) : undefined;
  if (!isObject(here) || value === undefined) return here;
  return { ...here, [key]: exchange(value, rest, by) };
}

export function keysOf(locator: string): readonly string[] {
  return locator.replace(/^\$\.?/, "").split(".");
}
