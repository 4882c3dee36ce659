import type { OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import type { Provider, ProviderCheck } from "../../authority/people/provider.ts";
import { refusal } from "../../authority/refusals.ts";
import type { JsonObject } from "../../domain/json.ts";
import type { Person } from "../../domain/person.ts";
import type { AuthorizationRequest } from "../../domain/sign-in.ts";
import type { Refusals } from "./callers.ts";
import type { HttpDoorParts } from "./parts.ts";

/** What the browser holds of a sign-in while its person is at the provider. It comes back from another site. */
const COOKIE = "writ_login";
const LIFE_MS = 10 * 60_000;

interface Held {
  readonly check: ProviderCheck;
  /** What a client asked; null for the page of Writ itself. */
  readonly request: AuthorizationRequest | null;
  readonly until: number;
}

/** Sends a browser to the provider, which sends it back to `/oauth/callback`. */
export async function toProvider(
  parts: HttpDoorParts,
  provider: Provider,
  c: Context,
  request: AuthorizationRequest | null,
): Promise<Response> {
  const { sealing, clock, issuer } = parts.signIn;
  const { url, check } = await provider.begin();
  const held: Held = { check, request, until: clock.now() + LIFE_MS };
  setCookie(c, COOKIE, sealing.seal(held as unknown as JsonObject, "login"), {
    httpOnly: true,
    sameSite: "Lax",
    path: "/oauth/callback",
    maxAge: LIFE_MS / 1000,
    secure: issuer.startsWith("https:"),
  });
  c.header("cache-control", "no-store");
  c.header("referrer-policy", "no-referrer");
  return c.redirect(url, 303);
}

/** `goOn`: what is shown to a person who has just signed in, for a client's request or for Writ's own page. */
export function addProviderRoutes(
  app: OpenAPIHono,
  parts: HttpDoorParts,
  provider: Provider,
  refusals: Refusals,
  goOn: (c: Context, person: Person, request: AuthorizationRequest | null) => Promise<Response>,
): void {
  const { sealing, clock, sessions } = parts.signIn;

  app.get("/signin/provider", (c) => toProvider(parts, provider, c, null));

  app.get("/oauth/callback", async (c) => {
    const cookie = getCookie(c, COOKIE);
    deleteCookie(c, COOKIE, { path: "/oauth/callback" });
    const held = sealing.open(cookie ?? "", "login") as unknown as Held | null;
    try {
      if (held === null || clock.now() >= held.until) throw notBegun();
      const said = await provider.finish(new URL(c.req.url), held.check);
      const person = sessions.asOfNow({ person: said, by: "provider" });
      if (person === null) throw notBegun();
      return await goOn(c, held.request === null ? said : person, held.request);
    } catch (cause) {
      refusals.unauthenticated++;
      throw cause;
    }
  });
}

function notBegun(): Error {
  return refusal(
    "sign_in_refused",
    403,
    {},
    "this browser began no sign-in here, or too long ago",
    "sign in again, from the beginning",
  );
}
