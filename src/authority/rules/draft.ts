import type { Constraint } from "../../domain/constraint.ts";
import type { GrantDraft, GrantOrigin } from "../../domain/grant.ts";
import { isObject, type Json, own } from "../../domain/json.ts";
import { type ReadLimit, readLimit, readOnlyLimit, readTablesLimit, readToolPattern } from "../../domain/limit.ts";
import type { Configuration } from "../../ports/configuration.ts";
import type { Actor } from "../parts.ts";
import { refusal } from "../refusals.ts";

/** Reads a grant as an operator or an agent writes it, in the words of `writ.yaml`:
 *  `{ tools: [docs__read_text_file], where: { path: { glob: /srv/docs/** } }, uses: 3 }`.
 *  @throws WritError `grant_invalid` for anything else, and `server_unknown` for tools of no configured server. */
export function readDraft(
  written: Json,
  origin: GrantOrigin,
  issuedBy: Actor,
  configuration: Configuration,
): GrantDraft {
  if (!isObject(written)) throw invalid("a grant is an object", "give tools, and where and uses if you like");
  for (const key of Object.keys(written)) {
    if (!["tools", "where", "tables", "only", "uses"].includes(key))
      throw invalid(`there is no \`${key.slice(0, 32)}\` in a grant`, "give tools, where, tables, only and uses");
  }
  const tools = own(written, "tools");
  if (!Array.isArray(tools) || tools.length === 0 || tools.length > 50)
    throw invalid("`tools` is not a list of tools", "name at least one, as server__tool");
  const names = tools.map((tool: Json) => readTool(tool, configuration));
  const uses = own(written, "uses") ?? null;
  if (uses !== null && (typeof uses !== "number" || !Number.isSafeInteger(uses) || uses < 1))
    throw invalid("`uses` is not a whole number of calls", "give 1 or more");
  const where = own(written, "where") ?? {};
  if (!isObject(where)) throw invalid("`where` is not an object", "give one limit for each argument");
  const base = baseOf(names, configuration);
  const constraints = Object.entries(where).map(([argument, limit]): Constraint => {
    return held(argument, readLimit(argument, limit, base, base));
  });
  const [tables, only] = [own(written, "tables"), own(written, "only")];
  if (tables !== undefined) constraints.push(held("tables", readTablesLimit(tables)));
  if (only !== undefined) constraints.push(held("only", readOnlyLimit(only, base)));
  return { tools: names, constraints, uses, origin, issuedBy };
}

function held(name: string, read: ReadLimit): Constraint {
  if (read.kind === "limit") return read.constraint;
  throw invalid(`the limit on \`${name.slice(0, 64)}\` does not hold: ${read.why}`, read.hint);
}

function readTool(tool: Json, configuration: Configuration): string {
  const parts = typeof tool === "string" ? readToolPattern(tool) : null;
  if (typeof tool !== "string" || parts === null)
    throw invalid("a tool is named server__tool, and `server__*` is the only wildcard", "name the tools one by one");
  if (!configuration.servers.some((server) => server.name === parts.server)) {
    throw refusal(
      "server_unknown",
      400,
      { server: parts.server },
      `there is no server \`${parts.server}\``,
      "`writ tools list` shows the tools there are",
    );
  }
  return tool;
}

/** What a relative path means to the tools named: the folder of their one server. */
function baseOf(tools: readonly string[], configuration: Configuration): string {
  const folders = new Set(
    tools.map((tool) => {
      const server = configuration.servers.find((one) => one.name === readToolPattern(tool)?.server);
      return server === undefined || server.launch.kind === "http" ? "/" : server.launch.cwd;
    }),
  );
  return folders.size === 1 ? ([...folders][0] ?? "/") : "/";
}

function invalid(message: string, hint: string): Error {
  return refusal("grant_invalid", 400, {}, message, hint);
}
