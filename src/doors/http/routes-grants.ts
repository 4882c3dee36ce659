import { z } from "@hono/zod-openapi";
import { readDraft } from "../../authority/rules/draft.ts";
import { issueGrant, revokeGrant } from "../../authority/tasks/grants.ts";
import { describeGrant } from "../../domain/grant.ts";
import type { GrantId, PersonName, TaskId } from "../../domain/ids.ts";
import type { Json } from "../../domain/json.ts";
import { may } from "../../domain/person.ts";
import type { HttpDoorParts } from "./parts.ts";
import { type AddRoute, shape } from "./route.ts";
import { grantView, ownerOrOperator, person, who } from "./routes-tasks.ts";

/** What operators give to tasks and take back, and what agents start with. */
export function addGrantRoutes(add: AddRoute, { authority }: HttpDoorParts): void {
  add({
    method: "post",
    path: "/v1/tasks/{id}/grants",
    summary: "Give a running task more",
    access: "operator",
    status: 201,
    body: z.strictObject({
      tools: z.array(z.string()),
      where: z.record(z.string(), z.unknown()).optional(),
      uses: z.number().optional(),
    }),
    answers: shape("Grant"),
    async run({ caller, id, body }) {
      const draft = readDraft(body as unknown as Json, "approval", person(caller), authority.configuration);
      return grantView(await issueGrant(authority, { task: id as TaskId, draft }), who(caller));
    },
  });
  add({
    method: "delete",
    path: "/v1/grants/{id}",
    summary: "Take a grant back",
    access: "owner or operator",
    answers: shape("Grant"),
    async run({ caller, id }) {
      const by = who(caller);
      const task = await authority.store.read(async (tx) => {
        const grant = await tx.grant(id as GrantId);
        return grant === null ? null : tx.task(grant.task);
      });
      // Nobody learns from a refusal whether there is such a grant.
      ownerOrOperator(by, task ?? { owner: "" as PersonName });
      const why = may(by, "operator") ? "revoked by an operator" : "revoked by the owner";
      return grantView(await revokeGrant(authority, { grant: id as GrantId, by: by.name, why }), by);
    },
  });
  add({
    method: "get",
    path: "/v1/agents",
    summary: "Configured agents and their newest instances",
    access: "viewer",
    answers: z.object({ items: z.array(shape("Agent")) }),
    run: () =>
      authority.store.read(async (tx) => {
        const items = [];
        for (const agent of authority.configuration.agents) {
          const instances = await tx.instances({ agent: agent.name, after: null, limit: 10 });
          items.push({
            name: agent.name,
            scope: agent.scope.map(describeGrant),
            budget: agent.budget,
            lifetimeMs: agent.lifetimeMs,
            enrol: agent.enrol.map((one) => one.kind),
            instances: instances.items.map((one) => ({
              id: one.id,
              owner: one.owner,
              enrolledAt: one.enrolledAt,
              enrolledBy: one.enrolledBy,
              strength: one.strength,
              selectors: one.selectors,
            })),
          });
        }
        return { items };
      }),
  });
}
