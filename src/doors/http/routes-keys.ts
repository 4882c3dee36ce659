import { z } from "@hono/zod-openapi";
import type { HttpDoorParts } from "./parts.ts";
import { type AddRoute, shape } from "./route.ts";
import { person } from "./routes-tasks.ts";

const answers = z.object({ items: z.array(shape("SigningKey")) });

/** The keys that credentials are signed with: which there are, and turning and stopping them. */
export function addKeyRoutes(add: AddRoute, { signingKeys }: HttpDoorParts): void {
  add({
    method: "get",
    path: "/v1/keys",
    summary: "Signing keys and their state, newest first",
    access: "viewer",
    answers,
    run: async () => ({ items: await signingKeys.list() }),
  });
  add({
    method: "post",
    path: "/v1/keys/rotate",
    summary: "Sign with the next key from now on",
    access: "admin",
    answers,
    run: async ({ caller }) => ({ items: await signingKeys.rotate(person(caller)) }),
  });
  add({
    method: "post",
    path: "/v1/keys/{id}/kill",
    summary: "Believe nothing that a key signed from now on",
    access: "admin",
    body: z.strictObject({ why: z.string().max(500).default("") }),
    answers,
    run: async ({ caller, id, body }) => ({ items: await signingKeys.kill(id, person(caller), body.why) }),
  });
}
