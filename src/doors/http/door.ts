import type { IncomingMessage, ServerResponse } from "node:http";
import { getRequestListener } from "@hono/node-server";
import { OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import { DPOP_ALGORITHMS } from "../../authority/tokens/dpop.ts";
import { answerApproval } from "../../authority/tasks/answer-approval.ts";
import { refusal } from "../../authority/refusals.ts";
import type { BrowserSession, SignedIn } from "../../authority/people/browser-sessions.ts";
import type { ApprovalId } from "../../domain/ids.ts";
import type { Person } from "../../domain/person.ts";
import { checkOrigin } from "../../wire/http/origin.ts";
import { admitCaller, COOKIE, type Refusals } from "./callers.ts";
import { addAuthorizeRoutes } from "./oauth/authorize.ts";
import { addOAuthRoutes } from "./oauth/routes.ts";
import { createEvents } from "./events.ts";
import { show } from "./show.ts";
import type { HttpDoorParts } from "./parts.ts";
import { boundedText, createAddRoute, credentialled, guardBrowser, toError } from "./route.ts";
import { addEnrolmentRoutes } from "./routes-enrolment.ts";
import { addCapabilityRoutes } from "./routes-capability.ts";
import { addCredsRoutes } from "./routes-creds.ts";
import { addGrantRoutes } from "./routes-grants.ts";
import { addKeyRoutes } from "./routes-keys.ts";
import { addRecordRoutes } from "./routes-record.ts";
import { addRevocationRoutes } from "./routes-revocation.ts";
import { addMemoryRoutes } from "./routes-memory.ts";
import { addRuleRoutes } from "./routes-rules.ts";
import { addTaskRoutes } from "./routes-tasks.ts";
import { addProviderRoutes } from "./signin-provider.ts";
import { formOf, pageOf, refusedPage, signedInPage, signInPage, statusPage } from "./status-page.ts";

export interface HttpDoor {
  /** Answers everything but the MCP paths; never throws. */
  handle(request: IncomingMessage, response: ServerResponse): void;
  /** For tests and tools: the same without a socket; the host check is the caller's. */
  fetch(request: Request): Promise<Response>;
  /** What callers nobody knows, and agents, tried and were refused. */
  readonly refusals: Readonly<Refusals>;
  /** Ends every stream. */
  close(): void;
}

const SESSION_SECONDS = 12 * 3600;

/** The control plane's HTTP door: `/v1`, the published documents, and a plain page. It translates and decides nothing. */
export function createHttpDoor(parts: HttpDoorParts): HttpDoor {
  const refusals: Refusals = { unauthenticated: 0, agents: 0 };
  const app = new OpenAPIHono();
  const add = createAddRoute(app, parts, refusals);
  const events = createEvents(parts.authority.store);

  app.openAPIRegistry.registerComponent("securitySchemes", "key", {
    type: "http",
    scheme: "bearer",
    description: "The admin key, a personal key, the launcher key, or an instance credential: each route says whose.",
  });
  addEnrolmentRoutes(add, parts);
  addTaskRoutes(add, parts);
  addGrantRoutes(add, parts);
  addRecordRoutes(add, parts);
  addRuleRoutes(add, parts, refusals);
  addRevocationRoutes(add, parts);
  addCredsRoutes(add, parts);
  addMemoryRoutes(add, parts);
  addKeyRoutes(add, parts);
  addCapabilityRoutes(add, parts);
  addOAuthRoutes(app, parts, refusals);
  const authorize = parts.signIn.clients.any ? addAuthorizeRoutes(app, parts, refusals) : null;

  app.get("/v1/events", async (c) => {
    await admitCaller(parts, refusals, "viewer", credentialled(parts, c));
    return events.stream(c);
  });
  app.get("/openapi.json", (c) =>
    c.json(
      app.getOpenAPI31Document({ openapi: "3.1.0", info: { title: "Writ control plane", version: parts.version } }),
    ),
  );
  app.get("/healthz", (c) => c.json({ ok: true }));
  app.get("/readyz", async (c) => {
    const checks = await parts.ready();
    const ok = checks.every((check) => check.ok);
    // Anybody may ask: names only.
    return c.json({ ok, checks: checks.map(({ name, ok: fine }) => ({ name, ok: fine })) }, ok ? 200 : 503);
  });
  app.get("/.well-known/jwks.json", (c) => c.json(parts.jwks(), 200, { "cache-control": "public, max-age=60" }));

  const { provider } = parts.signIn;
  if (provider !== null)
    addProviderRoutes(app, parts, provider, refusals, async (c, person, request) => {
      if (request !== null && authorize !== null) return authorize.consentTo(c, request, person);
      const signedIn = await parts.people.begin(person, "provider");
      return signedIn === null ? show(c, signInPage(true), 403) : enter(c, signedIn);
    });
  app.get("/", (c) => show(c, signInPage(provider !== null), 401));
  app.get("/signin", async (c) => {
    const signedIn = await parts.people.signIn(c.req.query("code") ?? "");
    if (signedIn === null)
      return show(
        c,
        refusedPage("this link was used before, or is too old", "`npx writ status --link` prints a new one"),
        403,
      );
    return enter(c, signedIn);
  });

  function enter(c: Context, { secret, session }: SignedIn): Response {
    const secure = parts.signIn.issuer.startsWith("https:");
    setCookie(c, COOKIE, secret, { httpOnly: true, sameSite: "Strict", path: "/", maxAge: SESSION_SECONDS, secure });
    return show(c, signedInPage(session));
  }
  // The page's address is known to nobody else; its cookie is sent to whatever listens on any port of this machine.
  app.get("/now/:key", async (c) => {
    const { session } = await fromPage(c);
    return show(c, await statusPage(parts, session));
  });
  app.post("/now/:key/approvals/:id", async (c) => {
    const { person, session } = await fromPage(c);
    const { verdict } = formOf(await boundedText(c));
    await answerApproval(parts.authority, { approval: c.req.param("id") as ApprovalId, person, verdict, note: "" });
    return c.redirect(pageOf(session), 303);
  });

  app.post("/now/:key/signout", async (c) => {
    await fromPage(c);
    await parts.people.signOut(getCookie(c, COOKIE) ?? "");
    deleteCookie(c, COOKIE, { path: "/" });
    return show(c, signInPage(provider !== null));
  });

  async function fromPage(c: Context): Promise<{ readonly person: Person; readonly session: BrowserSession }> {
    const caller = await admitCaller(parts, refusals, "viewer", { ...credentialled(parts, c), bearer: null });
    if (c.req.method !== "GET") guardBrowser(c, caller);
    if (caller.kind !== "person" || caller.session === null) throw new TypeError("the page is for people");
    return { person: caller.person, session: caller.session };
  }

  app.notFound((c) =>
    answerError(c, refusal("path_unknown", 404, {}, "there is nothing here", "/openapi.json lists what there is")),
  );
  app.onError((cause, c) => answerError(c, cause));

  function answerError(c: Context, cause: unknown): Response {
    const { status, body } = toError(parts, cause);
    if (c.req.header("accept")?.includes("text/html") === true)
      return show(c, refusedPage(body.error.message, body.error.hint), status);
    const headers = {
      "content-type": "application/json",
      "cache-control": "no-store",
      ...(status === 401 ? challenge(parts, body.error.code) : {}),
    };
    return new Response(JSON.stringify(body), { status, headers });
  }

  const listener = getRequestListener(async (request) => await app.fetch(request), { overrideGlobalObjects: false });
  return {
    handle(request, response) {
      const origin = checkOrigin(request.headers, parts.allowed);
      if (origin === "ok") return void listener(request, response);
      refusals.unauthenticated++;
      response.writeHead(403, { "content-type": "application/json", connection: "close" });
      response.end(
        JSON.stringify({
          error: {
            code: `${origin}_refused`,
            message: `this \`${origin}\` is not one that Writ answers to`,
            hint: "use the address that `writ status` shows",
            facts: {},
          },
        }),
      );
    },
    fetch: async (request) => await app.fetch(request),
    refusals,
    close: () => events.close(),
  };
}

/** How to come again: with a key, or with a proof under this nonce (RFC 9449 §8, §9). */
function challenge({ tokens }: HttpDoorParts, code: string): Record<string, string> {
  if (!code.startsWith("proof_")) return { "www-authenticate": "Bearer" };
  const error = code === "proof_stale" ? "use_dpop_nonce" : "invalid_dpop_proof";
  return {
    "www-authenticate": `DPoP error="${error}", algs="${DPOP_ALGORITHMS.join(" ")}"`,
    "dpop-nonce": tokens.dpop.nonce(tokens.clock.now()),
  };
}
