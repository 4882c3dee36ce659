import { z } from "@hono/zod-openapi";
import { heardAtEnrolment } from "../../authority/capability/enrolled.ts";
import { enrol, renewInstance } from "../../authority/enrolment/enrol.ts";
import { issueJoinToken } from "../../authority/enrolment/join-token.ts";
import { unauthenticated } from "../../authority/refusals.ts";
import type { ProofAsked } from "../../authority/tokens/dpop.ts";
import { prove } from "../../authority/tokens/prove.ts";
import { reason } from "../../domain/reason.ts";
import { enrolledView, keyBody, thumbprintOf } from "./enrolled-view.ts";
import type { HttpDoorParts } from "./parts.ts";
import type { AddRoute } from "./route.ts";
import { instanceCaller, person } from "./routes-tasks.ts";

const held = { expiresAt: z.number() };

/** How running processes of agents come to their credential. */
export function addEnrolmentRoutes(
  add: AddRoute,
  { authority, enrolments, tokens, capabilities }: HttpDoorParts,
): void {
  /** Whether the key being enrolled was proved; a proof of another one is an error, not a lesser enrolment. */
  function provenWith(thumbprint: string, proof: ProofAsked | null): boolean {
    if (proof === null) return false;
    if (prove(tokens, proof) === thumbprint) return true;
    throw unauthenticated(reason("proof_invalid"));
  }

  add({
    method: "post",
    path: "/v1/instances",
    summary: "Enrol a running process of an agent",
    access: "launcher",
    status: 201,
    body: z.strictObject({
      agent: z.string().max(64),
      key: keyBody,
      selectors: z.record(z.string(), z.string()).default({}),
    }),
    answers: z.object({ instance: z.string(), actor: z.string(), credential: z.string(), ...held }),
    async run({ body, proof }) {
      const thumbprint = thumbprintOf(body.key);
      const proven = provenWith(thumbprint, proof);
      return enrolledView(authority, await enrol(authority, { ...body, thumbprint, proven }));
    },
  });
  add({
    method: "post",
    path: "/v1/enrol",
    summary: "Enrol by evidence: what is shown decides which agent it becomes",
    access: "anybody",
    status: 201,
    body: z.strictObject({ kind: z.enum(["join-token", "oidc", "spiffe"]), token: z.string().max(8192), key: keyBody }),
    answers: z.object({ instance: z.string(), agent: z.string(), actor: z.string(), credential: z.string(), ...held }),
    async run({ body: { kind, token, key: jwk }, proof }) {
      const thumbprint = thumbprintOf(jwk);
      const proven = provenWith(thumbprint, proof);
      const enrolled = await enrolments.enrol(kind, { token }, thumbprint, proven);
      await capabilities.observe(enrolled.instance, heardAtEnrolment(enrolled.instance));
      return enrolledView(authority, enrolled);
    },
  });
  add({
    method: "post",
    path: "/v1/instances/renew",
    summary: "A fresh instance credential for one that still holds",
    access: "instance",
    answers: z.object({ credential: z.string(), ...held }),
    async run({ caller }) {
      const { credential } = await renewInstance(authority, instanceCaller(caller).credential);
      return { credential: credential.token, expiresAt: credential.expiresAt };
    },
  });
  add({
    method: "post",
    path: "/v1/agents/{id}/join",
    summary: "A secret that enrols one process of an agent, once, within five minutes",
    access: "operator",
    status: 201,
    answers: z.object({ token: z.string(), ...held }),
    run: ({ caller, id }) => issueJoinToken(authority, { agent: id, by: person(caller) }),
  });
}
