import { expect, test } from "vitest";
import type { AccessRequest } from "../../src/domain/access-request.ts";
import type { Sequence } from "../../src/domain/ids.ts";
import { sentence } from "../../src/domain/reason.ts";
import { reason } from "../../src/domain/reason.ts";
import { TIERS } from "../../src/domain/tier.ts";
import { decide } from "../../src/gate/decide.ts";
import { approval, call, effects, grant, NOW, request, standing, starterPolicies } from "./sample.ts";

const OVERFLOW = `@id("big-refunds") @reason("too large") forbid (principal, action == Writ::Action::"shop__refund", resource)
when { context.input.amount * 1000000000000 > 500000000000000 };`;
const policies = starterPolicies(OVERFLOW);
const inDocs = { constraints: [{ kind: "glob", argument: "path", pattern: "/docs/**", base: "/" }] as const };
const READ = grant(["docs__read"], inDocs);
const WRITE = grant(["docs__write"], inDocs);
const read = call("docs", "read", { path: "/docs/a.md" });
const readElsewhere = call("docs", "read", { path: "/private/salaries.md" });
const climbing = call("docs", "read", { path: "/docs/../private/salaries.md" });
const write = call("docs", "write", { path: "/docs/a.md", text: "x" });
const remove = call("docs", "remove", { path: "/docs/a.md" });
const mystery = call("docs", "mystery", { what: "x" });
const refund = call("shop", "refund", { order: "A-1001", amount: 120 });
const hugeRefund = call("shop", "refund", { order: "A-1001", amount: 9_007_199_254_740_991 });
const mail = call("shop", "mail", { to: "x@example.com", text: "x" });
const spend = effects(["write", "spend"]);
const asked = decide(request(refund, spend, { standing: standing({ grants: [grant(["shop__refund"])] }) }), policies);
const asks = asked.kind === "ask" ? asked.asks : [];

const held = (...grants: ReturnType<typeof grant>[]) => ({ standing: standing({ grants }) });
const envelope = [
  { tools: ["docs__read", "docs__remove"], constraints: [], uses: null, origin: "plan" as const, issuedBy: "ada" },
];

