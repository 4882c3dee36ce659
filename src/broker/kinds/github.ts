import { sign } from "node:crypto";
import { isObject, own } from "../../domain/json.ts";
import type { GitHubRule } from "../../ports/configuration.ts";
import type { OnBehalf } from "../../ports/outbound.ts";
import { type Fetched, guardedFetch } from "../../wire/http/guarded-fetch.ts";
import { encodeBase64url } from "../../wire/jose/base64url.ts";
import { canonicalize } from "../../wire/json/canonical.ts";
import { parseStrict } from "../../wire/json/parse.ts";
import { notGiven } from "../refusals.ts";
import { mayGo } from "../vault/destination.ts";
import type { Vault } from "../vault/vault.ts";
import type { CredentialSource } from "./kind.ts";
import { outOfBounds, secretFor } from "./plain.ts";
import { createTokens, type Obtained, type Token } from "./tokens.ts";

/** GitHub takes at most ten minutes, and clocks differ. */
const JWT_SECONDS = 9 * 60;
const CLOCK_SECONDS = 60;
const HEADERS = { accept: "application/vnd.github+json", "x-github-api-version": "2022-11-28", "user-agent": "writ" };

export interface GitHubParts {
  readonly vault: Vault;
  readonly now: () => number;
  /** Remembers what was obtained, before it is used. */
  readonly obtained: Obtained;
}

/** An installation token of a GitHub App, for these repositories and permissions and no others, one for each task. It
 *  lives for an hour unless it is ended, which is done when the task ends. */
export function github(rule: GitHubRule, parts: GitHubParts): CredentialSource {
  const remains = "GitHub installation token: an hour at most, ended with the task";

  async function obtain(on: OnBehalf | null): Promise<Token> {
    const url = new URL(`${rule.api}/app/installations/${rule.installationId}/access_tokens`);
    const key = await secretFor(parts.vault, rule.secret, on, "github_app");
    if (!mayGo(key.to, "POST", url)) throw outOfBounds(rule.secret.name);
    const now = parts.now();
    const answer = await ask(url, "POST", appJwt(rule.appId, key.value, now), {
      repositories: rule.repositories,
      permissions: rule.permissions,
    });
    const { token, wider } = readToken(answer, rule, now);
    if (wider) {
      await end(token.text).catch(() => {});
      throw notGiven("GitHub gave a token for more than was asked for");
    }
    await parts.obtained(token, on);
    return token;
  }
  const tokens = createTokens(parts.now, obtain);

  async function end(token: string): Promise<void> {
    const fetched = await ask(new URL(`${rule.api}/installation/token`), "DELETE", token, null);
    // 401: it is dead already.
    if (fetched.kind === "failed" || (fetched.status !== 204 && fetched.status !== 401))
      throw notGiven(fetched.kind === "failed" ? fetched.why : `status ${fetched.status}`);
  }

  return {
    remains,
    async give({ on }) {
      const { text } = await tokens.of(on);
      return { headers: { authorization: `Bearer ${text}` }, secrets: [text], kind: "github", remains };
    },
    challenged(on, { status }) {
      if (status === 401) tokens.forget(on);
      return Promise.resolve(status === 401);
    },
    end,
  };
}

function ask(url: URL, method: "POST" | "DELETE", bearer: string, body: object | null): Promise<Fetched> {
  const headers = { ...HEADERS, authorization: `Bearer ${bearer}` };
  return guardedFetch(
    {
      url: url.href,
      method,
      headers: body === null ? headers : { ...headers, "content-type": "application/json" },
      ...(body === null ? {} : { body: JSON.stringify(body) }),
    },
    { reach: "configured" },
  );
}

/** RS256, which GitHub asks for; `iss` is the App. */
function appJwt(appId: string, pem: string, now: number): string {
  const seconds = Math.floor(now / 1_000);
  const claims = { iss: appId, iat: seconds - CLOCK_SECONDS, exp: seconds + JWT_SECONDS - CLOCK_SECONDS };
  const signed = [{ alg: "RS256", typ: "JWT" }, claims].map((part) => encodeBase64url(canonicalize(part))).join(".");
  return `${signed}.${encodeBase64url(sign("sha256", Buffer.from(signed), pem))}`;
}

/** `wider`: it is for more than was asked for.
 *  @throws WritError when it is no token. */
function readToken(
  fetched: Fetched,
  rule: GitHubRule,
  now: number,
): { readonly token: Token; readonly wider: boolean } {
  if (fetched.kind === "failed") throw notGiven(`GitHub was not reached: ${fetched.why}`);
  if (fetched.status !== 201) throw notGiven(`GitHub refused the installation token (status ${fetched.status})`);
  const parsed = parseStrict(fetched.bytes.toString("utf8"));
  const body = parsed.kind === "parsed" && isObject(parsed.value) ? parsed.value : {};
  const [token, expires, permissions] = [own(body, "token"), own(body, "expires_at"), own(body, "permissions")];
  const expiresAt = typeof expires === "string" ? Date.parse(expires) : Number.NaN;
  if (typeof token !== "string" || !/^[\x21-\x7e]{8,8192}$/.test(token) || !(expiresAt > now))
    throw notGiven("what GitHub answered is no installation token");
  const wider =
    own(body, "repository_selection") === "all" ||
    (isObject(permissions) && Object.entries(permissions).some(([name, level]) => exceeds(name, level, rule)));
  return { token: { text: token, type: "Bearer", expiresAt }, wider };
}

const LEVELS = ["read", "write", "admin"];

function exceeds(name: string, level: unknown, { permissions }: GitHubRule): boolean {
  // GitHub adds `metadata: read` to whatever is asked for.
  if (name === "metadata" && level === "read") return false;
  const asked = permissions[name];
  return (
    asked === undefined || LEVELS.indexOf(String(level)) > LEVELS.indexOf(asked) || !LEVELS.includes(String(level))
  );
}
