import { EFFECT_KINDS } from "../domain/effect.ts";
import { type ServerName, splitQualified } from "../domain/ids.ts";
import { TIERS } from "../domain/tier.ts";
import type { PolicyJson, TypeAndId } from "./cedar.ts";
import { contextPath, entities, isRecord, walk } from "./expression.ts";
import { didYouMean, type PolicyFile, problem, type Problem } from "./problem.ts";
import { type Chunk, unquote } from "./scan.ts";
import { type Action, GROUPS } from "./schema.ts";
import { bareUid } from "./slice.ts";

/** Everything a policy may name. */
export interface Names {
  readonly actions: ReadonlyMap<string, Action>;
  readonly servers: ReadonlySet<ServerName>;
  readonly agents: ReadonlySet<string>;
  readonly roles: ReadonlySet<string>;
}

/** What the policy names that does not exist: it would never match, in silence. */
export function checkNames(file: PolicyFile, chunk: Chunk, json: PolicyJson, names: Names): readonly Problem[] {
  const unique = new Map(entities(json).map((entity) => [`${entity.type}\0${entity.id}`, entity]));
  const unknown = [...unique.values()].flatMap((entity) => {
    const wrong = unknownEntity(entity, names);
    return wrong === null ? [] : [problem(file, entityPlace(chunk, entity), wrong.code, wrong.message, wrong.hint)];
  });
  return [...unknown, ...unknownWords(file, chunk, json), ...mismatch(file, chunk, json, names)];
}

interface Wrong {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
}

const TYPES = ["Writ::Action", "Writ::Agent", "Writ::Role", "Writ::Server"];

function unknownEntity({ type, id }: TypeAndId, names: Names): Wrong | null {
  switch (type) {
    case "Writ::Action":
      return names.actions.has(id) || (GROUPS as readonly string[]).includes(id) ? null : unknownAction(id, names);
    case "Writ::Agent":
      return absent("agent", id, names.agents, "name an agent of writ.yaml");
    case "Writ::Role":
      return absent("role", id, names.roles, "name a role that an agent of writ.yaml has");
    case "Writ::Server":
      return absent("server", id, names.servers, "name a server of writ.yaml");
    default: {
      const short = didYouMean(
        type,
        TYPES.map((one) => one.slice(6)),
      );
      const hint = short === null ? didYouMean(type, TYPES) : short.replace("`", "`Writ::");
      return {
        code: "type_unknown",
        message: `there is no type \`${type}\``,
        hint: hint ?? `the types are ${TYPES.join(", ")}`,
      };
    }
  }
}

function unknownAction(id: string, names: Names): Wrong {
  const message = `there is no tool \`${id}\``;
  const near = didYouMean(id, [...names.actions.keys(), ...GROUPS]);
  const server = splitQualified(id)?.server ?? null;
  if (server === null)
    return {
      code: "tool_unknown",
      message,
      hint: near ?? "tools are named `server__tool`; `writ tools list` shows them",
    };
  if (!names.servers.has(server)) {
    return {
      code: "tool_unknown",
      message,
      hint: near ?? didYouMean(server, names.servers) ?? `there is no server \`${server}\` in writ.yaml`,
    };
  }
  const seen = [...names.actions.values()].some((action) => action.server === server && action.definition !== null);
  const start = `the tools of \`${server}\` have not been seen: start it, or check the name`;
  return { code: "tool_unknown", message, hint: seen ? (near ?? "`writ tools list` shows the tools") : start };
}

function absent(what: string, id: string, known: ReadonlySet<string>, hint: string): Wrong | null {
  return known.has(id)
    ? null
    : { code: `${what}_unknown`, message: `there is no ${what} \`${id}\``, hint: didYouMean(id, known) ?? hint };
}

const WORDS: Readonly<Record<string, readonly string[]>> = { "effects.kinds": EFFECT_KINDS, tier: TIERS };

/** Words compared with a closed vocabulary that are not of it. */
function unknownWords(file: PolicyFile, chunk: Chunk, json: PolicyJson): readonly Problem[] {
  const found: Problem[] = [];
  walk(json.conditions, (node) => {
    for (const operator of ["contains", "containsAll", "containsAny", "==", "!="]) {
      const sides = node[operator];
      if (!isRecord(sides)) continue;
      for (const [here, there] of [
        [sides["left"], sides["right"]],
        [sides["right"], sides["left"]],
      ]) {
        const path = contextPath(here)?.join(".") ?? "";
        const words = Object.hasOwn(WORDS, path) ? (WORDS[path] ?? []) : null;
        if (words === null) continue;
        for (const word of literals(there)) {
          if (words.includes(word)) continue;
          const place =
            chunk.tokens.find((token) => token.kind === "string" && unquote(token.text) === word)?.start ?? chunk.start;
          found.push(
            problem(
              file,
              place,
              "value_unknown",
              `\`context.${path}\` never holds \`${word}\``,
              didYouMean(word, words) ?? `it holds ${words.join(", ")}`,
            ),
          );
        }
      }
    }
  });
  return found;
}

function literals(node: unknown): readonly string[] {
  if (!isRecord(node)) return [];
  if (typeof node["Value"] === "string") return [node["Value"]];
  const set = node["Set"] ?? node["Value"];
  return Array.isArray(set) ? set.flatMap((item) => (typeof item === "string" ? [item] : literals(item))) : [];
}

/** A tool of one server asked for on another: true for no request. */
function mismatch(file: PolicyFile, chunk: Chunk, json: PolicyJson, names: Names): readonly Problem[] {
  const { action, resource } = json;
  if (
    action.op !== "==" ||
    !("entity" in action) ||
    resource.op === "All" ||
    resource.op === "is" ||
    !("entity" in resource)
  )
    return [];
  const known = names.actions.get(bareUid(action.entity).id);
  const server = bareUid(resource.entity);
  if (known === undefined || server.type !== "Writ::Server" || server.id === known.server) return [];
  return [
    problem(
      file,
      entityPlace(chunk, server),
      "policy_never_matches",
      `\`${known.name}\` is a tool of \`${known.server}\`, never of \`${server.id}\``,
      `write \`resource == Writ::Server::"${known.server}"\`, or leave the resource open`,
    ),
  ];
}

/** Where the entity is written: the start of its type. */
function entityPlace(chunk: Chunk, entity: TypeAndId): number {
  const { tokens } = chunk;
  const parts = entity.type.split("::");
  const width = parts.length * 2;
  const at = tokens.findIndex((_, i) => {
    const id = tokens[i + width];
    if (id?.kind !== "string" || unquote(id.text) !== entity.id) return false;
    return parts.every((part, p) => tokens[i + p * 2]?.text === part && tokens[i + p * 2 + 1]?.text === "::");
  });
  return tokens[at]?.start ?? chunk.start;
}
