import type { EffectKind } from "../domain/effect.ts";
import { type Json, isObject, type JsonObject, own } from "../domain/json.ts";
import { type Doing, doingOf } from "../domain/doing.ts";
import { type Act, actsOf, isVerb, singular, thingsOf, wordsOfName } from "../domain/lexicon.ts";
import type { ToolDefinition } from "../domain/tool.ts";
import type { ToolRule } from "../ports/configuration.ts";

/** What an argument is for. */
type Role = "recipient" | "host" | "path" | "identity" | "amount" | "body" | "code";

/** A rule guessed from how a pinned tool describes itself, for one that nobody has described: its verb, its schema, its
 *  formats, and for a tool of several deeds which of them `input` asks for. A guess in doubt is the more careful one, and the
 *  effects it leads to carry the trait `inferred`. Total. */
export function inferRule(definition: ToolDefinition, input: JsonObject): ToolRule {
  const roles = rolesOf(definition);
  const at = (role: Role): readonly string[] =>
    [...roles].filter(([, one]) => one === role).map(([place]) => `$.${place}`);
  const kinds = kindsOf(definition, roles, doingOf(definition.name, input));
  const reads = kinds.every((kind) => kind === "read");
  return {
    effects: kinds,
    reversible: reads || kinds.every((kind) => kind === "read" || kind === "write"),
    recipient: at("recipient"),
    host: at("host"),
    path: at("path"),
    identity: [...at("identity"), ...at("code")],
    amount: at("amount"),
    body: at("body"),
  };
}

const MONEY = new Set(thingsOf("transaction").slice(1));
const MESSAGE = new Set([...thingsOf("message").slice(1), ...thingsOf("email").slice(1)]);
const PEOPLE = new Set(thingsOf("user").slice(1));
const ANSWERED_FOR = new Set<Act>(["pay", "delete", "run"]);

function kindsOf(
  definition: ToolDefinition,
  roles: ReadonlyMap<string, Role>,
  { verbs, rest, exposes }: Doing,
): readonly EffectKind[] {
  const said = firstActs(definition);
  const things = new Set(rest.flatMap(thingsOf));
  const kinds = new Set<EffectKind>(exposes ? ["administer"] : []);
  for (const verb of verbs) for (const kind of kindsOfVerb(verb, roles, things)) kinds.add(kind);
  // Its name says nothing we know: if its own first sentence says that it looks, that is one word for it, not two.
  if (verbs.length === 0) kinds.add(said.length > 0 && said.every((act) => act === "look") ? "read" : "write");
  // Its own first word admits to more than its name does.
  if (kinds.has("read") && !said.includes("look"))
    for (const act of said)
      if (ANSWERED_FOR.has(act)) kinds.add(act === "pay" ? "spend" : act === "run" ? "execute" : "delete");
  return [...kinds];
}

function kindsOfVerb(
  verb: string,
  roles: ReadonlyMap<string, Role>,
  things: ReadonlySet<string>,
): ReadonlySet<EffectKind> {
  const acts = actsOf(verb);
  const kinds = new Set<EffectKind>();
  const of = (kind: ReadonlySet<string>): boolean => [...things].some((thing) => kind.has(thing));
  const has = (role: Role): boolean => [...roles.values()].includes(role);
  const only = (act: Act): boolean => acts.every((one) => one === act || one === "look");
  const secret = [...roles.keys()].some((place) => wordsOfName(place).some((word) => SECRET.has(word)));

  if (only("look") && acts.includes("look")) return kinds.add("read");
  if (acts.includes("delete") && !acts.includes("update") && !acts.includes("create")) return kinds.add("delete");
  if (acts.includes("run") && acts[0] === "run") kinds.add("execute");
  else if ((acts.includes("pay") || acts.includes("book")) && !acts.includes("update")) {
    const money = acts.includes("book") || !acts.includes("send") || has("amount");
    kinds.add(money && (of(MONEY) || has("amount") || acts[0] !== "send") ? "spend" : "send");
    if (acts.includes("create") && !money) kinds.add("write");
  } else if (acts[0] === "admit" || (acts.includes("admit") && acts.includes("send"))) kinds.add("administer");
  else if (acts.includes("send") && (of(MESSAGE) || has("recipient") || has("host")) && !has("path")) kinds.add("send");
  else kinds.add("write");

  if (has("amount") && has("recipient")) kinds.add("spend");
  else if (of(MONEY) && has("amount")) kinds.add("spend");
  if (secret) kinds.add("administer");
  if (acts.includes("admit") && of(PEOPLE) && acts[0] === "admit") kinds.add("administer");
  return kinds;
}

