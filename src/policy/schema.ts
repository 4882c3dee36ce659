import type { Json } from "../domain/json.ts";
import { own } from "../domain/json.ts";
import { qualified, type ServerName, type ToolName } from "../domain/ids.ts";
import { RESERVED_ACTIONS, type ToolDefinition } from "../domain/tool.ts";
import { parseSchema, type SchemaJson } from "./cedar.ts";
import { type InputType, readInputSchema, type RecordInput } from "./input-type.ts";

/** Something of a tool that no policy can speak of. `path` is the argument's, or empty for the tool as a whole. */
export interface Omitted {
  readonly tool: string;
  readonly path: string;
  readonly why: string;
}

/** One action, as policy knows it. */
export interface Action {
  readonly name: string;
  readonly server: ServerName;
  readonly input: RecordInput;
  /** Of the definition it was made from; null for a reserved action. */
  readonly definition: string | null;
  /** The groups it is in. */
  readonly groups: readonly Group[];
}

/** `call` is every action; `reverse` those that a server asks of the client. */
export const GROUPS = ["call", "reverse"] as const;
export type Group = (typeof GROUPS)[number];

export interface GatewaySchema {
  readonly json: SchemaJson<string>;
  readonly actions: ReadonlyMap<string, Action>;
  readonly omitted: readonly Omitted[];
}

/** What policies for these servers and tools are checked against: namespace `Writ`, one action per tool named as the
 *  client sees it, and the reserved actions of every server. An odd tool is left out and listed; it never stops the others. */
export function buildSchema(definitions: readonly ToolDefinition[], servers: readonly ServerName[]): GatewaySchema {
  const omitted: Omitted[] = [];
  const actions = new Map<string, Action>();
  const all = new Set([...servers, ...definitions.map((definition) => definition.server)]);
  for (const server of all) for (const action of reservedActions(server)) actions.set(action.name, action);
  for (const definition of definitions) {
    const name = qualified(definition.server, definition.name);
    const odd = oddity(definition.name) ?? (actions.has(name) ? "it is listed twice" : null);
    if (odd !== null) {
      omitted.push({ tool: name.toWellFormed(), path: "", why: odd });
      continue;
    }
    const { type, untyped } = readInputSchema(own(definition.body, "inputSchema"));
    omitted.push(...untyped.map((one) => ({ tool: name, path: one.path.toWellFormed(), why: one.why })));
    actions.set(name, { name, server: definition.server, input: type, definition: definition.hash, groups: ["call"] });
  }
  const json = toCedar(actions.values());
  if (parseSchema(json).kind === "ok") return { json, actions, omitted };
  return withoutStrays(actions, omitted);
}

/** The whole does not parse: tries each action alone and leaves out those that do not. */
function withoutStrays(actions: Map<string, Action>, omitted: Omitted[]): GatewaySchema {
  for (const action of actions.values()) {
    const alone = parseSchema(toCedar([action]));
    if (alone.kind === "ok") continue;
    actions.delete(action.name);
    omitted.push({ tool: action.name, path: "", why: alone.errors[0]?.message ?? "Cedar refuses it" });
  }
  return { json: toCedar(actions.values()), actions, omitted };
}

function oddity(name: ToolName): string | null {
  if (name === "") return "it has no name";
  if (!name.isWellFormed()) return "its name is not well-formed Unicode";
  return name.startsWith("$") ? "names that start with `$` are Writ's own" : null;
}

const TEXT: Json = { type: "string" };
const RESERVED_INPUT: Readonly<Record<string, Json>> = {
  $list: { type: "object", properties: { cursor: TEXT } },
  $read: { type: "object", properties: { uri: TEXT }, required: ["uri"] },
  $subscribe: { type: "object", properties: { uri: TEXT }, required: ["uri"] },
  $prompt: { type: "object", properties: { name: TEXT }, required: ["name"] },
  $complete: {
    type: "object",
    properties: {
      ref: { type: "object", properties: { type: TEXT, name: TEXT, uri: TEXT }, required: ["type"] },
      argument: { type: "object", properties: { name: TEXT, value: TEXT }, required: ["name", "value"] },
    },
    required: ["ref", "argument"],
  },
  $sample: { type: "object", properties: { systemPrompt: TEXT, maxTokens: { type: "integer" } } },
  $elicit: { type: "object", properties: { mode: TEXT, message: TEXT, url: TEXT }, required: ["message"] },
  $roots: { type: "object", properties: {} },
};
const REVERSE = new Set<string>([
  RESERVED_ACTIONS["sampling/createMessage"],
  RESERVED_ACTIONS["elicitation/create"],
  RESERVED_ACTIONS["roots/list"],
]);

