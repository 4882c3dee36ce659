// What the owner of an upstream needs to take calls from Writ and from nobody else. Copy it: it depends on `jose` and Node alone.
import { createHash } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import { createRemoteJWKSet, type JWTPayload, jwtVerify } from "jose";

export type Verdict =
  | { readonly ok: true; readonly agent: string; readonly owner: string }
  | { readonly ok: false; readonly status: 401 | 403; readonly error: RefusalCode; readonly message: string };
export type RefusalCode =
  | "credential_missing"
  | "credential_invalid"
  | "credential_spent"
  | "credential_for_another_call";

/** Makes the check for one resource. `database` remembers what was spent: keep it on disk, or a restart forgets.
 *  The check refuses everything but a fresh operation credential of `writOrigin`, made for `audience` and for exactly
 *  these params, and spends it before it returns: run the call only on `ok`. */
export function credentialCheck(writOrigin: string, audience: string, database: DatabaseSync) {
  const keys = createRemoteJWKSet(new URL("/.well-known/jwks.json", writOrigin));
  database.exec("CREATE TABLE IF NOT EXISTS spent (id TEXT PRIMARY KEY, expires INTEGER NOT NULL) STRICT");
  const forget = database.prepare("DELETE FROM spent WHERE expires < ?");
  const spend = database.prepare("INSERT OR IGNORE INTO spent (id, expires) VALUES (?, ?)");

  return async (authorization: string | undefined, params: Record<string, unknown>): Promise<Verdict> => {
    const token = /^Bearer (\S+)$/i.exec(authorization ?? "")?.[1];
    if (token === undefined)
      return refuse(401, "credential_missing", "a tool call needs an operation credential of Writ");
    let claims: JWTPayload;
    try {
      const rules = {
        issuer: writOrigin,
        audience,
        typ: "at+jwt",
        algorithms: ["ES256"],
        maxTokenAge: 60,
        clockTolerance: 5,
      };
      claims = (await jwtVerify(token, keys, { ...rules, requiredClaims: ["exp", "iat", "jti"] })).payload;
    } catch (error) {
      return refuse(
        401,
        "credential_invalid",
        `the credential does not verify: ${error instanceof Error ? error.message : error}`,
      );
    }
    const { jti, exp, aud, sub, client_id: agent, authorization_details: details } = claims;
    if (typeof jti !== "string" || exp === undefined || aud !== audience)
      return refuse(401, "credential_invalid", "the credential is not an operation credential for this server");
    const named: unknown = Array.isArray(details) && details.length === 1 ? details[0] : null;
    const detail = (typeof named === "object" && named !== null ? named : {}) as Record<string, unknown>;
    const { _meta, ...bound } = params;
    const hash = `sha-256:${createHash("sha256").update(canonical(bound)).digest("base64url")}`;
    const fits =
      detail["type"] === "mcp_tool_call" &&
      typeof detail["server"] === "string" &&
      detail["tool"] === bound["name"] &&
      detail["params_hash"] === hash;
    if (!fits)
      return refuse(403, "credential_for_another_call", "the credential was made for another call than this one");
    forget.run(Math.floor(Date.now() / 1000) - 60);
    if (spend.run(jti, exp).changes !== 1)
      return refuse(401, "credential_spent", "the credential was used before; each is good for one call");
    return { ok: true, agent: String(agent), owner: String(sub) };
  };
}

/** RFC 8785: members sorted by UTF-16 code unit, no blanks, numbers and strings as ECMAScript writes them. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${canonical(member)}`).join(",")}}`;
}

function refuse(status: 401 | 403, error: RefusalCode, message: string): Verdict {
  return { ok: false, status, error, message };
}
