import { inputOf, type Call } from "../domain/call.ts";
import { type Effects, join, NO_EFFECTS, onlyReads, UNKNOWN_EFFECTS } from "../domain/effect.ts";
import type { ServerName } from "../domain/ids.ts";
import { isObject, type JsonObject, own } from "../domain/json.ts";
import type { MemoryRule } from "../domain/memory.ts";
import type { SourceLabels } from "../domain/provenance.ts";
import type { Reason } from "../domain/reason.ts";
import type { SqlCatalogue } from "../domain/sql-catalogue.ts";
import { RESERVED_ACTIONS, type ToolDefinition } from "../domain/tool.ts";
import type { ServerConfiguration, ToolRule } from "../ports/configuration.ts";
import type { Analysers, Analysis, Place } from "./analysis.ts";
import { databaseRule, misplaced, ofDatabase } from "./databases.ts";
import { isFileAddress } from "./files/spelling.ts";
import { inferRule } from "./inferred.ts";
import { exchanged } from "./locate.ts";
import { plainEffects } from "./plain.ts";
import { profiled } from "./profiles/profiles.ts";
import { holdsSecret } from "./secrets/secrets.ts";

/** What a call would do, what its result would bring back, and what is to travel in its place. */
export interface Meaning {
  readonly effects: Effects;
  readonly source: SourceLabels;
  /** What the tool does to what agents remember; null for nothing. */
  readonly memory: MemoryRule | null;
  /** Its result is what the file it names holds. */
  readonly content: boolean;
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
  /** Whether a tool nobody has described is read by its own definition. */
  readonly infer?: boolean;
  /** As `Place.real`, for servers on this machine. */
  readonly real?: Place["real"];
}

/** Total: what nothing knows is `unknown`. Configuration stands above built-in profiles; the server's own annotations
 *  only ever make it worse. Arguments that are programs of some kind are judged by what they would do. */
export function meaningOf(
  call: Pick<Call, "server" | "tool" | "method" | "params">,
  server: ServerConfiguration | undefined,
  definition: ToolDefinition | null,
  parts: MeaningParts,
): Meaning {
  const rule = ruleOf(call, server, definition, parts);
  if (server === undefined || rule === null) {
    const source = { private: true, untrusted: true };
    return {
      effects: withSecrets(UNKNOWN_EFFECTS, call.params),
      source,
      memory: null,
      content: false,
      faults: [],
      params: call.params,
    };
  }
  const place = placeOf(server, parts);
  const hint = annotations(definition);
  const read = programs(call, rule, server, place, parts);
  const plain = plainEffects(inputOf(call), rule, place, server.launch.kind !== "http");
  const effects = withSecrets(raised(join(plain, read.effects), hint), call.params);
  const odd = call.method === "tools/call" ? misplaced(server.launch, call.tool, read.effects) : null;
  return {
    effects: {
      ...effects,
      ...ofDatabase(server.launch),
      reversible: effects.reversible && !hint.destructive,
      says: effects.says === null ? null : `${effects.says}, on ${server.name}`,
    },
    source: {
      private: rule.private ?? true,
      // What is read of a memory is judged element by element, by who wrote it.
      untrusted: hint.openWorld || (rule.untrusted ?? rule.memory?.does !== "read"),
      ...(rule.trust === undefined ? {} : { trust: rule.trust }),
    },
    memory: rule.memory ?? null,
    content: rule.content === true,
    faults: odd === null ? read.faults : [...read.faults, odd],
    params: read.params,
  };
}

/** The rule that a call is read by; null where nobody has one. Looked up, without reading what the call would do. */
export function ruleOf(
  call: Pick<Call, "server" | "tool" | "method" | "params">,
  server: ServerConfiguration | undefined,
  definition: ToolDefinition | null,
  { infer }: Pick<MeaningParts, "infer">,
): ToolRule | null {
  const described = server === undefined ? null : ruleFor(call, server);
  if (described !== null || infer !== true || call.method !== "tools/call" || definition === null) return described;
  const guessed = inferRule(definition, inputOf(call));
  return { ...guessed, traits: [...(guessed.traits ?? []), "inferred"] };
}

function withSecrets(effects: Effects, params: JsonObject): Effects {
  return holdsSecret(params) ? { ...effects, traits: [...effects.traits, "secret-text"] } : effects;
}

function placeOf({ launch }: ServerConfiguration, { home, real }: MeaningParts): Place {
  if (!("cwd" in launch)) return { workspace: "/", home };
  return { workspace: launch.cwd, home, ...(real === undefined ? {} : { real }) };
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

function ruleFor(
  call: Pick<Call, "server" | "tool" | "method" | "params">,
  server: ServerConfiguration,
): ToolRule | null {
  const configured = Object.hasOwn(server.tools, call.tool) ? server.tools[call.tool] : undefined;
  // What Writ's own tools do is not for configuration to say; only what their results are.
  const ours = call.method === "tools/call" ? databaseRule(server.launch, call.tool) : null;
  if (ours !== null) return { ...configured, ...ours };
  if (configured !== undefined) return configured;
  const built = profiled(server.launch, call.tool);
  if (built !== null) return built;
  if (call.method !== "tools/call") return reservedRule(call);
  return Object.hasOwn(server.tools, "*") ? (server.tools["*"] ?? null) : null;
}

function reservedRule({ tool, params }: Pick<Call, "tool" | "params">): ToolRule | null {
  const uri = own(params, "uri");
  switch (tool) {
    case RESERVED_ACTIONS["resources/list"]:
    case RESERVED_ACTIONS["completion/complete"]:
    case RESERVED_ACTIONS["resources/subscribe"]:
    case RESERVED_ACTIONS["roots/list"]:
      return { effects: ["read"], private: false };
    case RESERVED_ACTIONS["resources/read"]:
      // A server may call anything by an address of its own making; a file is a file.
      return typeof uri === "string" && isFileAddress(uri)
        ? { effects: ["read"], path: ["$.uri"] }
        : { effects: ["read"] };
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
