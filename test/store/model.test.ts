import { join } from "node:path";
import fc from "fast-check";
import { expect, it } from "vitest";
import { answer } from "../../src/domain/approval.ts";
import { revoke, spend } from "../../src/domain/grant.ts";
import { end } from "../../src/domain/task.ts";
import type { Page, Store, WriteTx } from "../../src/ports/store.ts";
import { aCall, aGrant, anApproval, anEntry, aPin, aTask, id } from "../../src/store/conformance/values.ts";
import { createMemoryStore } from "../../src/store/memory/memory-store.ts";
import { openPostgresStore } from "../../src/store/sql/postgres.ts";
import { openSqliteStore } from "../../src/store/sql/sqlite.ts";
import { newFolder, quiet } from "./folder.ts";
import { realPostgres } from "./real-postgres.ts";

type Step = (tx: WriteTx) => Promise<unknown>;
interface Write {
  readonly steps: readonly { readonly name: string; readonly run: Step }[];
  readonly throws: boolean;
}

// Few names, so that steps meet; odd ones, so that they are told apart.
const name = fc.constantFrom("1", "2", "a", "A", "\u00e9", "e\u0301", "__proto__", "\u{1f511}");
const time = fc.integer({ min: 0, max: 10 });
const limit = fc.integer({ min: 1, max: 3 });
const state = fc.constantFrom("admitted", "completed", "outcome_unknown");

function step<A extends unknown[]>(
  label: string,
  args: { [K in keyof A]: fc.Arbitrary<A[K]> },
  run: (tx: WriteTx, ...args: A) => Promise<unknown>,
) {
  return fc.tuple(...args).map((given) => ({
    name: `${label}(${JSON.stringify(given)})`,
    run: (tx: WriteTx) => run(tx, ...(given as unknown as A)),
  }));
}

async function pages<T>(list: (after: string | null) => Promise<Page<T>>): Promise<T[]> {
  const items: T[] = [];
  let after: string | null = null;
  do {
    const page: Page<T> = await list(after);
    items.push(...page.items);
    after = page.next;
  } while (after !== null);
  return items;
}

