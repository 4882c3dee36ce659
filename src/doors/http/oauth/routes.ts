import type { OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import { type OAuthErrorCode, toOAuth } from "../../../authority/tokens/oauth-error.ts";
import { authenticateClient } from "../../../authority/tokens/client-assertion.ts";
import { introspect } from "../../../authority/tokens/introspect.ts";
import { type Proving, provenBeside } from "../../../authority/tokens/prove.ts";
import { revokeToken } from "../../../authority/tokens/revoke-token.ts";
import { answerTokenRequest, grantTypeOf } from "../../../authority/tokens/token-endpoint.ts";
import type { Refusals } from "../callers.ts";
import type { HttpDoorParts } from "../parts.ts";
import { boundedText, urlsOf } from "../route.ts";
import { readForm } from "./form.ts";
import { addMetadataRoutes } from "./metadata.ts";

/** The token service: `/oauth/*` and what describes it. Every answer is JSON, and none is kept by a cache. */
export function addOAuthRoutes(app: OpenAPIHono, parts: HttpDoorParts, refusals: Refusals): void {
  addMetadataRoutes(app, parts);

  /** One endpoint: reads the form, and answers or refuses in OAuth's words. */
  function serve(
    path: string,
    run: (
      asked: { readonly params: ReadonlyMap<string, string>; readonly vouched: boolean } & Proving,
      refuseAs: (code: OAuthErrorCode) => void,
    ) => Promise<object>,
  ): void {
    app.post(path, async (c) => {
      let otherwise: OAuthErrorCode = "invalid_request";
      try {
        const params = readForm(await formOf(c));
        const launcherKey = c.req.header("writ-launcher-key");
        const vouched = launcherKey !== undefined && parts.people.isLauncher(launcherKey);
        const proving = { proof: c.req.header("dpop") ?? null, urls: urlsOf(parts, c) };
        return say(parts, c, 200, await run({ params, vouched, ...proving }, (code) => (otherwise = code)));
      } catch (cause) {
        return refused(parts, refusals, c, cause, otherwise);
      }
    });
  }

  serve("/oauth/token", (request, refuseAs) => {
    const grant = grantTypeOf(request.params);
    refuseAs(grant.refusedAs);
    return answerTokenRequest(parts.tokens, request, grant);
  });
  serve("/oauth/introspect", async ({ params }) =>
    introspect(parts.tokens, await authenticateClient(parts.tokens, params), params),
  );
  serve("/oauth/revoke", async ({ params, ...proving }) => {
    const client = await authenticateClient(parts.tokens, params);
    await revokeToken(parts.tokens, { client, proven: provenBeside(parts.tokens, proving), params });
    return {};
  });
}

export async function formOf(c: Context): Promise<Parameters<typeof readForm>[0]> {
  return {
    type: c.req.header("content-type"),
    query: new URL(c.req.url).search,
    body: await boundedText(c),
  };
}

/** A refusal as RFC 6749 §5.2 says it, counted. */
export function refused(
  parts: HttpDoorParts,
  refusals: Refusals,
  c: Context,
  cause: unknown,
  otherwise: OAuthErrorCode,
): Response {
  const { status, error, code, message, hint } = toOAuth(cause, otherwise);
  if (status >= 500) parts.authority.log.error({ err: cause }, "a request to the token service failed inside");
  else refusals.unauthenticated++;
  return say(parts, c, status, { error, error_description: message, ...(code === null ? {} : { code }), hint });
}

/** A caller that sends proofs gets the nonce for its next with every answer (RFC 9449 §8.2). */
export function say(parts: HttpDoorParts, c: Context, status: number, body: object): Response {
  const { dpop, clock } = parts.tokens;
  return new Response(JSON.stringify(body), {
    status,
    headers: {
      "content-type": "application/json",
      "cache-control": "no-store",
      ...(c.req.header("dpop") === undefined ? {} : { "dpop-nonce": dpop.nonce(clock.now()) }),
      ...(status === 401 ? { "www-authenticate": "Bearer" } : {}),
    },
  });
}
