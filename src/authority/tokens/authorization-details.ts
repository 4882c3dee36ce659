import type { Constraint } from "../../domain/constraint.ts";
import type { GrantDraft, GrantOrigin } from "../../domain/grant.ts";
import { isObject, type Json, type JsonObject, own } from "../../domain/json.ts";
import { WritError } from "../../domain/error.ts";
import { parseStrict } from "../../wire/json/parse.ts";
import { readDraft } from "../rules/draft.ts";
import type { AuthorityParts } from "../parts.ts";
import { oauthError } from "./oauth-error.ts";

/** The one type of RFC 9396 there is here: a grant in the words of `writ.yaml`,
 *  `{ type: mcp_tool_call, tools: [docs__read], where: { path: { glob: /srv/docs/** } }, uses: 3 }`. */
export const DETAIL_TYPE = "mcp_tool_call";

const MOST = 64;
const MAX_BYTES = 65_536;

/** Reads what a request asks for; null where it asks for nothing.
 *  @throws WritError `invalid_authorization_details` for anything but a list of what we know, to the last member. */
export function readDetails(
  parts: Pick<AuthorityParts, "configuration">,
  written: string | undefined,
  origin: GrantOrigin,
  by: string,
): readonly GrantDraft[] | null {
  if (written === undefined) return null;
  const parsed = parseStrict(written, { maxBytes: MAX_BYTES });
  const listed = parsed.kind === "parsed" ? parsed.value : null;
  if (!Array.isArray(listed) || listed.length === 0 || listed.length > MOST)
    throw invalid(`it is not a list of 1 to ${MOST} objects`);
  return listed.map((one: Json) => {
    if (!isObject(one)) throw invalid("an element is not an object");
    if (own(one, "type") !== DETAIL_TYPE) throw invalid(`the only type here is ${DETAIL_TYPE}`);
    const { type: _, ...draft } = one;
    try {
      return readDraft(draft, origin, by, parts.configuration);
    } catch (cause) {
      if (!(cause instanceof WritError)) throw cause;
      throw invalid(cause.message);
    }
  });
}

/** What was granted, as an answer echoes it (RFC 9396 §7). */
export function writeDetails(granted: readonly Pick<GrantDraft, "tools" | "constraints" | "uses">[]): JsonObject[] {
  return granted.map(({ tools, constraints, uses }) => ({
    type: DETAIL_TYPE,
    tools,
    ...writeLimits(constraints),
    ...(uses === null ? {} : { uses }),
  }));
}

function writeLimits(constraints: readonly Constraint[]): JsonObject {
  const where: Record<string, JsonObject> = {};
  const ofCall: Record<string, Json> = {};
  for (const one of constraints) {
    if (one.kind === "tables") ofCall["tables"] = one.tables as unknown as JsonObject;
    else if (one.kind === "only") {
      const { effects, hosts, paths } = one;
      ofCall["only"] = { effects, ...(hosts === null ? {} : { hosts }), ...(paths === null ? {} : { paths }) };
    } else where[one.argument] = writeLimit(one);
  }
  return { ...(Object.keys(where).length === 0 ? {} : { where }), ...ofCall };
}

function writeLimit(constraint: Exclude<Constraint, { kind: "tables" | "only" }>): JsonObject {
  switch (constraint.kind) {
    case "exact":
    case "whole":
      return { exact: constraint.value };
    case "one_of":
      return { one_of: constraint.values };
    case "prefix":
      return { prefix: constraint.prefix };
    case "range": {
      const { min, max } = constraint;
      return { range: { ...(min === undefined ? {} : { min }), ...(max === undefined ? {} : { max }) } };
    }
    case "glob":
      return { glob: constraint.pattern };
  }
}

function invalid(why: string): Error {
  return oauthError(
    "invalid_authorization_details",
    `\`authorization_details\` cannot be granted: ${why}`,
    `each is {"type": "${DETAIL_TYPE}", "tools": ["server__tool"], "where": {…}, "uses": N}`,
  );
}