const anyStep = fc.oneof(
  step("put task", [name, fc.option(name), time], (tx, one, parent, at) =>
    tx.putTask(aTask(one, { parent: parent === null ? null : id(parent), openedAt: at })),
  ),
  step("end task", [name, time], async (tx, one, at) => {
    const task = await tx.task(id(one));
    if (task !== null) await tx.putTask(end(task, at, "dana", "done"));
    return task?.version;
  }),
  step("put grant", [name, name, limit], (tx, one, task, uses) => tx.putGrant(aGrant(one, { task: id(task), uses }))),
  step("spend grant", [name], async (tx, one) => {
    const grant = await tx.grant(id(one));
    const next = grant === null ? null : spend(grant, 5_000);
    if (next !== null) await tx.putGrant(next);
    return next;
  }),
  step("revoke grant", [name], async (tx, one) => {
    const grant = await tx.grant(id(one));
    if (grant !== null) await tx.putGrant(revoke(grant));
  }),
  step("put call", [name, name, fc.option(name), state], (tx, one, session, clientKey, now) =>
    tx.putCall(aCall(one, { session: id(session), clientKey, state: now })),
  ),
  step("put approval", [name, name, name], (tx, one, task, digest) =>
    tx.putApproval(anApproval(one, { task: id(task), digest: id(digest) })),
  ),
  step("answer", [name, fc.constantFrom("allow", "deny")], async (tx, one, verdict) => {
    const approval = await tx.approval(id(one));
    if (approval === null) return null;
    const given = answer(
      approval,
      { person: id("dana"), roles: ["approver"], verdict, at: 1_500, note: "" },
      { selfConfirm: true, fourEyes: false },
    );
    if (given.kind === "answered") await tx.putApproval(given.approval);
    return given;
  }),
  step("put pin", [name, name], (tx, server, tool) => tx.putPin(aPin(tool, { server: id(server) }))),
  step("put policies", [name], (tx, version) =>
    tx.putPolicies({ version, files: [], appliedBy: "dana", appliedAt: 1 }),
  ),
  step("put key", [name, name], (tx, hash, person) => tx.putPersonKey(id(hash), id(person), 1)),
  step("drop keys", [name], (tx, person) => tx.dropPersonKeys(id(person))),
  step("revoke", [name], (tx, one) => tx.revoke({ kind: "task", id: one })),
  step("publish", [name], (tx, one) => tx.publish("task", one)),
  step("spend", [name, name, time], (tx, issuer, one, expires) => tx.spend(issuer, one, expires)),
  step("sweep", [time], (tx, now) => tx.sweepSpent(now)),
  step("append", [name, name, fc.constantFrom("admission", "outcome"), fc.jsonValue()], (tx, call, task, kind, value) =>
    tx.append(anEntry({ kind, call: id(call), task: id(task), body: { value: value as never } })),
  ),
  step("refused id", [name], (tx, one) => tx.putTask(aTask(`${one}\ud800`))),
  step("look up", [name, name], async (tx, one, other) => [
    await tx.task(id(one)),
    await tx.call(id(one)),
    await tx.callByClientKey(id(one), other),
    await tx.approvalFor(id(one), id(other)),
    await tx.openApprovals(id(one)),
    await tx.childTasks(id(one)),
    await tx.grants(id(one)),
    await tx.pins(id(one)),
    await tx.activePolicies(),
    await tx.personByKey(id(one)),
    await tx.revokedAt([
      { kind: "task", id: one },
      { kind: "task", id: other },
    ]),
    await tx.sequence(),
  ]),
  step("list", [limit, fc.boolean(), state], async (tx, size, only, inState) => [
    await pages((after) => tx.tasks({ after, limit: size, active: only })),
    await pages((after) => tx.approvals({ after, limit: size, open: only })),
    await pages((after) => tx.callsIn(inState, { after, limit: size })),
  ]),
  step("ledger", [time, limit, name], async (tx, after, size, one) => [
    await tx.ledger({ after, limit: size }),
    await tx.ledger({ after, limit: size, kind: "outcome" }),
    await tx.ledger({ after, limit: size, task: id(one), kind: "outcome" }),
    await tx.ledgerTail(size),
    await tx.ledgerOfCall(id(one)),
    await tx.ledgerHead(),
  ]),
);
const write: fc.Arbitrary<Write> = fc.record({
  steps: fc.array(anyStep, { maxLength: 6 }),
  throws: fc.oneof({ weight: 3, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
});

/** Every answer and every event, in order; writes of one burst are under way together. */
async function play(store: Store, bursts: readonly (readonly Write[])[]): Promise<unknown[]> {
  const heard: unknown[] = [];
  store.subscribe((event) => heard.push(event));
  const answers: unknown[] = [];
  for (const burst of bursts) {
    const seen = burst.map(({ steps, throws }) => {
      const own: unknown[] = [];
      const body = async (tx: WriteTx) => {
        own.length = 0;
        for (const one of steps) own.push([one.name, await settle(one.run(tx))]);
        if (throws) throw new Error("on purpose");
      };
      return settle(store.write(body)).then((end) => [own, end]);
    });
    answers.push(await Promise.all(seen));
  }
  await store.close();
  return JSON.parse(JSON.stringify([answers, heard])) as unknown[];
}

async function settle(work: Promise<unknown>): Promise<unknown> {
  try {
    return (await work) ?? null;
  } catch (error) {
    return { refused: (error as { code?: string }).code ?? String(error) };
  }
}

const RUNS = Number(process.env["WRIT_MODEL_RUNS"] ?? 100);
const server = realPostgres();

async function answersAlike(runs: number, open: (run: number) => Promise<Store>): Promise<void> {
  let run = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(write, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 6 }),
      async (bursts) => {
        expect(await play(await open(run++), bursts)).toEqual(await play(createMemoryStore(), bursts));
      },
    ),
    { numRuns: runs },
  );
}

it("the SQLite store gives the answers of the memory store, whatever is written together", async () => {
  const folder = await newFolder();
  await answersAlike(RUNS, (run) => openSqliteStore({ file: join(folder, `${run}.db`), log: quiet }));
}, 120_000);

it("the PostgreSQL store gives the answers of the memory store, whatever is written together", async () => {
  await answersAlike(Math.ceil(RUNS / 4), async () => openPostgresStore({ url: await server.database(), log: quiet }));
}, 120_000);
