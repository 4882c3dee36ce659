import { type Effects, type EffectKind, NO_EFFECTS, type Trait } from "../domain/effect.ts";
import type { Json, JsonObject } from "../domain/json.ts";
import type { ToolRule } from "../ports/configuration.ts";
import type { Place } from "./analysis.ts";
import { classifyPaths } from "./files/path.ts";
import { isFileAddress } from "./files/spelling.ts";
import { kindsOfMethod } from "./http/method.ts";
import { classifyHost } from "./http/network.ts";
import { recipientsOf } from "./http/recipients.ts";
import { keysOf, textsAt, unread, valuesAt } from "./locate.ts";
import { wordsFor } from "./words.ts";

/** What the rule says of the tool, with what the plain arguments name. `here`: its server runs on this machine. */
export function plainEffects(input: JsonObject, rule: ToolRule, place: Place, here: boolean): Effects {
  const kinds = kindsOf(input, rule);
  const reads = kinds.every((kind) => kind === "read");
  const addresses = textsAt(input, rule.host);
  // A browser opens files too.
  const opened = [
    ...textsAt(input, [...(rule.path ?? []), ...(rule.output ?? [])]),
    ...addresses.filter(isFileAddress),
  ];
  const all = classifyPaths([...opened, ...textsAt(input, rule.attachment)], place);
  const files = all.slice(0, opened.length);
  const attached = all.slice(opened.length);
  const network = addresses.filter((text) => !isFileAddress(text)).map((text) => classifyHost(text, here));
  const hosts = once(network.flatMap((one) => one.hosts));
  const recipients = once(textsAt(input, rule.recipient).flatMap(recipientsOf));
  const tables = textsAt(input, rule.table);
  const first = (paths: readonly { readonly paths: readonly string[] }[]): readonly string[] =>
    paths.map((one) => one.paths[0] ?? "/");
  const named = { kinds, hosts, recipients, tables, files: first(files), attached: first(attached) };
  return {
    ...NO_EFFECTS,
    kinds,
    reversible: rule.reversible ?? reads,
    routine: kinds.length === 0,
    hosts,
    paths: once(all.flatMap((one) => one.paths)),
    recipients,
    tables,
    unrepresented: [
      ...unread(input, [rule.host, rule.path, rule.attachment, rule.recipient, rule.table, rule.method, rule.output]),
      ...unread(input, [rule.sql, rule.shell, rule.code]),
      ...uncounted(input, rule.amount),
    ],
    traits: once<Trait>([...(rule.traits ?? []), ...[...all, ...network].flatMap((one) => one.traits)]),
    says: wordsFor({ ...named, amounts: amountsOf(input, rule.amount).map(String) }, place.workspace),
  };
}

/** The rule's own kinds, and what the method of a request, or a file for the result, adds to them. */
function kindsOf(input: JsonObject, rule: ToolRule): readonly EffectKind[] {
  const methods = (rule.method ?? []).flatMap((locator) => valuesAt(input, locator));
  const writes = textsAt(input, rule.output).length > 0 ? (["write"] as const) : [];
  return once([
    ...rule.effects,
    ...writes,
    ...methods.flatMap((one) => (typeof one === "string" ? kindsOfMethod(one) : [])),
  ]);
}

function amountsOf(input: JsonObject, locators: readonly string[] = []): readonly Json[] {
  return locators.flatMap((locator) => valuesAt(input, locator)).filter((one) => isAmount(one));
}

/** An amount is a number, or a text that is nothing but one. */
function isAmount(value: Json): boolean {
  return typeof value === "number" || (typeof value === "string" && /^-?\d{1,18}(?:\.\d{1,18})?$/.test(value));
}

function uncounted(input: JsonObject, locators: readonly string[] = []): readonly string[] {
  return locators
    .filter((locator) => valuesAt(input, locator).some((one) => one !== null && !isAmount(one)))
    .map((locator) => keysOf(locator).join("."));
}

function once<T>(all: readonly T[]): readonly T[] {
  return all.length < 2 ? all : [...new Set(all)];
}
