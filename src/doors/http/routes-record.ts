import { z } from "@hono/zod-openapi";
import { answerApproval } from "../../authority/tasks/answer-approval.ts";
import { refusal } from "../../authority/refusals.ts";
import { rolesWanted } from "../../domain/approval.ts";
import { seesContent } from "../../domain/person.ts";
import type { ApprovalId, CallId, TaskId } from "../../domain/ids.ts";
import { RECORD_KINDS } from "../../domain/record.ts";
import { approvalView } from "./approval-view.ts";
import { callView, holdsText, lines, withoutContent, withoutText } from "./call-view.ts";
import type { HttpDoorParts } from "./parts.ts";
import { type AddRoute, pageOf, pageQuery, shape } from "./route.ts";
import { person, who } from "./routes-tasks.ts";

/** How far back the newest calls are looked for in the ledger. */
const TAIL = 1_000;

/** Questions to people, calls, and the ledger they stand in. */
export function addRecordRoutes(add: AddRoute, parts: HttpDoorParts): void {
  const { authority } = parts;
  const { store, clock } = authority;

  add({
    method: "get",
    path: "/v1/approvals",
    summary: "Questions to people, newest first",
    access: "viewer",
    query: pageQuery.extend({ open: z.enum(["true", "false"]).optional() }),
    answers: pageOf("Approval"),
    async run({ caller, query }) {
      const open = query.open === "true";
      const page = await store.read((tx) =>
        tx.approvals({ after: query.after ?? null, limit: query.limit, ...(open ? { open } : {}) }),
      );
      const items = page.items.map((one) => approvalView(one, who(caller), clock.now()));
      return { items: open ? items.filter((one) => one.state === "pending") : items, next: page.next };
    },
  });
  add({
    method: "get",
    path: "/v1/approvals/{id}",
    summary: "One question, with the exact call it is about",
    access: "viewer",
    answers: shape("Approval"),
    async run({ caller, id }) {
      const approval = await store.read((tx) => tx.approval(id as ApprovalId));
      if (approval === null)
        throw refusal(
          "approval_unknown",
          404,
          { approval: id },
          `there is no question \`${id}\``,
          "`writ approve list` shows the open ones",
        );
      return approvalView(approval, who(caller), clock.now());
    },
  });
  add({
    method: "post",
    path: "/v1/approvals/{id}/answer",
    summary: "Answer a question: one refusal closes it, an allowed call still has to come",
    access: "viewer",
    body: z.strictObject({ verdict: z.enum(["allow", "deny"]), note: z.string().max(500).default("") }),
    answers: z.object({ approval: shape("Approval"), grant: shape("Grant").nullable() }),
    async run({ caller, id, body }) {
      return answerApproval(authority, {
        approval: id as ApprovalId,
        person: who(caller),
        verdict: body.verdict,
        note: body.note,
      });
    },
  });
  add({
    method: "get",
    path: "/v1/calls",
    summary: "The newest calls, with verdict and reason",
    access: "viewer",
    query: z.object({ limit: z.coerce.number().int().min(1).max(200).default(50) }),
    answers: z.object({ items: z.array(shape("CallLine")) }),
    run: async ({ query }) => ({ items: lines(await store.read((tx) => tx.ledgerTail(TAIL))).slice(0, query.limit) }),
  });
  add({
    method: "get",
    path: "/v1/calls/{id}",
    summary: "Everything the record knows of one call",
    access: "viewer",
    answers: shape("Call"),
    async run({ caller, id }) {
      const found = await store.read((tx) => callView(tx, id as CallId));
      if (found === null)
        throw refusal(
          "call_unknown",
          404,
          { call: id },
          `the record holds no call \`${id}\``,
          "`writ audit tail` shows the newest ones",
        );
      const approval = found.approval === null ? null : approvalView(found.approval, who(caller), clock.now());
      const asked = found.approval === null ? [] : rolesWanted(found.approval);
      if (!seesContent(who(caller), asked)) return withoutContent({ ...found, approval });
      if (holdsText(found.records)) {
        await store.write((tx) =>
          tx.append({
            kind: "reading",
            at: clock.now(),
            call: null,
            task: found.task as TaskId | null,
            body: { call: id, person: person(caller) },
          }),
        );
      }
      return found;
    },
  });
  add({
    method: "get",
    path: "/v1/ledger",
    summary: "Ledger entries in order, or the newest ones; kept text is left out",
    access: "viewer",
    query: z.object({
      after: z.coerce.number().int().min(0).optional(),
      limit: z.coerce.number().int().min(1).max(1_000).default(50),
      kind: z.enum(RECORD_KINDS).optional(),
      task: z.string().max(256).optional(),
    }),
    answers: z.object({ items: z.array(shape("LedgerRecord")) }),
    async run({ query }) {
      const { after, limit, kind, task } = query;
      const whole = after === undefined && kind === undefined && task === undefined;
      const items = await store.read((tx) =>
        whole
          ? tx.ledgerTail(limit)
          : tx.ledger({
              after: after ?? 0,
              limit,
              ...(kind === undefined ? {} : { kind }),
              ...(task === undefined ? {} : { task: task as TaskId }),
            }),
      );
      return { items: items.map(withoutText) };
    },
  });
  add({
    method: "get",
    path: "/v1/ledger/verify",
    summary: "Walk the whole ledger and say whether it is intact",
    access: "viewer",
    answers: shape("Verification"),
    run: () => parts.verifyLedger(),
  });
}