function reservedActions(server: ServerName): readonly Action[] {
  return [...new Set(Object.values(RESERVED_ACTIONS))].map((name) => ({
    name: qualified(server, name as string as ToolName),
    server,
    input: readInputSchema(RESERVED_INPUT[name]).type,
    definition: null,
    groups: REVERSE.has(name) ? ["call", "reverse"] : ["call"],
  }));
}

type CedarType = { type: string; [key: string]: unknown };
type Attributes = Record<string, CedarType & { required?: boolean }>;

const string: CedarType = { type: "String" };
const long: CedarType = { type: "Long" };
const bool: CedarType = { type: "Boolean" };
const strings: CedarType = { type: "Set", element: string };

const COMMON: Record<string, Attributes> = {
  Task: { id: string, objective: string, depth: long, calls: long, elapsed: long, declared: bool, planned: bool },
  Session: { readPrivate: bool, readUntrusted: bool, sent: bool, denials: long, risk: long },
  Effects: {
    kinds: strings,
    reversible: bool,
    hosts: strings,
    paths: strings,
    recipients: strings,
    tables: strings,
    columns: strings,
    statements: long,
    unrepresented: strings,
    traits: strings,
    routine: bool,
    written: strings,
  },
  Provenance: {
    ungrounded: strings,
    tainted: strings,
    low: strings,
    carried: strings,
    unasked: bool,
    repeated: bool,
    excess: strings,
    sole: bool,
    endorsed: bool,
    withdrawn: bool,
    authorised: bool,
    disclosed: strings,
    classification: string,
  },
  Approval: { granted: bool, by: strings },
  Capability: { needs: strings, level: long },
};

/** The Cedar schema of these actions alone: enough to check a policy whose scope names no others. */
export function toCedar(actions: Iterable<Action>): SchemaJson<string> {
  // `call` and `reverse` apply to nothing themselves: with `appliesTo` of their own, `context.task` in a rule for
  // all tools would not type-check.
  const declared: [string, unknown][] = [
    ["call", {}],
    ["reverse", {}],
  ];
  for (const action of actions) {
    const context: Attributes = {
      input: cedarType(action.input),
      task: { type: "Task" },
      session: { type: "Session" },
      effects: { type: "Effects" },
      provenance: { type: "Provenance" },
      approval: { type: "Approval" },
      capability: { type: "Capability" },
      tier: string,
    };
    const appliesTo = {
      principalTypes: ["Agent"],
      resourceTypes: ["Server"],
      context: { type: "Record", attributes: context },
    };
    declared.push([action.name, { memberOf: action.groups.map((id) => ({ id })), appliesTo }]);
  }
  const namespace = {
    commonTypes: Object.fromEntries(
      Object.entries(COMMON).map(([name, attributes]) => [name, { type: "Record", attributes }]),
    ),
    entityTypes: { Role: {}, Agent: { memberOfTypes: ["Role"], tags: long }, Server: {} },
    actions: Object.fromEntries(declared),
  };
  return { Writ: namespace } as SchemaJson<string>;
}

function cedarType(type: InputType): CedarType {
  switch (type.kind) {
    case "string":
      return string;
    case "long":
      return long;
    case "decimal":
      return { type: "Extension", name: "decimal" };
    case "bool":
      return bool;
    case "json":
      return { type: "Record", attributes: { json: { ...string, required: true } } };
    case "set":
      return { type: "Set", element: cedarType(type.element) };
    case "record": {
      const attributes = [...type.members].map(([name, member]) => [
        name,
        { ...cedarType(member.type), required: member.required },
      ]);
      return { type: "Record", attributes: Object.fromEntries(attributes) };
    }
  }
}
