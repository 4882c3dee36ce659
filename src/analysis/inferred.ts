import type { EffectKind } from "../domain/effect.ts";
import { type Json, isObject, type JsonObject, own } from "../domain/json.ts";
import { type Act, actsOf, isVerb, singular, thingsOf, wordsOfName } from "../domain/lexicon.ts";
import type { ToolDefinition } from "../domain/tool.ts";
import type { ToolRule } from "../ports/configuration.ts";

/** What an argument is for. */
type Role = "recipient" | "host" | "path" | "identity" | "amount" | "body" | "code";

/** A rule guessed from how a pinned tool describes itself, for one that nobody has described: its verb, its schema, its
 *  formats. A guess in doubt is the more careful one, and the effects it leads to carry the trait `inferred`. Total. */
export function inferRule(definition: ToolDefinition): ToolRule {
  const roles = rolesOf(definition);
  const at = (role: Role): readonly string[] =>
    [...roles].filter(([, one]) => one === role).map(([name]) => `$.${name}`);
  const kinds = kindsOf(definition, roles);
  const reads = kinds.every((kind) => kind === "read");
  return {
    effects: kinds,
    reversible: reads || kinds.every((kind) => kind === "read" || kind === "write"),
    recipient: at("recipient"),
    host: at("host"),
    path: at("path"),
    identity: at("identity"),
    amount: at("amount"),
    body: at("body"),
    ...(at("code").length === 0 ? {} : { identity: [...at("identity"), ...at("code")] }),
  };
}

/** The verb that a tool's name begins with, as far as one is in it. */
function verbAt(name: string): { readonly verb: string; readonly rest: readonly string[] } | null {
  const words = wordsOfName(name);
  const at = words.findIndex((word) => isVerb(word));
  const verb = words[at];
  return verb === undefined ? null : { verb, rest: [...words.slice(0, at), ...words.slice(at + 1)] };
}

const MONEY = new Set(thingsOf("transaction").slice(1));
const MESSAGE = new Set([...thingsOf("message").slice(1), ...thingsOf("email").slice(1)]);
const PEOPLE = new Set(thingsOf("user").slice(1));
const ANSWERED_FOR = new Set<Act>(["pay", "delete", "run"]);

function kindsOf(definition: ToolDefinition, roles: ReadonlyMap<string, Role>): readonly EffectKind[] {
  const found = verbAt(definition.name);
  const said = firstActs(definition);
  // Its name says nothing we know: if its own first sentence says that it looks, that is one word for it, not two.
  if (found === null) return said.length > 0 && said.every((act) => act === "look") ? ["read"] : ["write"];
  const acts = actsOf(found.verb);
  const kinds = new Set<EffectKind>();
  const things = new Set(found.rest.flatMap(thingsOf));
  const of = (kind: ReadonlySet<string>): boolean => [...things].some((thing) => kind.has(thing));
  const has = (role: Role): boolean => [...roles.values()].includes(role);
  const only = (act: Act): boolean => acts.every((one) => one === act || one === "look");
  const secret = [...roles.keys()].some((name) => wordsOfName(name).some((word) => SECRET.has(word)));

  if (only("look") && acts.includes("look")) kinds.add("read");
  else if (acts.includes("delete") && !acts.includes("update") && !acts.includes("create")) kinds.add("delete");
  else if (acts.includes("run") && acts[0] === "run") kinds.add("execute");
  else if ((acts.includes("pay") || acts.includes("book")) && !acts.includes("update")) {
    const money = acts.includes("book") || !acts.includes("send") || has("amount");
    kinds.add(money && (of(MONEY) || has("amount") || acts[0] !== "send") ? "spend" : "send");
    if (acts.includes("create") && !money) kinds.add("write");
  } else if (acts[0] === "admit" || (acts.includes("admit") && acts.includes("send"))) kinds.add("administer");
  else if (acts.includes("send") && (of(MESSAGE) || has("recipient") || has("host")) && !has("path")) kinds.add("send");
  else kinds.add("write");

  if (!kinds.has("read") && !kinds.has("delete")) {
    if (has("amount") && has("recipient")) kinds.add("spend");
    else if (of(MONEY) && has("amount")) kinds.add("spend");
    if (secret) kinds.add("administer");
    if (acts.includes("admit") && of(PEOPLE) && acts[0] === "admit") kinds.add("administer");
  }
  // Its own first words admit to more than its name does.
  if (kinds.has("read")) {
    for (const act of said)
      if (ANSWERED_FOR.has(act) && !said.includes("look"))
        kinds.add(act === "pay" ? "spend" : act === "run" ? "execute" : "delete");
  }
  return [...kinds];
}

