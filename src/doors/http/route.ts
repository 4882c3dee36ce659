import { type OpenAPIHono, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { getCookie } from "hono/cookie";
import { refusal } from "../../authority/refusals.ts";
import { WritError } from "../../domain/error.ts";
import type { ProofAsked } from "../../authority/tokens/dpop.ts";
import type { Json } from "../../domain/json.ts";
import { parseStrict } from "../../wire/json/parse.ts";
import { type Access, admitCaller, type Caller, COOKIE, type Credentialled, notOurPage } from "./callers.ts";
import type { Refusals } from "./callers.ts";
import type { HttpDoorParts } from "./parts.ts";

export interface Route<Body extends z.ZodType, Query extends z.ZodType> {
  readonly method: "get" | "post" | "delete";
  /** `/v1/tasks/{id}` */
  readonly path: string;
  readonly summary: string;
  readonly access: Access;
  readonly body?: Body;
  readonly query?: Query;
  readonly status?: 200 | 201;
  /** What a yes looks like. */
  readonly answers: z.ZodType;
  run(asked: {
    readonly caller: Caller;
    readonly id: string;
    readonly body: z.infer<Body>;
    readonly query: z.infer<Query>;
    /** The `DPoP` header beside a key that is not bound, with what it has to be about. */
    readonly proof: ProofAsked | null;
  }): Promise<unknown>;
}

/** Adds one route: who may call it is settled first, then what was sent is read, then it runs; its answer and every
 *  refusal are JSON. Documented as it is added. */
export type AddRoute = <Body extends z.ZodType = z.ZodUndefined, Query extends z.ZodType = z.ZodUndefined>(
  route: Route<Body, Query>,
) => void;

export const MAX_BODY = 256 * 1024;

const errorBody = z
  .object({
    error: z.object({
      code: z.string(),
      message: z.string(),
      hint: z.string(),
      facts: z.record(z.string(), z.unknown()),
    }),
  })
  .openapi("Error");
const id = z.object({ id: z.string().min(1).max(256) });

export function createAddRoute(app: OpenAPIHono, parts: HttpDoorParts, refusals: Refusals): AddRoute {
  return (route) => {
    const params = route.path.includes("{id}") ? id : undefined;
    app.openAPIRegistry.registerPath({
      method: route.method,
      path: route.path,
      summary: route.summary,
      description: `For: ${route.access}.`,
      ...(route.access === "anybody" ? {} : { security: [{ key: [] }] }),
      request: {
        ...(params === undefined ? {} : { params }),
        ...(route.query === undefined ? {} : { query: route.query as unknown as z.ZodObject }),
        ...(route.body === undefined
          ? {}
          : { body: { required: true, content: { "application/json": { schema: route.body } } } }),
      },
      responses: {
        [route.status ?? 200]: { description: "done", content: { "application/json": { schema: route.answers } } },
        default: { description: "refused", content: { "application/json": { schema: errorBody } } },
      },
    });
    app.on(route.method.toUpperCase(), route.path.replaceAll(/\{(\w+)\}/g, ":$1"), async (c) => {
      const caller = await admitCaller(parts, refusals, route.access, credentialled(parts, c));
      if (route.method !== "get") guardBrowser(c, caller);
      const body = route.body === undefined ? undefined : readAs(route.body, await boundedText(c));
      const query = route.query === undefined ? undefined : read(route.query, c.req.query(), "the query");
      const proof = c.req.header("dpop");
      const answer = await route.run({
        caller,
        id: c.req.param("id") ?? "",
        body: body as never,
        query: query as never,
        proof:
          proof === undefined ? null : { header: proof, method: c.req.method, urls: urlsOf(parts, c), token: null },
      });
      return c.json(answer as object, route.status ?? 200);
    });
  };
}

/** What a request carries to say who it is from. */
export function credentialled(parts: HttpDoorParts, c: Context): Credentialled {
  const authorization = c.req.header("authorization");
  const bound = /^DPoP ([\x21-\x7e]+)$/i.exec(authorization ?? "")?.[1];
  return {
    bearer:
      authorization === undefined || bound !== undefined
        ? null
        : (/^Bearer ([\x21-\x7e]+)$/i.exec(authorization)?.[1] ?? ""),
    bound: bound === undefined ? null : { token: bound, method: c.req.method, urls: urlsOf(parts, c) },
    proof: c.req.header("dpop") ?? null,
    launcherKey: c.req.header("writ-launcher-key") ?? null,
    cookie: getCookie(c, COOKIE) ?? null,
    csrf: c.req.header("writ-csrf") ?? c.req.param("key") ?? null,
  };
}

/** Origin and path of a request, as a proof names it: by the names we are known by, whatever `Host` says. */
export function urlsOf({ tokens }: HttpDoorParts, c: Context): readonly string[] {
  const { pathname } = new URL(c.req.url);
  return tokens.origins.map((origin) => `${origin}${pathname}`);
}

/** A change is asked for by a page of this very origin; another port of this machine is another origin.
 *  @throws WritError 403 `csrf`. */
export function guardBrowser(c: Context, caller: Caller): void {
  if (caller.kind !== "person" || caller.session === null) return;
  const origin = c.req.header("origin");
  if (origin !== undefined && origin.replace(/^https?:\/\//, "") !== c.req.header("host")) throw notOurPage();
}

/** @throws WritError 413 `body_too_large`. */
export async function boundedText(c: Context): Promise<string> {
  const tooLarge = (): Error =>
    refusal("body_too_large", 413, { most: MAX_BODY }, "the body is too large", "send less");
  if (Number(c.req.header("content-length") ?? 0) > MAX_BODY) throw tooLarge();
  // What says its length comes with no more than that, and is read at once.
  if (c.req.header("content-length") !== undefined && c.req.header("transfer-encoding") === undefined) {
    const whole = await c.req.raw.arrayBuffer();
    if (whole.byteLength > MAX_BODY) throw tooLarge();
    return Buffer.from(whole).toString("utf8");
  }
  const reader = c.req.raw.body?.getReader();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const next = await reader?.read();
    if (next === undefined || next.done) break;
    size += next.value.length;
    if (size > MAX_BODY) {
      void reader?.cancel();
      throw tooLarge();
    }
    chunks.push(next.value);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** What `text` says, read strictly and as `type`.
 *  @throws WritError 400 `json_invalid`, `request_invalid`. */
export function readAs<T extends z.ZodType>(type: T, text: string): z.infer<T> {
  return read(type, parseBody(text), "the body");
}

function parseBody(text: string): Json {
  const parsed = parseStrict(text === "" ? "{}" : text, { maxBytes: MAX_BODY });
  if (parsed.kind === "parsed") return parsed.value;
  throw refusal(
    "json_invalid",
    400,
    { why: parsed.why, offset: parsed.offset },
    `the body is not JSON that can be read: ${parsed.why}`,
    "send one JSON object in UTF-8",
  );
}

function read<T extends z.ZodType>(type: T, value: unknown, what: string): z.infer<T> {
  const checked = type.safeParse(value);
  if (checked.success) return checked.data;
  const problems = checked.error.issues.map(
    (issue) => `${issue.path.join(".") || what}: ${issue.message.charAt(0).toLowerCase()}${issue.message.slice(1)}`,
  );
  throw refusal(
    "request_invalid",
    400,
    { problems },
    `${what} does not fit: ${problems.join("; ")}`,
    "see /openapi.json for what this route takes",
  );
}

/** Every failure in the one form; what we did not foresee says nothing of itself. */
export function toError(
  parts: Pick<HttpDoorParts, "authority">,
  cause: unknown,
): { readonly status: number; readonly body: z.infer<typeof errorBody> } {
  if (cause instanceof WritError) {
    return {
      status: cause.status,
      body: { error: { code: cause.code, message: cause.message, hint: cause.hint, facts: { ...cause.facts } } },
    };
  }
  parts.authority.log.error({ err: cause }, "a request failed inside");
  return {
    status: 500,
    body: {
      error: {
        code: "internal_fault",
        message: "something failed inside",
        hint: "the log says what; `writ doctor` helps",
        facts: {},
      },
    },
  };
}

export const pageQuery = z.object({
  after: z.string().max(256).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});

/** Any JSON object; the shape is that of the domain type its name says. */
export function shape(name: string): z.ZodType {
  return z.looseObject({}).openapi(name);
}

export function pageOf(name: string): z.ZodType {
  return z.object({ items: z.array(shape(name)), next: z.string().nullable() });
}
