import type pg from "pg";

/** What Writ has to know of a database server before it trusts it with anything. */
export interface ServerFacts {
  /** Of the whole cluster: two addresses with the same one are the same files. */
  readonly cluster: string;
  /** Such as 180000. */
  readonly version: number;
  readonly superuser: boolean;
  /** May make logins, and may let others have what it has. */
  readonly makesRoles: boolean;
  /** Whether the server counts what a transaction changes. */
  readonly counts: boolean;
}

const ASKED = `
SELECT (SELECT system_identifier::text FROM pg_catalog.pg_control_system()) AS cluster,
       current_setting('server_version_num')::int AS version,
       rolsuper AS superuser, rolcreaterole OR rolsuper AS makes,
       current_setting('track_counts') = 'on' AS counts
FROM pg_catalog.pg_roles WHERE rolname = current_user`;

export async function factsOf(client: Pick<pg.Pool, "query">): Promise<ServerFacts> {
  const { rows } = await client.query<{
    cluster: string;
    version: number;
    superuser: boolean;
    makes: boolean;
    counts: boolean;
  }>(ASKED);
  const [one] = rows;
  if (one === undefined) throw new Error("the server does not know who asks");
  return {
    cluster: one.cluster,
    version: one.version,
    superuser: one.superuser,
    makesRoles: one.makes,
    counts: one.counts,
  };
}