/** What the verb that its description opens with means; a word that is as often a thing opens no sentence. */
function firstActs(definition: ToolDefinition): readonly Act[] {
  const text = own(definition.body, "description");
  if (typeof text !== "string") return [];
  const [first = "", next = ""] = wordsOfName(text.slice(0, 200)).filter((word) => !OPENERS.has(word));
  return isVerb(first) && thingsOf(first).length === 1 && next !== "of" ? actsOf(first) : [];
}

const OPENERS = new Set("this the tool function use used to it will allows you can".split(" "));

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
    set(`recipient to with cc bcc email mail user username member participant attendee invitee guest channel phone account
    iban payee beneficiary receiver contact collaborator assignee reviewer group team customer person people handle`),
  host: set("url uri link website host hostname domain endpoint webhook site href server"),
  path: set("path file filename filepath folder directory dir"),
  identity:
    set(`id uuid guid repo repository branch project issue sku order product item event hotel restaurant company flight
    car password passwd passphrase secret credential pin passcode token key number code tracking serial ticket
    name title street address city table record object target resource list calendar device reservation booking
    appointment slot transaction payment playlist album song label milestone thread conversation subscription invoice lesson
    course class recipe room document doc page payee`),
  amount: set("amount price total quantity qty cost sum budget fee balance count"),
  body: set(
    "body content contents message text subject description comment note notes summary caption reply post memo reference",
  ),
};
const ORDER = ["host", "path", "recipient", "amount", "body", "identity"] as const;

const DEEPEST = 3;

/** Place by place (`to`, `items[*].id`); what has no role is no text of which it matters where it came from. */
function rolesOf(definition: ToolDefinition): ReadonlyMap<string, Role> {
  const roles = new Map<string, Role>();
  gather(own(definition.body, "inputSchema"), "", 0, roles);
  // What a secret is set to matters as much as which one it is.
  const schema = own(definition.body, "inputSchema") ?? null;
  const properties = isObject(schema) ? (own(schema, "properties") ?? null) : null;
  if (wordsOfName(definition.name).some((word) => SECRET.has(word)) && isObject(properties) && "value" in properties)
    roles.set("value", "identity");
  return roles;
}

function gather(schema: Json | undefined, path: string, depth: number, roles: Map<string, Role>): void {
  const properties = isObject(schema ?? null) ? own(schema as JsonObject, "properties") : undefined;
  if (properties === undefined || !isObject(properties) || depth > DEEPEST) return;
  for (const [name, member] of Object.entries(properties)) {
    if (!isObject(member) || /[.[\]]/.test(name)) continue;
    const inner = objectIn(member);
    if (inner !== null) gather(inner.schema, `${path}${name}${inner.list ? "[*]" : ""}.`, depth + 1, roles);
    else {
      const role = roleOf(name, member);
      // Below the top, what is called a name or a title is mostly that of a part of what is sent.
      if (role !== null && (depth === 0 || role !== "identity" || MINTED.has(wordsOfName(name).at(-1) ?? "")))
        roles.set(`${path}${name}`, role);
    }
  }
}

const MINTED = new Set("id ids uuid guid sku key number code".split(" "));

/** An object whose members are declared, or a list of such. */
function objectIn(member: JsonObject): { readonly schema: JsonObject; readonly list: boolean } | null {
  for (const one of [member, ...branches(member)]) {
    if (!isObject(one)) continue;
    const items = own(one, "items");
    if (isObject(own(one, "properties") ?? null)) return { schema: one, list: false };
    if (items !== undefined && isObject(items) && isObject(own(items, "properties") ?? null))
      return { schema: items, list: true };
  }
  return null;
}

function roleOf(name: string, member: JsonObject): Role | null {
  const types = typesOf(member);
  if (types.has("boolean") || hasChoices(member)) return null;
  // Which message is answered says nothing of where the answer goes.
  if (/(?:^|_)(?:in_?reply_?to|thread)(?:_|$)/i.test(name)) return null;
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
