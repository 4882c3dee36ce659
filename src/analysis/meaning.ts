import { inputOf, type Call } from "../domain/call.ts";
import { type Effects, join, NO_EFFECTS, onlyReads, UNKNOWN_EFFECTS } from "../domain/effect.ts";
import type { ServerName } from "../domain/ids.ts";
import { isObject, type JsonObject, own } from "../domain/json.ts";
import type { MemoryRule } from "../domain/memory.ts";
import { normalisePath } from "../domain/path.ts";
import type { SourceLabels } from "../domain/provenance.ts";
import type { Reason } from "../domain/reason.ts";
import type { SqlCatalogue } from "../domain/sql-catalogue.ts";
import { RESERVED_ACTIONS, type ToolDefinition } from "../domain/tool.ts";
import type { ServerConfiguration, ToolRule } from "../ports/configuration.ts";
import { addressOf } from "./address.ts";
import type { Analysers, Analysis, Place } from "./analysis.ts";
import { exchanged, textsAt, unread } from "./locate.ts";
import { profiled } from "./profiles.ts";

/** What a call would do, what its result would bring back, and what is to travel in its place. */
export interface Meaning {
  readonly effects: Effects;
  readonly source: SourceLabels;
  /** What the tool does to what agents remember; null for nothing. */
  readonly memory: MemoryRule | null;
  /** Why parts of it cannot be judged at all. */
  readonly faults: readonly Reason[];
  /** The params with what was judged written anew; the same object where nothing was. */
  readonly params: JsonObject;
}

/** What the meaning of calls is read with. */
export interface MeaningParts {
  readonly analysers: Analysers;
  readonly home: string;
  /** What is known of the database behind a server now; null where nothing is. */
  readonly catalogue: (server: ServerName) => SqlCatalogue | null;
}

/** Total: what nothing knows is `unknown`. Configuration stands above built-in profiles; the server's own annotations
 *  only ever make it worse. Arguments that are programs of some kind are judged by what they would do. */
export function meaningOf(
  call: Pick<Call, "server" | "tool" | "method" | "params">,
  server: ServerConfiguration | undefined,
  definition: ToolDefinition | null,
  parts: MeaningParts,
): Meaning {
  const rule = server === undefined ? null : ruleFor(call, server);
  if (server === undefined || rule === null) {
    const source = { private: true, untrusted: true };
    return { effects: UNKNOWN_EFFECTS, source, memory: null, faults: [], params: call.params };
  }
  const workspace = server.launch.kind === "http" ? "/" : server.launch.cwd;
  const place = { workspace, home: parts.home };
  const hint = annotations(definition);
  const read = programs(call, rule, server, place, parts);
  const effects = raised(join(named(inputOf(call), rule, place), read.effects), hint);
  return {
    effects: hint.destructive ? { ...effects, reversible: false } : effects,
    source: {
      private: rule.private ?? true,
      // What is read of a memory is judged element by element, by who wrote it.
      untrusted: hint.openWorld || (rule.untrusted ?? rule.memory === undefined),
      ...(rule.trust === undefined ? {} : { trust: rule.trust }),
    },
    memory: rule.memory ?? null,
    faults: read.faults,
    params: read.params,
  };
}

/** What the rule says of the tool, with what the plain arguments name. */
function named(input: JsonObject, rule: ToolRule, { workspace }: Place): Effects {
  const reads = rule.effects.every((kind) => kind === "read");
  return {
    ...NO_EFFECTS,
    kinds: rule.effects,
    reversible: rule.reversible ?? reads,
    routine: false,
    hosts: [...new Set(textsAt(input, rule.host).flatMap(hostsOf))],
    paths: textsAt(input, [...(rule.path ?? []), ...(rule.attachment ?? [])]).map(
      (path) => normalisePath(path, workspace) ?? path,
    ),
    recipients: textsAt(input, rule.recipient),
    tables: textsAt(input, rule.table),
    unrepresented: unread(input, [rule.host, rule.path, rule.recipient, rule.table, rule.sql, rule.shell, rule.code]),
  };
}

