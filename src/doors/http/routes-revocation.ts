import { z } from "@hono/zod-openapi";
import { enable } from "../../authority/revocation/bars.ts";
import { readSubject, revokeSubject } from "../../authority/revocation/revoke.ts";
import type { HttpDoorParts } from "./parts.ts";
import { type AddRoute, shape } from "./route.ts";
import { person } from "./routes-tasks.ts";

const subject = z.strictObject({ kind: z.string(), id: z.string(), why: z.string().max(500).default("") });

/** Stopping what runs, and letting new ones be made. */
export function addRevocationRoutes(add: AddRoute, { authority }: HttpDoorParts): void {
  add({
    method: "post",
    path: "/v1/revocations",
    summary: "Kill every credential that stands on something; `all` and `*` is everything",
    access: "operator",
    status: 201,
    body: subject,
    answers: z.object({ sequence: z.number() }),
    run: async ({ caller, body }) => ({
      sequence: await revokeSubject(authority, {
        subject: readSubject(body.kind, body.id),
        by: person(caller),
        why: body.why,
      }),
    }),
  });
  add({
    method: "get",
    path: "/v1/revocations/bars",
    summary: "Agents and owners for whom nothing new is made since they were revoked",
    access: "viewer",
    answers: z.object({ items: z.array(shape("Bar")) }),
    run: async () => ({ items: await authority.store.read((tx) => tx.documents("bar")) }),
  });
  add({
    method: "post",
    path: "/v1/revocations/lift",
    summary: "Let new credentials be made again; those that were revoked stay dead",
    access: "admin",
    body: subject,
    answers: shape("Bar"),
    run: ({ caller, body }) =>
      enable(authority, { subject: readSubject(body.kind, body.id), by: person(caller), why: body.why }),
  });
}
