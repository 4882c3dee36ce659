import { type Kysely, sql } from "kysely";
import type { Tables } from "./schema.ts";
import { statement } from "./statement.ts";

type Valued = { id: string; body: string };
type LedgerRow = Tables["ledger"];

/** Every query that writes, compiled once for the dialect of `db`. */
export function compileWriting(db: Kysely<Tables>) {
  return {
    /** Tasks and grants change with each call, and hardly ever in what they are looked up by: an update that leaves
     *  their indexes alone writes half the pages. It touches no row when there is more to change. */
    replaceTask: statement<Valued & { parent: string | null; active: number }>()((slot) =>
      db
        .updateTable("tasks")
        .set({ body: slot("body") })
        .where("id", "=", slot("id"))
        .where("parent", "is not distinct from", slot("parent"))
        .where("active", "=", slot("active")),
    ),
    putTask: statement<Valued & { parent: string | null; active: number }>()((slot) =>
      db
        .insertInto("tasks")
        .values({ id: slot("id"), parent: slot("parent"), active: slot("active"), body: slot("body") })
        .onConflict((on) =>
          on.column("id").doUpdateSet((eb) => ({
            parent: eb.ref("excluded.parent"),
            active: eb.ref("excluded.active"),
            body: eb.ref("excluded.body"),
          })),
        ),
    ),
    putSession: statement<Valued>()((slot) =>
      db
        .insertInto("sessions")
        .values({ id: slot("id"), body: slot("body") })
        .onConflict((on) => on.column("id").doUpdateSet((eb) => ({ body: eb.ref("excluded.body") }))),
    ),
    putInstance: statement<Valued & { agent: string }>()((slot) =>
      db
        .insertInto("instances")
        .values({ id: slot("id"), agent: slot("agent"), body: slot("body") })
        .onConflict((on) =>
          on.column("id").doUpdateSet((eb) => ({ agent: eb.ref("excluded.agent"), body: eb.ref("excluded.body") })),
        ),
    ),
    replaceGrant: statement<Valued & { task: string }>()((slot) =>
      db
        .updateTable("grants")
        .set({ body: slot("body") })
        .where("id", "=", slot("id"))
        .where("task", "=", slot("task")),
    ),
    putGrant: statement<Valued & { task: string }>()((slot) =>
      db
        .insertInto("grants")
        .values({ id: slot("id"), task: slot("task"), body: slot("body") })
        .onConflict((on) =>
          on.column("id").doUpdateSet((eb) => ({ task: eb.ref("excluded.task"), body: eb.ref("excluded.body") })),
        ),
    ),
    putApproval: statement<Valued & { task: string; digest: string; state: string }>()((slot) =>
      db
        .insertInto("approvals")
        .values({
          id: slot("id"),
          task: slot("task"),
          digest: slot("digest"),
          state: slot("state"),
          body: slot("body"),
        })
        .onConflict((on) =>
          on.column("id").doUpdateSet((eb) => ({
            task: eb.ref("excluded.task"),
            digest: eb.ref("excluded.digest"),
            state: eb.ref("excluded.state"),
            body: eb.ref("excluded.body"),
          })),
        ),
    ),
    /** A call ends under the keys that it began with: their indexes stay as they are. */
    replaceCall: statement<Valued & { session: string; clientKey: string | null; state: string }>()((slot) =>
      db
        .updateTable("calls")
        .set({ state: slot("state"), body: slot("body") })
        .where("id", "=", slot("id"))
        .where("session", "=", slot("session"))
        .where("client_key", "is not distinct from", slot("clientKey")),
    ),
    putCall: statement<Valued & { session: string; clientKey: string | null; state: string }>()((slot) =>
      db
        .insertInto("calls")
        .values({
          id: slot("id"),
          session: slot("session"),
          client_key: slot("clientKey"),
          state: slot("state"),
          body: slot("body"),
        })
        .onConflict((on) =>
          on.column("id").doUpdateSet((eb) => ({
            session: eb.ref("excluded.session"),
            client_key: eb.ref("excluded.client_key"),
            state: eb.ref("excluded.state"),
            body: eb.ref("excluded.body"),
          })),
        ),
    ),
    putPin: statement<{ server: string; tool: string; body: string }>()((slot) =>
      db
        .insertInto("pins")
        .values({ server: slot("server"), tool: slot("tool"), body: slot("body") })
        .onConflict((on) => on.columns(["server", "tool"]).doUpdateSet((eb) => ({ body: eb.ref("excluded.body") }))),
    ),
    putPolicies: statement<{ body: string }>()((slot) => db.insertInto("policies").values({ body: slot("body") })),
    putPersonKey: statement<{ hash: string; person: string; at: number }>()((slot) =>
      db
        .insertInto("person_keys")
        .values({ hash: slot("hash"), person: slot("person"), at: slot("at") })
        .onConflict((on) =>
          on.column("hash").doUpdateSet((eb) => ({ person: eb.ref("excluded.person"), at: eb.ref("excluded.at") })),
        ),
    ),
    dropPersonKeys: statement<{ person: string }>()((slot) =>
      db.deleteFrom("person_keys").where("person", "=", slot("person")),
    ),
    putDocument: statement<{ kind: string; id: string; expiresAt: number | null; body: string }>()((slot) =>
      db
        .insertInto("documents")
        .values({ kind: slot("kind"), id: slot("id"), expires_at: slot("expiresAt"), body: slot("body") })
        .onConflict((on) =>
          on.columns(["kind", "id"]).doUpdateSet((eb) => ({
            expires_at: eb.ref("excluded.expires_at"),
            body: eb.ref("excluded.body"),
          })),
        ),
    ),
    dropDocument: statement<{ kind: string; id: string }>()((slot) =>
      db.deleteFrom("documents").where("kind", "=", slot("kind")).where("id", "=", slot("id")),
    ),
    sweepDocuments: statement<{ now: number }>()((slot) =>
      db.deleteFrom("documents").where("expires_at", "<", slot("now")),
    ),
    nextSequence: statement<Readonly<Record<string, never>>>()(() =>
      db
        .insertInto("counters")
        .values({ name: "sequence", value: 1 })
        .onConflict((on) => on.column("name").doUpdateSet({ value: sql`counters.value + 1` }))
        .returning("value"),
    ),
    putEvent: statement<{ sequence: number; kind: string; id: string }>()((slot) =>
      db.insertInto("events").values({ sequence: slot("sequence"), kind: slot("kind"), id: slot("id") }),
    ),
    sweepEvents: statement<{ upTo: number }>()((slot) => db.deleteFrom("events").where("sequence", "<=", slot("upTo"))),
    raiseWatermark: statement<{ subject: string; sequence: number }>()((slot) =>
      db
        .insertInto("watermarks")
        .values({ subject: slot("subject"), sequence: slot("sequence") })
        .onConflict((on) => on.column("subject").doUpdateSet((eb) => ({ sequence: eb.ref("excluded.sequence") }))),
    ),
    spend: statement<{ issuer: string; id: string; expiresAt: number }>()((slot) =>
      db
        .insertInto("spent")
        .values({ issuer: slot("issuer"), id: slot("id"), expires_at: slot("expiresAt") })
        .onConflict((on) => on.columns(["issuer", "id"]).doNothing()),
    ),
    sweepSpent: statement<{ now: number }>()((slot) => db.deleteFrom("spent").where("expires_at", "<", slot("now"))),
    append: statement<{ [K in keyof LedgerRow]: LedgerRow[K] }>()((slot) =>
      db.insertInto("ledger").values({
        number: slot("number"),
        previous: slot("previous"),
        hash: slot("hash"),
        kind: slot("kind"),
        at: slot("at"),
        call: slot("call"),
        task: slot("task"),
        body: slot("body"),
      }),
    ),
  };
}
