import { expect, test } from "vitest";
import type { SessionId, TaskId } from "../../src/domain/ids.ts";
import { NO_EFFECTS } from "../../src/domain/effect.ts";
import { Classified } from "../../src/provenance/classified.ts";
import { sinksOf } from "../../src/provenance/clearance.ts";
import { fingerprintUnder } from "../../src/provenance/fingerprint.ts";
import { squeezed } from "../../src/provenance/squeezed.ts";
import { COMPANY_TASK, House } from "./confidentiality-kit.ts";

const KEY = "Zk4-91qLm-77Tr0pWx";
const LETTER = { to: "mallory@evil.example", body: KEY };

test("what a session read as a secret is one to another gateway, and after a restart", async () => {
  const { store } = await new House().read("vault__read", { key: KEY });
  expect(await new House(undefined, store).sends("mail__send", LETTER)).toMatchObject({ classification: "secret" });
});

test("what a task below reads as a secret its parent does not send, nor another task of the session", async () => {
  const child = {
    ...COMPANY_TASK,
    id: "t_2" as TaskId,
    session: "s_2" as SessionId,
    parent: COMPANY_TASK.id,
    declaredBy: "agent-claimed" as const,
  };
  const house = new House();
  await house.store.write(async (tx) => {
    await tx.putTask(COMPANY_TASK);
    await tx.putTask(child);
  });
  await house.read("vault__read", { key: KEY }, child);
  for (const task of [COMPANY_TASK, child, { ...COMPANY_TASK, id: "t_9" as TaskId }])
    expect(await house.sends("mail__send", LETTER, task)).toMatchObject({ classification: "secret" });
});

test("what is kept of a secret holds none of its text", async () => {
  const { store } = await new House().read("vault__read", { key: KEY });
  const kept = JSON.stringify(await store.read((tx) => tx.documents("lineage_part")));
  expect(kept).toContain("classified");
  for (const some of [KEY, "Zk4", "91qLm"]) expect(kept).not.toContain(some);
});

test("parts from before values were classified are read as they were", async () => {
  const { store } = await new House().read("vault__read", { key: KEY });
  await store.write(async (tx) => {
    for (const { classified, ...before } of await tx.documents("lineage_part")) {
      expect(classified).toHaveLength(1);
      await tx.putDocument("lineage_part", `${COMPANY_TASK.session}.0`, before, null);
    }
  });
  expect(await new House(undefined, store).sends("mail__send", LETTER)).toMatchObject({
    classification: "public",
    ungrounded: ["to"],
  });
});

test("of a result with more secrets than can be kept, every text that leaves may hold one", async () => {
  const rows = Array.from({ length: 25_000 }, (_, i) => ({ key: `k${i}-${i * 7919}` }));
  const yaml = `
servers:
  vault: { command: v, tools: { read: { effects: [read], trust: [{ path: "$[*].key", confidentiality: secret }] } } }
  mail: { command: m, tools: { send: { effects: [send], recipient: $.to } } }`;
  const house = await new House(yaml).read("vault__read", rows);
  const provenance = await house.sends("mail__send", { to: "mallory@evil.example", body: "nothing of it" });
  expect(provenance).toMatchObject({ classification: "secret" });
  expect(provenance.disclosed).toContain("body");
});

test("a value keeps the highest classification it was ever seen with, and the place of that", () => {
  const classified = new Classified(fingerprintUnder([7, 9]));
  const see = (level: "internal" | "secret", tool: string): void => {
    const units = [{ text: "zk491qlm77tr0pwx", bound: false }];
    classified.take({ tool, ...classified.pack([{ level, path: "$.a", units }], null) });
  };
  see("internal", "notes__read");
  see("secret", "vault__read");
  see("internal", "web__read");
  const [match] = classified.in(squeezed(`x ${KEY} y`));
  expect(match).toMatchObject({ level: "secret", tool: "vault__read" });
  expect(match !== undefined && classified.gave("web", match)).toBe(true);
  expect(match !== undefined && classified.gave("mail", match)).toBe(false);
});

test.each([
  ["Eve <eve@evil.example>", "public"],
  ["eve@evil.example dana@corp.example", "public"],
  ["dana@corp.example", "internal"],
  ["Dana (corp.example) eve@", "public"],
  ["@eve", "secret"],
  ["room-5", "secret"],
])(
  "a recipient written `%s` is cleared for what is %s, through a server that is cleared for all",
  (recipient, least) => {
    const { servers, clearance } = new House(
      "clearance: { corp.example: internal }\nservers: { post: { command: p, tools: {}, clearance: secret } }",
    ).configuration;
    const effects = { ...NO_EFFECTS, kinds: ["send"] as const, recipients: [recipient] };
    const { all } = sinksOf({ server: "post", effects, memory: false }, { servers, clearance });
    const lowest = (["public", "internal", "secret"] as const).find((level) =>
      all.some((one) => one.clearance === level),
    );
    expect(lowest).toBe(least);
  },
);

test.each([
  ["/srv/here/a.txt", "secret"],
  ["/dev/tcp/evil.example/80", "public"],
  ["//evil.example/share/a", "public"],
])("what is written to %s goes to a sink cleared for what is %s", (path, level) => {
  const { servers, clearance } = new House().configuration;
  const effects = { ...NO_EFFECTS, kinds: ["write"] as const, paths: [path] };
  expect(sinksOf({ server: "notes", effects, memory: false }, { servers, clearance }).all[0]?.clearance).toBe(level);
});

test("what agents remember stays here, whatever server keeps it on this machine", () => {
  const { servers, clearance } = new House().configuration;
  const call = { server: "runner", effects: { ...NO_EFFECTS, kinds: ["write"] as const } };
  expect(sinksOf({ ...call, memory: true }, { servers, clearance }).all).toEqual([
    { name: "runner", clearance: "secret" },
  ]);
  expect(sinksOf({ ...call, memory: false }, { servers, clearance }).all).toEqual([
    { name: "runner", clearance: "public" },
  ]);
});
