import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { EffectKind } from "../../src/domain/effect.ts";
import { reachesTo, type TargetRole } from "../../src/domain/endorsement.ts";
import { seatedIn } from "../../src/provenance/endorsed.ts";
import { narrowed } from "../../src/provenance/narrowed.ts";
import { actsAskedFor } from "../../src/provenance/plan.ts";
import { compileWords } from "../../src/provenance/words.ts";
import { Told, TOOLS, tool } from "./kit.ts";

const seat = (name: string, value: string, role = "identity", toolName = "drop", server = "office"): string =>
  seatedIn({ role: role as TargetRole, name, value }, { server, tool: toolName });

test("event 13 is not file 13, and neither is that of another server", () => {
  expect(seat("file_id", "13")).toBe(seat("fileId", "13"));
  expect(seat("file_id", "13")).not.toBe(seat("event_id", "13"));
  expect(seat("file_id", "13")).not.toBe(seat("file_id", "13", "identity", "drop", "other"));
});

test("a bare `id` is one of what its tool is about", () => {
  expect(seat("id", "13", "identity", "delete_event")).toBe(seat("id", "13", "identity", "update_event"));
  expect(seat("id", "13", "identity", "delete_event")).not.toBe(seat("id", "13", "identity", "delete_file"));
});

test("an account is the same payee at every server, and is nothing but a payee", () => {
  const account = "GB33BUKB20201555555555";
  expect(seat("payee", account, "recipient")).toBe(seat("to", account, "recipient", "wire", "other"));
  expect(seat("payee", account, "recipient")).not.toBe(seat("payee", account, "identity"));
});

const KINDS: readonly EffectKind[] = ["read", "write", "delete", "execute", "send", "spend", "administer", "delegate"];

test("a yes to one effect stands for no other that goes as far (property)", () => {
  const some = fc.uniqueArray(fc.constantFrom(...KINDS), { minLength: 1 });
  fc.assert(
    fc.property(some, some, fc.constantFrom(1, 2), fc.constantFrom(1, 2), (held, asked, at, rank) => {
      const stands = reachesTo({ rank: at, kinds: held }, rank, asked);
      const same = asked.every((kind) => kind === "read" || held.includes(kind));
      expect(stands).toBe(rank < at || (rank === at && same));
    }),
  );
  expect(reachesTo({ rank: 2, kinds: ["unknown"] }, 2, ["unknown"])).toBe(false);
});

test("what the owner's words authorised for one file is not authorised for an event of the same number", () => {
  const dropEvent = tool("delete_event", { event_id: { type: "string" } });
  const told = new Told("Delete the budget files and cancel the old events").read(
    TOOLS.read,
    "somebody wrote 13 here",
    true,
    true,
  );
  told.did(TOOLS.drop, { file_id: "13" });
  expect(told.asks(TOOLS.drop, { file_id: "13" }).tainted).toEqual([]);
  expect(told.asks(dropEvent, { event_id: "13" }).tainted).toEqual(["event_id"]);
});

test("the policies that a yes is remembered of are those of the starter policies", () => {
  const text = readFileSync(new URL("../../src/provenance/endorsable.ts", import.meta.url), "utf8");
  const ids = [...text.matchAll(/\["([a-z-]+-arguments)"/g)].map(([, id]) => id ?? "");
  const policies = readFileSync(new URL("../../policies/provenance.cedar", import.meta.url), "utf8");
  expect(ids).toHaveLength(3);
  for (const id of ids) expect(policies).toContain(`@id("${id}")`);
});

test("narrowed words never give more than they gave (property)", () => {
  const texts = ["Pay 5 to ida@example.org and email all of it to 'Bo'", "I need a table", "Delete the old files"];
  const values = ["ida@example.org", "Bo", "5", "eve@example.net", "www.x.example/a"];
  const acts = ["send", "pay", "book", "create", "update", "delete", "admit", "run", "enter"] as const;
  const narrowing = fc.record({
    without: fc.uniqueArray(fc.constantFrom(...acts)),
    not: fc.uniqueArray(fc.constantFrom(...values)),
    once: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.constantFrom(...texts), narrowing, (text, by) => {
      const before = compileWords(text);
      const after = narrowed(before, by);
      for (const act of actsAskedFor(after)) expect(actsAskedFor(before)).toContain(act);
      for (const act of by.without) expect(actsAskedFor(after)).not.toContain(act);
      for (const value of values) if (after.names(value)) expect(before.names(value)).toBe(true);
      for (const value of by.not) expect(after.names(value)).toBe(false);
    }),
  );
});
