import { z } from "@hono/zod-openapi";
import { agentView, whatIf } from "../../authority/capability/explain.ts";
import { COMPONENTS, type NamedComponent } from "../../domain/fingerprint.ts";
import type { Json } from "../../domain/json.ts";
import type { HttpDoorParts } from "./parts.ts";
import { type AddRoute, shape } from "./route.ts";
import { instanceCaller, person, who } from "./routes-tasks.ts";

const named = COMPONENTS.filter((one): one is NamedComponent => one !== "tools");
const ruling = z.strictObject({
  capability: z.string().max(64),
  level: z.number(),
  why: z.string().max(500).default(""),
});

/** What agents may be trusted with: what they are, what they have shown, and what people make of it. */
export function addCapabilityRoutes(add: AddRoute, { authority, capabilities }: HttpDoorParts): void {
  const { store, clock, configuration } = authority;
  const { parts } = capabilities;

  add({
    method: "get",
    path: "/v1/capability",
    summary: "What every agent may be trusted with, what is proposed and what is wanting",
    access: "viewer",
    answers: z.object({ items: z.array(shape("AgentCapabilities")), trouble: z.string().nullable() }),
    async run() {
      const items = await store.read(async (tx) => {
        const all = [];
        for (const { name } of configuration.agents) all.push(await agentView(parts, tx, name));
        return all;
      });
      return { items, trouble: capabilities.rules.trouble() };
    },
  });
  add({
    method: "get",
    path: "/v1/capability/agents/{id}",
    summary: "One agent: each capability, why it is at its level, and the way to the next",
    access: "viewer",
    answers: shape("AgentCapabilities"),
    async run({ id }) {
      if (capabilities.on()) await capabilities.catchUp();
      return store.read((tx) => agentView(parts, tx, id));
    },
  });
  add({
    method: "get",
    path: "/v1/capability/agents/{id}/diff",
    summary: "What an agent would gain and lose with another model, and which calls would have gone differently",
    access: "viewer",
    query: z.object({ model: z.string().min(1).max(256), version: z.string().min(1).max(256).optional() }),
    answers: shape("CapabilityDiff"),
    run: ({ id, query }) =>
      store.read((tx) => whatIf(parts, tx, id, { id: query.model, version: query.version ?? null })),
  });
  for (const verb of ["promote", "demote", "refuse"] as const) {
    const says = {
      promote: "Let an agent have what it has shown",
      demote: "Take an agent down; its credentials are dead at once",
      refuse: "Do not let an agent have what is proposed",
    };
    add({
      method: "post",
      path: `/v1/capability/agents/{id}/${verb}`,
      summary: says[verb],
      access: verb === "promote" ? "admin" : "operator",
      body: ruling,
      answers: z.object({ level: z.number().nullable() }),
      async run({ caller, id, body }) {
        const level = await capabilities[verb]({ ...body, agent: id, person: who(caller) });
        return { level: level ?? null };
      },
    });
  }
  add({
    method: "post",
    path: "/v1/capability/agents/{id}/endorse",
    summary: "Give one's word for an agent, for a time",
    access: "admin",
    body: ruling.extend({ for: z.number() }),
    answers: z.object({ level: z.number() }),
    async run({ caller, id, body: { for: ms, ...body } }) {
      const until = clock.now() + ms;
      return { level: await capabilities.endorse({ ...body, agent: id, person: who(caller), until }) };
    },
  });
  add({
    method: "post",
    path: "/v1/capability/evaluations",
    summary: "Take an evaluation that a registered evaluator signed (DSSE, in-toto test-result)",
    access: "operator",
    status: 201,
    body: z.record(z.string(), z.unknown()),
    answers: shape("Evaluation"),
    run: ({ caller, body }) => capabilities.submit(body as Json, person(caller)),
  });
  add({
    method: "get",
    path: "/v1/capability/rules",
    summary: "The rules on disk, compared with those in force",
    access: "viewer",
    answers: shape("RuleProposal"),
    run: () => capabilities.rules.proposal(),
  });
  add({
    method: "post",
    path: "/v1/capability/rules",
    summary: "Put the rules on disk in force",
    access: "admin",
    body: z.strictObject({ expected: z.string().max(256).optional() }),
    answers: shape("RuleProposal"),
    run: ({ caller, body }) => capabilities.rules.apply(person(caller), body.expected),
  });
  add({
    method: "post",
    path: "/v1/instances/fingerprint",
    summary: "Say what a running process is: observed where the launcher says so, claimed otherwise",
    access: "instance",
    body: z.strictObject({
      parts: z
        .array(
          z.strictObject({
            component: z.enum(named as [NamedComponent, ...NamedComponent[]]),
            id: z.string().max(256),
            version: z.string().max(256).nullable().default(null),
            claimed: z.boolean().default(false),
          }),
        )
        .min(1)
        .max(8),
    }),
    answers: z.object({ ok: z.boolean() }),
    async run({ caller, body }) {
      const { instance, vouched } = instanceCaller(caller);
      const heard = body.parts.map(({ component, id, version, claimed }) => ({
        component,
        part: { id, version, strength: vouched && !claimed ? ("observed" as const) : ("claimed" as const) },
      }));
      await capabilities.observe(instance, heard);
      return { ok: true };
    },
  });
}
