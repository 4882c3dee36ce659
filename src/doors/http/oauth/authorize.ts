import type { OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import { readAuthorization } from "../../../authority/people/authorization.ts";
import { answerRequest, ownerFor } from "../../../authority/people/consent.ts";
import { stepUpOf } from "../../../authority/people/step-up.ts";
import { refusal } from "../../../authority/refusals.ts";
import { isObject, type JsonObject } from "../../../domain/json.ts";
import type { Person } from "../../../domain/person.ts";
import type { AuthorizationRequest, RegisteredClient } from "../../../domain/sign-in.ts";
import { parseStrict } from "../../../wire/json/parse.ts";
import type { Refusals } from "../callers.ts";
import type { HttpDoorParts } from "../parts.ts";
import { boundedText } from "../route.ts";
import { toProvider } from "../signin-provider.ts";
import { show } from "../show.ts";
import { refusedPage } from "../status-page.ts";
import { callPage, consentPage, whoPage } from "./authorize-pages.ts";
import { readForm } from "./form.ts";

/** Says which browser a page was made for. It opens nothing: every request is answered after a fresh sign-in. */
const COOKIE = "writ_authorize";

/** What a page carries to the next, sealed: the request, the browser it was made for, and who has signed in for it. */
interface Carried {
  readonly request: AuthorizationRequest;
  readonly browser: string;
  readonly person: Person | null;
}

/** The authorization endpoint: who is there, what do they say, and back to the client. Nothing is kept until a person
 *  has answered. */
export function addAuthorizeRoutes(
  app: OpenAPIHono,
  parts: HttpDoorParts,
  refusals: Refusals,
): { consentTo(c: Context, request: AuthorizationRequest, person: Person): Promise<Response> } {
  const { signIn } = parts;

  app.get("/oauth/authorize", async (c) => {
    const read = await readAuthorization(signIn, new URL(c.req.url).searchParams);
    if (read.kind !== "asked") refusals.unauthenticated++;
    switch (read.kind) {
      case "shown":
        return show(c, refusedPage(read.fault.message, read.fault.hint), read.fault.status);
      case "redirected":
        return leave(c, read.to);
      case "asked": {
        if (signIn.provider !== null) return toProvider(parts, signIn.provider, c, read.request);
        const browser = browserOf(c);
        return show(c, whoPage(read.request, sealed({ request: read.request, browser, person: null }), false));
      }
    }
  });

  app.post("/oauth/authorize/sign-in", async (c) => {
    const { form, carried } = await carriedBy(c);
    const person = await signIn.sessions.spendCode(codeOf(form.get("code") ?? ""));
    if (person !== null) return consent(c, { ...carried, person });
    refusals.unauthenticated++;
    return show(c, whoPage(carried.request, sealed(carried), true), 403);
  });

  app.post("/oauth/authorize/answer", async (c) => {
    const { form, carried } = await carriedBy(c);
    const { request, person } = carried;
    const verdict = form.get("verdict");
    if (person === null || (verdict !== "allow" && verdict !== "deny")) throw notOurs();
    return leave(c, await answerRequest(signIn, { request, person, verdict, objective: form.get("objective") ?? "" }));
  });

  if (signIn.configuration.signIn.registration !== null) {
    app.post("/oauth/register", async (c) => {
      const { client, metadata } = await register(await boundedText(c));
      const answer = { client_id: client.id, client_id_issued_at: Math.floor(client.registeredAt / 1000), ...metadata };
      return c.json(answer, 201, { "cache-control": "no-store" });
    });
  }

  /** RFC 7591 §3: what is registered is answered as it was understood.
   *  @throws WritError as `SignInClients.register`, and `client_metadata_invalid` for what is no JSON. */
  async function register(text: string): Promise<{ readonly client: RegisteredClient; readonly metadata: JsonObject }> {
    const parsed = parseStrict(text, { maxBytes: 16 * 1024 });
    if (parsed.kind !== "parsed" || !isObject(parsed.value))
      throw refusal("client_metadata_invalid", 400, {}, "the body is not a JSON object", "see RFC 7591 §2");
    const client = await signIn.clients.register(parsed.value);
    const metadata = {
      client_name: client.name,
      redirect_uris: client.redirectUris,
      token_endpoint_auth_method: "none",
      grant_types: ["authorization_code", "refresh_token"],
      response_types: ["code"],
    };
    return { client, metadata };
  }

  async function consent(c: Context, carried: Carried & { readonly person: Person }): Promise<Response> {
    const { request, person } = carried;
    const owner = ownerFor(signIn, person);
    const text =
      request.stepUp === null
        ? consentPage(signIn, request, owner, sealed(carried))
        : callPage(request, await stepUpOf(signIn, request.stepUp, owner), sealed(carried));
    // A browser that follows the answer asks its own page's rules first.
    return show(c, text, 200, new URL(request.redirectUri).origin);
  }

  return { consentTo: (c, request, person) => consent(c, { request, person, browser: browserOf(c) }) };

  function sealed(carried: Carried): string {
    return signIn.sealing.seal(carried as unknown as JsonObject, "authorize");
  }

  /** @throws WritError 403 `csrf` for what was not made by us for this browser. */
  async function carriedBy(
    c: Context,
  ): Promise<{ readonly form: ReadonlyMap<string, string>; readonly carried: Carried }> {
    const origin = c.req.header("origin");
    if (origin !== undefined && !signIn.origins.includes(origin)) throw notOurs();
    const form = readForm({
      type: c.req.header("content-type"),
      query: new URL(c.req.url).search,
      body: await boundedText(c),
    });
    const carried = signIn.sealing.open(form.get("request") ?? "", "authorize") as unknown as Carried | null;
    const browser = getCookie(c, COOKIE);
    if (carried === null || browser === undefined || carried.browser !== signIn.digests.keyed(browser)) throw notOurs();
    return { form, carried };
  }

  function browserOf(c: Context): string {
    const held = getCookie(c, COOKIE);
    const secret = held !== undefined && /^[\w-]{22}$/.test(held) ? held : signIn.ids.nonce();
    const secure = signIn.issuer.startsWith("https:");
    setCookie(c, COOKIE, secret, { httpOnly: true, sameSite: "Lax", path: "/oauth", maxAge: 900, secure });
    return signIn.digests.keyed(secret);
  }
}

/** The code in a pasted link, or the code itself. */
function codeOf(text: string): string {
  const pasted = text.trim();
  return /[?&]code=([\w-]+)/.exec(pasted)?.[1] ?? pasted;
}

function leave(c: Context, to: string): Response {
  c.header("cache-control", "no-store");
  c.header("referrer-policy", "no-referrer");
  return c.redirect(to, 303);
}

function notOurs(): Error {
  return refusal(
    "csrf",
    403,
    {},
    "this does not come from a page that Writ showed to this browser",
    "start again from the program that asked you to sign in",
  );
}