/** What the first verb of its description means. */
function firstActs(definition: ToolDefinition): readonly Act[] {
  const text = own(definition.body, "description");
  if (typeof text !== "string") return [];
  const first = wordsOfName(text.slice(0, 200))
    .slice(0, 4)
    .find((word) => isVerb(word));
  return first === undefined ? [] : actsOf(first);
}

const SECRET = new Set([
  "password",
  "passwd",
  "passphrase",
  "secret",
  "credential",
  "credentials",
  "pin",
  "passcode",
  "token",
]);
const BY_NAME: Readonly<Record<Exclude<Role, "code">, ReadonlySet<string>>> = {
  recipient:
    set(`recipient to cc bcc email mail user username member participant attendee invitee guest channel phone account
    iban payee beneficiary receiver contact collaborator assignee reviewer group team customer person people handle`),
  host: set("url uri link website host hostname domain endpoint webhook site href server"),
  path: set("path file filename filepath folder directory dir"),
  identity:
    set(`id uuid guid repo repository branch project issue sku order product item event hotel restaurant company flight
    car password passwd passphrase secret credential pin passcode token key number code tracking serial ticket
    name title street address city table record object target resource`),
  amount: set("amount price total quantity qty cost sum budget fee balance count"),
  body: set(
    "body content contents message text subject description comment note notes summary caption reply post memo reference",
  ),
};
const ORDER = ["host", "path", "recipient", "amount", "body", "identity"] as const;

/** Argument by argument; what has no role is no text of which it matters where it came from. */
function rolesOf(definition: ToolDefinition): ReadonlyMap<string, Role> {
  const schema = own(definition.body, "inputSchema");
  const properties = isObject(schema) ? own(schema, "properties") : undefined;
  const roles = new Map<string, Role>();
  if (!isObject(properties)) return roles;
  for (const [name, member] of Object.entries(properties)) {
    const role = isObject(member) ? roleOf(name, member) : null;
    if (role !== null) roles.set(name, role);
  }
  return roles;
}

function roleOf(name: string, member: JsonObject): Role | null {
  const types = typesOf(member);
  if (types.has("boolean") || hasChoices(member)) return null;
  const number = !types.has("string") && !types.has("array") && (types.has("number") || types.has("integer"));
  const words = wordsOfName(name).map(singular);
  const last = words.at(-1) ?? "";
  const format = own(member, "format");
  if (format === "email") return "recipient";
  if (format === "uri" || format === "url" || format === "hostname" || format === "iri") return "host";
  if (
    words.some(
      (word) => word === "code" || word === "script" || word === "command" || word === "query" || word === "sql",
    )
  ) {
    if (!number && words.some((word) => word === "script" || word === "command" || word === "sql")) return "code";
  }
  if (number)
    return BY_NAME.identity.has(last) && !BY_NAME.amount.has(last)
      ? "identity"
      : BY_NAME.amount.has(last)
        ? "amount"
        : null;
  // `user_id` is an id and `file_path` a path: the last word says what it is, those before it of what.
  for (const word of words.toReversed()) for (const role of ORDER) if (BY_NAME[role].has(word)) return role;
  return byDescription(member);
}

function byDescription(member: JsonObject): Role | null {
  const text = own(member, "description");
  if (typeof text !== "string") return null;
  const words = wordsOfName(text.slice(0, 300));
  // `The page to read` is an address; `the fields of the web page` are none.
  if (/\b(?:url|uri)\b|^(?:the |a )?(?:name of the )?(?:web ?site|web ?page|link|domain)\b/i.test(text)) return "host";
  if (/\b(?:e-?mail address|iban|recipient|phone number|user ?name)\b/i.test(text)) return "recipient";
  if (/\bpath\b/i.test(text)) return "path";
  return words.some((word) => word === "id" || word === "identifier") ? "identity" : null;
}

function typesOf(member: JsonObject): ReadonlySet<string> {
  const found = new Set<string>();
  const add = (type: Json | undefined): void => {
    for (const one of Array.isArray(type) ? (type as readonly Json[]) : [type])
      if (typeof one === "string") found.add(one);
  };
  add(own(member, "type"));
  for (const branch of branches(member)) if (isObject(branch)) add(own(branch, "type"));
  return found;
}

function hasChoices(member: JsonObject): boolean {
  return (
    Object.hasOwn(member, "enum") ||
    Object.hasOwn(member, "const") ||
    branches(member).some((one) => isObject(one) && Object.hasOwn(one, "enum"))
  );
}

function branches(member: JsonObject): readonly Json[] {
  return ["anyOf", "oneOf"].flatMap((key) => {
    const all = own(member, key);
    return Array.isArray(all) ? (all as readonly Json[]) : [];
  });
}

function set(words: string): ReadonlySet<string> {
  return new Set(words.split(/\s+/));
}
