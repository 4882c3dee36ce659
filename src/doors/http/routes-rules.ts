import { z } from "@hono/zod-openapi";
import { keepBypass } from "../../authority/bypass.ts";
import { refusal } from "../../authority/refusals.ts";
import type { Digest, ServerName, ToolName } from "../../domain/ids.ts";
import { qualified } from "../../domain/ids.ts";
import type { JsonObject } from "../../domain/json.ts";
import type { Refusals } from "./callers.ts";
import type { HttpDoorParts } from "./parts.ts";
import { type AddRoute, shape } from "./route.ts";
import { person } from "./routes-tasks.ts";

const bypassReport = z.strictObject({
  at: z.number(),
  uid: z.number(),
  attempts: z
    .array(
      z.strictObject({
        what: z.string().max(500),
        result: z.enum(["barrier", "friction", "open"]),
        says: z.string().max(2_000),
        mend: z.string().max(500).nullable(),
      }),
    )
    .max(500),
});

/** Policies, tools, people, and how the system is. */
export function addRuleRoutes(add: AddRoute, parts: HttpDoorParts, refusals: Refusals): void {
  const { authority, policies, pins, people } = parts;
  const { configuration, store } = authority;

  add({
    method: "get",
    path: "/v1/policies",
    summary: "The policy set in force",
    access: "viewer",
    answers: shape("Policies"),
    run: async () => ({
      active: policies.active(),
      version: policies.current()?.version ?? null,
      trouble: policies.trouble(),
    }),
  });
  add({
    method: "get",
    path: "/v1/policies/proposal",
    summary: "What is on disk, compared with what is in force: diff, problems, tests",
    access: "viewer",
    answers: shape("Proposal"),
    run: () => policies.proposal(),
  });
  add({
    method: "post",
    path: "/v1/policies/apply",
    summary: "Put what is on disk in force",
    access: "admin",
    body: z.strictObject({ expected: z.string().max(256).optional() }),
    answers: shape("Proposal"),
    run: ({ caller, body }) => policies.apply(person(caller), body.expected),
  });
  add({
    method: "post",
    path: "/v1/policies/explain",
    summary: "What would be decided about a call that nobody makes",
    access: "viewer",
    body: z.strictObject({
      tool: z.string().max(256),
      arguments: z.record(z.string(), z.unknown()).default({}),
      task: z.string().max(256).optional(),
      agent: z.string().max(64).optional(),
    }),
    answers: shape("Explanation"),
    run: ({ body }) =>
      parts.explain({ tool: body.tool, arguments: body.arguments as JsonObject, task: body.task, agent: body.agent }),
  });
  add({
    method: "get",
    path: "/v1/tools",
    summary: "Every tool as its server describes it now, against its pin",
    access: "viewer",
    query: z.object({ server: z.string().max(64).optional() }),
    answers: z.object({ items: z.array(shape("Tool")), unseen: z.array(z.string()) }),
    async run({ query }) {
      const wanted = configuration.servers
        .map((server) => server.name)
        .filter((name) => query.server === undefined || name === query.server);
      if (query.server !== undefined && wanted.length === 0)
        throw refusal(
          "server_unknown",
          404,
          { server: query.server },
          `there is no server \`${query.server}\``,
          "`writ tools list` shows them all",
        );
      const observed = wanted.map((name) => ({ name, seen: pins.observed(name) }));
      return {
        items: observed.flatMap(({ seen }) =>
          (seen?.definitions ?? []).map((one) => ({
            name: qualified(one.server, one.name),
            server: one.server,
            tool: one.name,
            hash: one.hash,
            pin: seen?.statuses.get(one.name) ?? { kind: "missing" },
            definition: one.body,
          })),
        ),
        unseen: observed.filter(({ seen }) => seen === null).map(({ name }) => name),
      };
    },
  });
  add({
    method: "post",
    path: "/v1/tools/pin",
    summary: "Accept what a server says now, for one tool or for all",
    access: "admin",
    body: z.strictObject({
      server: z.string().max(64),
      tool: z.string().max(256).nullable().default(null),
      seen: z.string().max(256).optional(),
    }),
    answers: z.object({ accepted: z.array(z.string()) }),
    async run({ caller, body }) {
      const seen = body.seen === undefined ? {} : { seen: body.seen as Digest };
      return {
        accepted: await pins.accept({
          server: body.server as ServerName,
          tool: body.tool as ToolName | null,
          by: person(caller),
          ...seen,
        }),
      };
    },
  });
  add({
    method: "get",
    path: "/v1/people",
    summary: "People and their roles",
    access: "viewer",
    answers: z.object({ items: z.array(shape("Person")) }),
    run: async () => ({ items: configuration.people }),
  });
  add({
    method: "post",
    path: "/v1/people/{id}/keys",
    summary: "A new personal key, shown this once; earlier ones stop",
    access: "admin",
    status: 201,
    answers: z.object({ key: z.string() }),
    run: async ({ caller, id }) => ({ key: await people.issueKey(id, person(caller)) }),
  });
  add({
    method: "post",
    path: "/v1/signin-codes",
    summary: "A link that signs this person in to the page, once, within ten minutes",
    access: "viewer",
    status: 201,
    answers: z.object({ path: z.string() }),
    async run({ caller }) {
      if (caller.kind !== "person") throw new TypeError("the route is for people");
      return { path: `/signin?code=${await people.signInCode(caller.person)}` };
    },
  });
  add({
    method: "get",
    path: "/v1/status",
    summary: "How this deployment stands",
    access: "viewer",
    answers: shape("Status"),
    run: () =>
      store.read(async (tx) => ({
        version: parts.version,
        tier: configuration.tier,
        isolation: configuration.isolation,
        owner: configuration.owner,
        trustDomain: configuration.trustDomain,
        file: configuration.file,
        dataFolder: configuration.dataFolder,
        servers: configuration.servers.map((server) => ({
          name: server.name,
          kind: server.launch.kind,
          mode: server.mode,
          tools: pins.observed(server.name)?.definitions.length ?? null,
        })),
        agents: configuration.agents.map((agent) => agent.name),
        policies: { version: policies.current()?.version ?? null, trouble: policies.trouble() },
        activeTasks: (await tx.tasks({ after: null, limit: 200, active: true })).items.length,
        openApprovals: (await tx.approvals({ after: null, limit: 200, open: true })).items.length,
        unknownOutcomes: (await tx.callsIn("outcome_unknown", { after: null, limit: 200 })).items.map(
          (call) => call.id,
        ),
        ledger: (await tx.ledgerHead())?.number ?? 0,
        barred: (await tx.documents("bar")).map((bar) => bar.subject),
        refused: { ...refusals, enrolment: Object.fromEntries(parts.enrolments.refused), mcp: parts.strangers() },
      })),
  });
  add({
    method: "post",
    path: "/v1/bypass",
    summary: "Keep what came of a look from an agent's position",
    access: "admin",
    status: 201,
    body: bypassReport,
    answers: z.object({ kept: z.boolean() }),
    async run({ caller, body }) {
      await keepBypass(authority, body, person(caller));
      return { kept: true };
    },
  });
  add({
    method: "get",
    path: "/v1/doctor",
    summary: "What is wrong, and the command that mends it",
    access: "viewer",
    answers: z.object({ checks: z.array(shape("Check")) }),
    run: async () => ({ checks: await parts.doctor() }),
  });
}