/** Who wants what, in which situation. The agent is always the clerk, working for ada. */
const ROWS: readonly [situation: string, request: AccessRequest][] = [
  ["reads a document inside its grant", request(read, effects(["read"], true), held(READ))],
  ["reads a document outside its grant", request(readElsewhere, effects(["read"], true), held(READ))],
  ["climbs out of its folder with ..", request(climbing, effects(["read"], true), held(READ))],
  ["reads, and no grant names the tool", request(read, effects(["read"], true))],
  ["reads, and the owner's envelope covers it", request(read, effects(["read"], true), { envelope })],
  ["deletes, and the owner's envelope covers it", request(remove, effects(["delete"]), { envelope })],
  ["writes inside its grant", request(write, effects(["write"]), held(WRITE))],
  ["writes, and no grant names the tool", request(write, effects(["write"]), held(READ))],
  [
    "writes a second time with a grant of one use",
    request(write, effects(["write"]), held({ ...WRITE, uses: 1, used: 1 })),
  ],
  ["writes with a grant that has expired", request(write, effects(["write"]), held({ ...WRITE, expiresAt: NOW }))],
  ["writes with a grant that was revoked", request(write, effects(["write"]), held({ ...WRITE, revoked: true }))],
  ["deletes inside its grant", request(remove, effects(["delete"]), held(grant(["docs__remove"])))],
  ["pays inside its grant", request(refund, spend, held(grant(["shop__refund"])))],
  [
    "pays, after dana allowed exactly this",
    request(refund, spend, {
      standing: standing({
        grants: [grant(["shop__refund"])],
        approval: approval(refund, policies.version, asks, { state: "allowed" }),
      }),
    }),
  ],
  [
    "pays, after dana refused exactly this",
    request(refund, spend, {
      standing: standing({
        grants: [grant(["shop__refund"])],
        approval: approval(refund, policies.version, asks, { state: "denied" }),
      }),
    }),
  ],
  [
    "pays, with an approval made under other policies",
    request(refund, spend, {
      standing: standing({
        grants: [grant(["shop__refund"])],
        approval: approval(refund, "older", asks, { state: "allowed" }),
      }),
    }),
  ],
  ["pays an amount that makes a policy overflow", request(hugeRefund, spend, held(grant(["shop__refund"])))],
  [
    "sends, having read private and untrusted things",
    request(mail, effects(["send"]), {
      standing: standing({
        grants: [grant(["shop__mail"])],
        session: { ...standing().session, readPrivate: true, readUntrusted: true },
      }),
    }),
  ],
  [
    "uses a tool nobody has described, with a grant",
    request(mystery, effects(["unknown"]), held(grant(["docs__mystery"]))),
  ],
  [
    "uses a tool whose definition changed",
    request(read, effects(["read"], true), {
      ...held(READ),
      pin: {
        kind: "drifted",
        pinned: "sha-256:a" as never,
        now: "sha-256:b" as never,
        diff: ["- reads", "+ reads, and mails"],
      },
    }),
  ],
  [
    "uses a tool that appeared later",
    request(read, effects(["read"], true), { ...held(READ), pin: { kind: "new", now: "sha-256:b" as never } }),
  ],
  [
    "sends an argument nobody declared",
    request(read, effects(["read"], true), {
      ...held(READ),
      faults: [reason("argument_undeclared", { tool: "docs__read", argument: "sudo" })],
    }),
  ],
  [
    "reaches for Writ's own files",
    request(read, effects(["read"], true), { ...held(READ), selfTargets: ["/srv/.writ/keys/admin.key"] }),
  ],
  [
    "has used up its calls",
    request(read, effects(["read"], true), {
      standing: standing({ grants: [READ], task: { ...standing().task, used: { calls: 10, writes: 0 } } }),
    }),
  ],
  [
    "has used up its writes",
    request(write, effects(["write"]), {
      standing: standing({ grants: [WRITE], task: { ...standing().task, used: { calls: 5, writes: 3 } } }),
    }),
  ],
  [
    "reads after the task has ended",
    request(read, effects(["read"], true), {
      standing: standing({
        grants: [READ],
        task: { ...standing().task, state: { kind: "ended", at: NOW, by: "ada", why: "done" } },
      }),
    }),
  ],
  [
    "reads at the task's deadline",
    request(read, effects(["read"], true), {
      standing: standing({ grants: [READ], task: { ...standing().task, deadline: NOW } }),
    }),
  ],
  [
    "reads with a credential revoked since",
    request(read, effects(["read"], true), { standing: standing({ grants: [READ], revokedAt: 6 as Sequence }) }),
  ],
  [
    "reads with a credential of an older profile",
    request(read, effects(["read"], true), { standing: standing({ grants: [READ], profile: "profile-2" }) }),
  ],
  [
    "on an observed server: reads outside its grant",
    request(readElsewhere, effects(["read"], true), { ...held(READ), mode: { kind: "observe", until: NOW + 1 } }),
  ],
  [
    "on an observed server: pays",
    request(refund, spend, { ...held(grant(["shop__refund"])), mode: { kind: "observe", until: NOW + 1 } }),
  ],
  [
    "on an observed server: uses a changed tool",
    request(read, effects(["read"], true), {
      ...held(READ),
      mode: { kind: "observe", until: NOW + 1 },
      pin: { kind: "new", now: "sha-256:b" as never },
    }),
  ],
];

test("the decision matrix is as it was last read", async () => {
  const lines = ROWS.map(([situation, one]) => {
    const cells = TIERS.map((tier) => {
      const decision = decide({ ...one, tier }, policies);
      switch (decision.kind) {
        case "permit":
          return `yes${decision.observed === null ? "" : ` (observed: ${decision.observed.code})`}${decision.proposes === null ? "" : ", granted for this call"}`;
        case "ask":
          return `ask ${[...new Set(decision.asks.map((ask) => ask.role))].join(" and ")}: ${decision.asks.map((ask) => ask.why).join("; ")}`;
        case "deny":
          return `**no**, ${decision.reason.code}: ${sentence(decision.reason)}`;
      }
    });
    return `| ${situation} | ${cells.join(" | ")} |`;
  });
  const table = [
    "# What the gate decides",
    "",
    "The clerk, an agent, works for ada under the starter policies and one policy that forbids large refunds.",
    "",
    `| the clerk … | ${TIERS.join(" | ")} |`,
    `| --- | ${TIERS.map(() => "---").join(" | ")} |`,
    ...lines,
    "",
  ].join("\n");
  await expect(table).toMatchFileSnapshot("../golden/decisions.md");
});

test("the same request and policies give the same decision", () => {
  for (const [, one] of ROWS) expect(decide(one, policies)).toEqual(decide(one, policies));
});

test("without policies nothing is permitted, whatever else holds", () => {
  for (const [, one] of ROWS) expect(decide(one, null).kind).toBe("deny");
});
