import type { Context } from "hono";
import { PAGE_HEADERS } from "./html.ts";

/** Answers with a page of Writ's own. Its forms go back to Writ, and from there to the origin `mayGoTo` where one is named. */
export function show(c: Context, text: string, status = 200, mayGoTo: string | null = null): Response {
  for (const [name, value] of Object.entries(PAGE_HEADERS)) c.header(name, value);
  const policy = PAGE_HEADERS["content-security-policy"] ?? "";
  if (mayGoTo !== null)
    c.header("content-security-policy", policy.replace("form-action 'self'", `form-action 'self' ${mayGoTo}`));
  return c.body(text, status as 200);
}
