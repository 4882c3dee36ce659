import type { IncomingMessage, ServerResponse } from "node:http";
import { getRequestListener } from "@hono/node-server";
import { OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import { setCookie } from "hono/cookie";
import { answerApproval } from "../../authority/answer-approval.ts";
import { refusal } from "../../authority/refusals.ts";
import type { ApprovalId } from "../../domain/ids.ts";
import { checkOrigin } from "../../wire/http/origin.ts";
import { admitCaller, COOKIE, type Refusals } from "./callers.ts";
import { createEvents } from "./events.ts";
import { PAGE_HEADERS } from "./html.ts";
import type { HttpDoorParts } from "./parts.ts";
import { boundedText, createAddRoute, credentialled, guardBrowser, toError } from "./route.ts";
import { addGrantRoutes } from "./routes-grants.ts";
import { addRecordRoutes } from "./routes-record.ts";
import { addRuleRoutes } from "./routes-rules.ts";
import { addTaskRoutes } from "./routes-tasks.ts";
import { formOf, refusedPage, signedInPage, signInPage, statusPage } from "./status-page.ts";

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
  addTaskRoutes(add, parts);
  addGrantRoutes(add, parts);
  addRecordRoutes(add, parts);
  addRuleRoutes(add, parts, refusals);

  app.get("/v1/events", async (c) => {
    await admitCaller(parts, refusals, "viewer", credentialled(c));
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

  app.get("/", async (c) => {
    const secret = credentialled(c).cookie;
    const session = secret === null ? null : parts.people.bySession(secret);
    return session === null ? show(c, signInPage(), 401) : show(c, await statusPage(parts, session));
  });
  app.get("/signin", (c) => {
    const signedIn = parts.people.signIn(c.req.query("code") ?? "");
    if (signedIn === null)
      return show(
        c,
        refusedPage("this link was used before, or is too old", "`npx writ status --link` prints a new one"),
        403,
      );
    setCookie(c, COOKIE, signedIn.secret, { httpOnly: true, sameSite: "Strict", path: "/", maxAge: SESSION_SECONDS });
    return show(c, signedInPage());
  });
  app.post("/approvals/:id", async (c) => {
    const caller = await admitCaller(parts, refusals, "viewer", { ...credentialled(c), bearer: null });
    const form = formOf(await boundedText(c));
    guardBrowser(c, caller, form.csrf);
    if (caller.kind !== "person") throw new TypeError("the page is for people");
    await answerApproval(parts.authority, {
      approval: c.req.param("id") as ApprovalId,
      person: caller.person,
      verdict: form.verdict,
      note: "",
    });
    return c.redirect("/", 303);
  });

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
      ...(status === 401 ? { "www-authenticate": "Bearer" } : {}),
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

function show(c: Context, text: string, status = 200): Response {
  for (const [name, value] of Object.entries(PAGE_HEADERS)) c.header(name, value);
  return c.body(text, status as 200);
}
