import { expect, test } from "vitest";
import type { Grant, GrantDraft } from "../../src/domain/grant.ts";
import { decide } from "../../src/gate/decide.ts";
import { call, effects, grant, request, standing, starterPolicies } from "../gate/sample.ts";

const policies = starterPolicies();
const READ: GrantDraft = {
  tools: ["docs__read"],
  constraints: [{ kind: "glob", argument: "path", pattern: "/srv/docs/**", base: "/" }],
  uses: 2,
  origin: "just-in-time",
  issuedBy: "writ.yaml",
};

function ask(grants: readonly Grant[], envelope: readonly GrantDraft[] = [READ], path = "/srv/docs/a") {
  return decide(
    request(call("docs", "read", { path }), effects(["read"], true), {
      tier: "optimized",
      envelope,
      standing: standing({ grants }),
    }),
    policies,
  );
}

function issued(i: number, more: Partial<Grant> = {}): Grant {
  return grant(["docs__read"], {
    id: `g_${i}` as Grant["id"],
    constraints: READ.constraints,
    uses: 1,
    used: 1,
    origin: "just-in-time",
    ...more,
  });
}

test("a grant issued just in time and used up does not stand in the way of the next one", () => {
  expect(ask([issued(1)])).toMatchObject({ kind: "permit", proposes: { uses: 1 } });
});

test("an envelope of two uses is no envelope of endless uses, one at a time", () => {
  expect(ask([])).toMatchObject({ kind: "permit" });
  expect(ask([issued(1), issued(2)])).toMatchObject({ kind: "deny", reason: { code: "no_grant" } });
  expect(ask([issued(1), issued(2, { used: 0 })])).toMatchObject({ kind: "permit", grant: { id: "g_2" } });
});

test("what an operator took back is not issued anew just in time", () => {
  expect(ask([issued(1, { revoked: true, used: 0 })])).toMatchObject({ kind: "permit", proposes: { uses: 1 } });
  expect(ask([issued(1, { revoked: true, used: 0 }), issued(2, { revoked: true, used: 0 })])).toMatchObject({
    kind: "deny",
  });
});

test("the envelope's own limits hold for what is issued from it", () => {
  expect(ask([], [READ], "/etc/passwd")).toMatchObject({ kind: "deny", reason: { code: "no_grant" } });
  expect(ask([], [READ], "/srv/docs/../../etc/passwd")).toMatchObject({ kind: "deny" });
});

test("a task whose own grant for a tool is spent gets no more of it from the envelope", () => {
  const own = grant(["docs__read"], { uses: 1, used: 1 });
  expect(ask([own])).toMatchObject({ kind: "deny", reason: { code: "outside_grant" } });
});

test.each(["administer", "delegate", "unknown", "send", "spend"] as const)(
  "nothing that does %s and cannot be undone is ever issued just in time",
  (kind) => {
    const decision = decide(
      request(call("docs", "read", { path: "/srv/docs/a" }), effects([kind]), {
        tier: "optimized",
        envelope: [READ],
      }),
      starterPolicies(
        `@id("all") permit (principal, action, resource);
         @id("x") permit (principal, action, resource) when { context.effects.kinds.contains("${kind}") };`,
      ),
    );
    expect(decision.kind === "permit" && decision.proposes !== null).toBe(false);
  },
);

test("an agent that opens a task of its own gets no changes issued in it just in time", () => {
  const draft: GrantDraft = { ...READ, tools: ["docs__write"], uses: null };
  const write = call("docs", "write", { path: "/srv/docs/a", text: "x" });
  const inTask = (more: object) => {
    const usual = standing();
    return decide(
      request(write, effects(["write"], true), {
        tier: "optimized",
        envelope: [draft],
        standing: { ...usual, task: { ...usual.task, ...more } },
      }),
      policies,
    );
  };
  expect(inTask({})).toMatchObject({ kind: "permit" });
  expect(inTask({ parent: "t_0", declaredBy: "none" })).toMatchObject({ kind: "deny", reason: { code: "no_grant" } });
  expect(inTask({ declaredBy: "agent-claimed" })).toMatchObject({ kind: "deny", reason: { code: "no_grant" } });
});
