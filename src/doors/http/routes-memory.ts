import { z } from "@hono/zod-openapi";
import type { MemoryView } from "../../authority/memory/manage.ts";
import type { Digest } from "../../domain/ids.ts";
import { may } from "../../domain/person.ts";
import type { Caller } from "./callers.ts";
import type { HttpDoorParts } from "./parts.ts";
import { type AddRoute, shape } from "./route.ts";
import { person } from "./routes-tasks.ts";

/** What agents remember: seen, released and taken back by people. */
export function addMemoryRoutes(add: AddRoute, { memory, restore, reread }: HttpDoorParts): void {
  add({
    method: "get",
    path: "/v1/memory",
    summary: "What agents remember, element by element, without its words; names for who sees content",
    access: "viewer",
    query: z.object({ place: z.string().max(64).optional() }),
    answers: z.object({ items: z.array(shape("MemoryElement")) }),
    async run({ caller, query }) {
      const items = await memory.list(query.place ?? null);
      return { items: maySee(caller) ? items : items.map(nameless) };
    },
  });
  add({
    method: "get",
    path: "/v1/memory/{id}",
    summary: "One element with its versions; its words, where they are kept, for who runs the system or is asked",
    access: "viewer",
    answers: shape("MemoryDetail"),
    async run({ caller, id }) {
      const one = await memory.show(id, person(caller), maySee(caller));
      return maySee(caller) ? one : nameless(one);
    },
  });
  add({
    method: "post",
    path: "/v1/memory/{id}/release",
    summary: "Take an element, as it stands now, for what somebody here wrote",
    access: "approver",
    body: z.strictObject({ seen: z.string().max(256).optional() }),
    answers: shape("MemoryElement"),
    run: ({ caller, id, body }) =>
      memory.release({ id, by: person(caller), seen: body.seen === undefined ? undefined : (body.seen as Digest) }),
  });
  add({
    method: "post",
    path: "/v1/memory/{id}/rollback",
    summary: "Take back what came after a version, and put back what is gone",
    access: "approver",
    body: z.strictObject({ version: z.number().int().min(1) }),
    answers: z.object({ element: z.string(), missing: z.number(), restored: shape("MemoryRestored") }),
    async run({ caller, id, body }) {
      const by = person(caller);
      const missing = await memory.rollback({ id, version: body.version, by });
      return { element: id, missing: missing.parts.length, restored: await restore(missing, by) };
    },
  });
  add({
    method: "get",
    path: "/v1/memory-verification",
    summary: "Every element held against the last digest that the ledger has of it",
    access: "viewer",
    answers: z.object({ elements: z.number(), wrong: z.array(shape("MemoryElement")) }),
    async run({ caller }) {
      const { elements, wrong } = await memory.verify();
      return { elements, wrong: maySee(caller) ? wrong : wrong.map(nameless) };
    },
  });
  add({
    method: "post",
    path: "/v1/memory-verification",
    summary: "The same, after each memory was read again as its server has it now",
    access: "approver",
    answers: z.object({
      elements: z.number(),
      wrong: z.array(shape("MemoryElement")),
      read: z.array(z.object({ place: z.string(), why: z.string().nullable() })),
    }),
    async run({ caller }) {
      const read = await reread(person(caller));
      return { ...(await memory.verify()), read: [...read] };
    },
  });
}

/** Names are an agent's words too. */
function nameless<T extends MemoryView>(one: T): T {
  return { ...one, key: [] };
}

function maySee(caller: Caller): boolean {
  return caller.kind === "person" && (may(caller.person, "operator") || may(caller.person, "approver"));
}
