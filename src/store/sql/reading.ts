import { type Kysely, sql } from "kysely";
import type { Tables } from "./schema.ts";
import { type Statement, statement } from "./statement.ts";

interface Body {
  body: string;
}
type ById = { id: string };
type Page = { after: number; limit: number };
type Nothing = Readonly<Record<string, never>>;
type Valued = "tasks" | "sessions" | "instances" | "grants" | "approvals" | "calls";

/** Written into the query: SQLite plans anew each time that a limit is bound. */
const ONE = sql.lit(1);

/** Every query that reads, compiled once for the dialect of `db`. */
export function compileReading(db: Kysely<Tables>) {
  const bodyOf = (table: Valued): Statement<ById, Body> =>
    statement<ById>()((slot) =>
      db
        .selectFrom(table as "sessions")
        .select("body")
        .where("id", "=", slot("id")),
    );
  const newest = (table: "tasks" | "instances" | "approvals"): Statement<Page, Body & { position: number }> =>
    statement<Page>()((slot) =>
      db
        .selectFrom(table as "tasks")
        .select(["position", "body"])
        .where("position", "<", slot("after"))
        .orderBy("position", "desc")
        .limit(slot("limit")),
    );
  const record = ["number", "previous", "hash", "kind", "at", "call", "task", "body"] as const;
  const ledger = db.selectFrom("ledger").select(record);

  return {
    task: bodyOf("tasks"),
    session: bodyOf("sessions"),
    instance: bodyOf("instances"),
    grant: bodyOf("grants"),
    approval: bodyOf("approvals"),
    call: bodyOf("calls"),

    tasks: newest("tasks"),
    activeTasks: statement<Page>()((slot) =>
      db
        .selectFrom("tasks")
        .select(["position", "body"])
        .where("active", "=", 1)
        .where("position", "<", slot("after"))
        .orderBy("position", "desc")
        .limit(slot("limit")),
    ),
    childTasks: statement<{ parent: string }>()((slot) =>
      db.selectFrom("tasks").select("body").where("parent", "=", slot("parent")).orderBy("position"),
    ),
    instances: newest("instances"),
    instancesOf: statement<Page & { agent: string }>()((slot) =>
      db
        .selectFrom("instances")
        .select(["position", "body"])
        .where("agent", "=", slot("agent"))
        .where("position", "<", slot("after"))
        .orderBy("position", "desc")
        .limit(slot("limit")),
    ),
    grants: statement<{ task: string }>()((slot) =>
      db.selectFrom("grants").select("body").where("task", "=", slot("task")).orderBy("position"),
    ),
    approvals: newest("approvals"),
    pendingApprovals: statement<Page>()((slot) =>
      db
        .selectFrom("approvals")
        .select(["position", "body"])
        .where("state", "=", "pending")
        .where("position", "<", slot("after"))
        .orderBy("position", "desc")
        .limit(slot("limit")),
    ),
    approvalFor: statement<{ task: string; digest: string }>()((slot) =>
      db
        .selectFrom("approvals")
        .select("body")
        .where("task", "=", slot("task"))
        .where("digest", "=", slot("digest"))
        .orderBy("position", "desc")
        .limit(ONE),
    ),
    openApprovals: statement<{ task: string }>()((slot) =>
      db
        .selectFrom("approvals")
        .select("body")
        .where("task", "=", slot("task"))
        .where("state", "in", ["pending", "allowed"])
        .orderBy("position"),
    ),
    callByClientKey: statement<{ session: string; clientKey: string }>()((slot) =>
      db
        .selectFrom("calls")
        .select("body")
        .where("session", "=", slot("session"))
        .where("client_key", "=", slot("clientKey")),
    ),
    callsIn: statement<Page & { state: string }>()((slot) =>
      db
        .selectFrom("calls")
        .select(["position", "body"])
        .where("state", "=", slot("state"))
        .where("position", ">", slot("after"))
        .orderBy("position")
        .limit(slot("limit")),
    ),
    pins: statement<{ server: string }>()((slot) =>
      db.selectFrom("pins").select(["tool", "body"]).where("server", "=", slot("server")),
    ),
    activePolicies: statement<Nothing>()(() =>
      db.selectFrom("policies").select("body").orderBy("position", "desc").limit(ONE),
    ),
    personByKey: statement<{ hash: string }>()((slot) =>
      db.selectFrom("person_keys").select("person").where("hash", "=", slot("hash")),
    ),
    sequence: statement<Nothing>()(() => db.selectFrom("counters").select("value").where("name", "=", "sequence")),

    ledger: statement<Page>()((slot) =>
      ledger.where("number", ">", slot("after")).orderBy("number").limit(slot("limit")),
    ),
    ledgerOfKind: statement<Page & { kind: string }>()((slot) =>
      ledger
        .where("kind", "=", slot("kind"))
        .where("number", ">", slot("after"))
        .orderBy("number")
        .limit(slot("limit")),
    ),
    ledgerOfTask: statement<Page & { task: string }>()((slot) =>
      ledger
        .where("task", "=", slot("task"))
        .where("number", ">", slot("after"))
        .orderBy("number")
        .limit(slot("limit")),
    ),
    ledgerOfKindAndTask: statement<Page & { kind: string; task: string }>()((slot) =>
      ledger
        .where("task", "=", slot("task"))
        .where("kind", "=", slot("kind"))
        .where("number", ">", slot("after"))
        .orderBy("number")
        .limit(slot("limit")),
    ),
    /** Only what the next entry needs: this runs with each append, and the other columns cost more than the search. */
    ledgerEnd: statement<Nothing>()(() =>
      db.selectFrom("ledger").select(["number", "hash"]).orderBy("number", "desc").limit(ONE),
    ),
    ledgerHead: statement<Nothing>()(() => ledger.orderBy("number", "desc").limit(ONE)),
    ledgerTail: statement<{ limit: number }>()((slot) => ledger.orderBy("number", "desc").limit(slot("limit"))),
    ledgerOfCall: statement<{ call: string }>()((slot) => ledger.where("call", "=", slot("call")).orderBy("number")),
    document: statement<{ kind: string; id: string }>()((slot) =>
      db.selectFrom("documents").select("body").where("kind", "=", slot("kind")).where("id", "=", slot("id")),
    ),
    documents: statement<{ kind: string }>()((slot) =>
      db.selectFrom("documents").select(["id", "body"]).where("kind", "=", slot("kind")),
    ),
    events: statement<Page>()((slot) =>
      db
        .selectFrom("events")
        .select(["sequence", "kind", "id"])
        .where("sequence", ">", slot("after"))
        .orderBy("sequence")
        .limit(slot("limit")),
    ),
    revokedAt: compileRevokedAt(db),
  };
}

/** One statement for each number of subjects, made when first asked for. */
function compileRevokedAt(db: Kysely<Tables>) {
  const made = new Map<number, Statement<Readonly<Record<string, string>>, { sequence: number | null }>>();
  return (count: number) => {
    let one = made.get(count);
    if (one === undefined) {
      one = statement<Readonly<Record<string, string>>>()((slot) =>
        db
          .selectFrom("watermarks")
          .select((eb) => eb.fn.max<number | null>("sequence").as("sequence"))
          .where(
            "subject",
            "in",
            Array.from({ length: count }, (_, at) => slot(String(at))),
          ),
      );
      made.set(count, one);
    }
    return one;
  };
}
