import { WritError } from "../../domain/error.ts";

/** What PostgreSQL said, for an operator; never what it was said about, and never who connects with which password. */
export function describePostgres(cause: unknown): string {
  const code = codeOf(cause);
  switch (code) {
    case "28P01":
    case "28000":
      return "the database refuses this user or password";
    case "3D000":
      return "the database server has no such database";
    case "42501":
      return "the database user may not do this";
    case "25006":
      return "the database only reads: it is a standby";
    case "53100":
      return "the database's disk is full";
    case "53300":
      return "the database has no connection left";
    case "55P03":
      return "another gateway holds the database";
    case "57014":
      return "the database took too long";
    case "57P03":
      return "the database is starting or stopping";
    case "ECONNREFUSED":
    case "ENOENT":
      return "nothing answers where the database should be";
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return "the database's host name is not known";
    default:
      if (code !== null && /^(CERT_|DEPTH_|UNABLE_|SELF_|ERR_TLS_)/.test(code))
        return `the database's certificate does not verify (${code})`;
      return code === null || /^[A-Z]{2,}/.test(code) || /^(08|57)/.test(code)
        ? "the connection to the database was lost"
        : "the database failed";
  }
}

/** PostgreSQL's SQLSTATE or the system's error code. */
function codeOf(cause: unknown): string | null {
  return cause instanceof Error && "code" in cause && typeof cause.code === "string" ? cause.code : null;
}

/** Whether the connection is gone, rather than a statement refused. */
export function isConnectionLost(cause: unknown): boolean {
  const code = codeOf(cause);
  return code === null || /^(08|57P)/.test(code) || /^E[A-Z]{3,}$/.test(code);
}

/** Refuses to start: what is said is the operator's own configuration, and never the address itself. */
export function badUrl(why: string, hint: string): WritError {
  return new WritError({
    code: "store_url_invalid",
    status: 400,
    facts: { why },
    message: `the database address does not hold: ${why}`,
    hint,
  });
}

export function needsTls(host: string): WritError {
  return new WritError({
    code: "store_needs_tls",
    status: 400,
    facts: { host },
    message: `the database at \`${host}\` is reached over a network, and its certificate is not verified`,
    hint: "add `sslmode=verify-full` to the address, and `sslrootcert=<file>` for an authority of your own",
  });
}
