import type { ToolDefinition } from "../domain/tool.ts";
import type { Call } from "../domain/call.ts";
import { inputOf } from "../domain/call.ts";
import { type EffectKind, type Effects, UNKNOWN_EFFECTS } from "../domain/effect.ts";
import { type Json, isObject, own } from "../domain/json.ts";
import { normalisePath } from "../domain/path.ts";
import type { SourceLabels } from "../domain/provenance.ts";
import { RESERVED_ACTIONS } from "../domain/tool.ts";
import type { ServerConfiguration, ToolRule } from "../ports/configuration.ts";
import { addressOf } from "./address.ts";
import { profiled } from "./profiles.ts";

export interface Meaning {
  readonly effects: Effects;
  readonly source: SourceLabels;
}

/** What a call would do, and what its result would bring back. Total: what nothing knows is `unknown`.
 *  Configuration stands above built-in profiles; the server's own annotations only ever make it worse. */
export function meaningOf(
  call: Pick<Call, "server" | "tool" | "method" | "params">,
  server: ServerConfiguration | undefined,
  definition: ToolDefinition | null,
): Meaning {
  const rule = server === undefined ? null : ruleFor(call, server);
  if (server === undefined || rule === null)
    return { effects: UNKNOWN_EFFECTS, source: { private: true, untrusted: true } };
  const input = inputOf(call);
  const base = server.launch.kind === "http" ? "/" : server.launch.cwd;
  const hint = annotations(definition);
  const kinds = raised(rule.effects, hint);
  const reads = kinds.every((kind) => kind === "read");
  return {
    effects: {
      kinds,
      reversible: hint.destructive ? false : (rule.reversible ?? reads),
      hosts: [...new Set(texts(input, rule.host).flatMap(hostsOf))],
      paths: texts(input, rule.path).map((path) => normalisePath(path, base) ?? path),
      recipients: texts(input, rule.recipient),
      tables: texts(input, rule.table),
      columns: [],
      statements: 0,
      unrepresented: unread(input, [rule.host, rule.path, rule.recipient, rule.table]),
    },
    source: { private: rule.private ?? true, untrusted: hint.openWorld || (rule.untrusted ?? true) },
  };
}

function ruleFor(call: Pick<Call, "server" | "tool" | "method">, server: ServerConfiguration): ToolRule | null {
  const configured = Object.hasOwn(server.tools, call.tool) ? server.tools[call.tool] : undefined;
  if (configured !== undefined) return configured;
  if (call.method !== "tools/call") return reservedRule(call.tool);
  const built = profiled(server.launch, call.tool);
  if (built !== null) return built;
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

function raised(kinds: readonly EffectKind[], hint: Hints): readonly EffectKind[] {
  const onlyReads = kinds.every((kind) => kind === "read");
  return onlyReads && (hint.destructive || hint.writes) ? [...kinds, "write"] : kinds;
}

/** What stands at `$.a.b`: a list as its items. */
function values(input: Json, path: string): readonly Json[] {
  let here: Json | undefined = input;
  for (const key of keysOf(path)) here = here !== undefined && isObject(here) ? own(here, key) : undefined;
  return Array.isArray(here) ? (here as readonly Json[]) : here === undefined ? [] : [here];
}

function keysOf(path: string): readonly string[] {
  return path.replace(/^\$\.?/, "").split(".");
}

function texts(input: Json, paths: readonly string[] = []): readonly string[] {
  return paths.flatMap((path) => values(input, path)).filter((one) => typeof one === "string");
}

/** The arguments that were to be texts and are something else: what they name is not among the effects. */
function unread(input: Json, rules: readonly (readonly string[] | undefined)[]): readonly string[] {
  const odd = rules
    .flatMap((paths) => paths ?? [])
    .filter((path) => values(input, path).some((one) => typeof one !== "string" && one !== null));
  return [...new Set(odd.map((path) => keysOf(path).join(".")))];
}

/** A host by its name alone, and beside it with the port where one is given. What is no address stands as it is. */
function hostsOf(text: string): readonly string[] {
  const address = addressOf(text);
  if (address === null) return [text.toLowerCase()];
  return address.given === "" ? [address.host] : [address.host, `${address.host}:${address.given}`];
}
