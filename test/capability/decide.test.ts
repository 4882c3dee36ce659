import { expect, test } from "vitest";
import type { AccessRequest } from "../../src/domain/access-request.ts";
import { type Level, PLAIN } from "../../src/domain/capability.ts";
import type { GrantDraft } from "../../src/domain/grant.ts";
import { TIERS } from "../../src/domain/tier.ts";
import { couldBe, decide } from "../../src/gate/decide.ts";
import { call, effects, grant, request, standing, starterPolicies } from "../gate/sample.ts";

const policies = starterPolicies();
const write = call("docs", "write", { path: "/docs/a.md", text: "x" });
const remove = call("docs", "remove", { path: "/docs/a.md" });
const WRITES = { ...effects(["write"], true), paths: ["/docs/a.md"] };
const DELETES = { ...effects(["delete"]), paths: ["/docs/a.md"] };
const ENVELOPE: GrantDraft = {
  tools: ["docs__write", "docs__remove"],
  constraints: [],
  uses: null,
  origin: "just-in-time",
  issuedBy: "writ.yaml",
};

function at(level: Level, theCall: typeof write, what: typeof WRITES, more: Partial<AccessRequest> = {}, held = true) {
  const tier = more.tier ?? "foundation";
  const levels = { ...PLAIN[tier], of: { "files.write": level, "files.delete": level } };
  const grants = held ? [grant(["docs__write", "docs__remove"])] : [];
  const decision = decide(request(theCall, what, { standing: standing({ grants, levels }), ...more }), policies);
  return decision.kind === "deny"
    ? decision.reason.code
    : decision.kind === "ask"
      ? decision.asks.map(({ policy }) => policy).join("+")
      : decision.proposes === null
        ? "yes"
        : "granted";
}
const each = (levels: readonly Level[], how: (level: Level) => string): readonly string[] => levels.map(how);
const ALL: readonly Level[] = [0, 1, 2, 3, 4];

test("inside a grant: denied at nothing, asked when supervised, alone from then on, at every tier", () => {
  for (const tier of TIERS)
    expect(each(ALL, (level) => at(level, write, WRITES, { tier }))).toEqual([
      "capability_missing",
      "supervised-is-asked",
      "yes",
      "yes",
      "yes",
    ]);
});

test("what the owner foresaw is granted just in time to who is trusted, and asked about of the others", () => {
  const foreseen = { tier: "optimized", envelope: [ENVELOPE] } as const;
  expect(each(ALL, (level) => at(level, write, WRITES, foreseen, false))).toEqual([
    "capability_missing",
    "supervised-is-asked+capability:trusted",
    "capability:trusted",
    "granted",
    "granted",
  ]);
  expect(at(4, write, WRITES, { tier: "advanced", envelope: [ENVELOPE] }, false)).toBe("no_grant");
});

test("what cannot be undone is asked about until an agent is autonomous, and then left to its grants at Optimized alone", () => {
  expect(each([2, 3, 4], (level) => at(level, remove, DELETES, { tier: "optimized" }))).toEqual([
    "deletes-are-asked",
    "deletes-are-asked",
    "yes",
  ]);
  expect(at(4, remove, DELETES)).toBe("deletes-are-asked");
  expect(at(4, remove, DELETES, { tier: "optimized", envelope: [ENVELOPE] }, false)).toBe("tier:optimized");
});

test("nothing that is only observed lets a call through that the agent has not earned at all", () => {
  expect(at(0, write, WRITES, { mode: { kind: "observe", until: Number.MAX_SAFE_INTEGER } })).toBe(
    "capability_missing",
  );
});

test("a new tool is held at nothing though what it does is trusted", () => {
  const levels = { ...PLAIN.foundation, tools: { docs__write: 0 as const } };
  const held = standing({ grants: [grant(["docs__write"])], levels });
  const decision = decide(request(write, WRITES, { standing: held }), policies);
  expect(decision.kind === "deny" && decision.reason.code).toBe("capability_missing");
  // A listing is asked before there are arguments, and what the call will take hangs on them.
  expect(couldBe(decision)).toBe(true);
});