/** What the arguments that are programs would do, and the params with each written anew as it was judged. */
function programs(
  call: Pick<Call, "method" | "params">,
  rule: ToolRule,
  server: ServerConfiguration,
  place: Place,
  { analysers, catalogue }: MeaningParts,
): { readonly effects: Effects; readonly faults: readonly Reason[]; readonly params: JsonObject } {
  const at = { dialect: rule.dialect ?? "postgres", catalogue: catalogue(server.name) } as const;
  const language = rule.language ?? "javascript";
  const kinds: readonly (readonly [readonly string[] | undefined, (text: string) => Analysis])[] = [
    [rule.sql, (text) => analysers.sql(text, at)],
    [rule.shell, (text) => analysers.shell(text, place)],
    [rule.code, (text) => analysers.code(text, { ...place, language })],
  ];
  let effects = NO_EFFECTS;
  let input = inputOf(call);
  let anew = false;
  const faults: Reason[] = [];
  for (const [locators, analyse] of kinds) {
    for (const locator of locators ?? []) {
      input = exchanged(input, locator, (text) => {
        const analysis = analyse(text);
        if (analysis.kind === "refused") {
          faults.push(analysis.reason);
          return text;
        }
        effects = join(effects, analysis.effects);
        anew ||= analysis.forward !== null;
        return analysis.forward ?? text;
      });
    }
  }
  if (!anew) return { effects, faults, params: call.params };
  return { effects, faults, params: call.method === "tools/call" ? { ...call.params, arguments: input } : input };
}

function ruleFor(call: Pick<Call, "server" | "tool" | "method">, server: ServerConfiguration): ToolRule | null {
  const configured = Object.hasOwn(server.tools, call.tool) ? server.tools[call.tool] : undefined;
  if (configured !== undefined) return configured;
  const built = profiled(server.launch, call.tool);
  if (built !== null) return built;
  if (call.method !== "tools/call") return reservedRule(call.tool);
  return Object.hasOwn(server.tools, "*") ? (server.tools["*"] ?? null) : null;
}

function reservedRule(action: string): ToolRule | null {
  switch (action) {
    case RESERVED_ACTIONS["resources/list"]:
    case RESERVED_ACTIONS["completion/complete"]:
    case RESERVED_ACTIONS["resources/subscribe"]:
    case RESERVED_ACTIONS["roots/list"]:
      return { effects: ["read"], private: false };
    case RESERVED_ACTIONS["resources/read"]:
    case RESERVED_ACTIONS["prompts/get"]:
      return { effects: ["read"] };
    case RESERVED_ACTIONS["elicitation/create"]:
      return { effects: ["read"] };
    case RESERVED_ACTIONS["sampling/createMessage"]:
      return { effects: ["send"], reversible: false };
    default:
      return null;
  }
}

interface Hints {
  readonly destructive: boolean;
  readonly writes: boolean;
  readonly openWorld: boolean;
}

/** The server's word about itself: believed only where it admits to more. */
function annotations(definition: ToolDefinition | null): Hints {
  const given = definition === null ? undefined : own(definition.body, "annotations");
  if (!isObject(given)) return { destructive: false, writes: false, openWorld: false };
  return {
    destructive: own(given, "destructiveHint") === true,
    writes: own(given, "readOnlyHint") === false,
    openWorld: own(given, "openWorldHint") === true,
  };
}

function raised(effects: Effects, hint: Hints): Effects {
  if (effects.kinds.length === 0) return { ...effects, kinds: ["unknown"], reversible: false, routine: false };
  if (!onlyReads(effects) || !(hint.destructive || hint.writes)) return effects;
  return { ...effects, kinds: [...effects.kinds, "write"] };
}

/** A host by its name alone, and beside it with the port where one is given. What is no address stands as it is. */
function hostsOf(text: string): readonly string[] {
  const address = addressOf(text);
  if (address === null) return [text.toLowerCase()];
  return address.given === "" ? [address.host] : [address.host, `${address.host}:${address.given}`];
}
