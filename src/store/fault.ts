import { WritError } from "../domain/error.ts";

/** The world failed us: it is not known whether anything was written, and whoever asked denies. */
export function unavailable(why: string, cause?: unknown): WritError {
  return new WritError({
    code: "store_unavailable",
    status: 503,
    facts: { why },
    message: `the record cannot be reached: ${why}`,
    hint: "look at the disk and at who else holds the database; `writ doctor` helps",
    cause,
  });
}

export function conflict(clientKey: string): WritError {
  return new WritError({
    code: "store_conflict",
    status: 409,
    facts: { clientKey: clientKey.slice(0, 64) },
    message: "another call of this session holds the same client key",
    hint: "give each call of a session a key of its own",
  });
}

export function invalidCursor(cursor: string): WritError {
  return new WritError({
    code: "cursor_invalid",
    status: 400,
    facts: { cursor: cursor.slice(0, 64) },
    message: "this is not a place in the list",
    hint: "give back the `next` of an earlier page as it is, or begin without one",
  });
}

export function invalidLimit(limit: number): WritError {
  return new WritError({
    code: "limit_invalid",
    status: 400,
    facts: { limit },
    message: "a page holds at least one item",
    hint: "give a whole number from 1 up",
  });
}

export function invalidText(): WritError {
  return new WritError({
    code: "text_invalid",
    status: 400,
    message: "an identifier holds a NUL or half of a surrogate pair",
    hint: "use well-formed Unicode without U+0000",
  });
}

/** Whoever kept a `tx` past its body would write into the transaction of someone else. */
export function overTransaction(): WritError {
  return new WritError({
    code: "transaction_over",
    status: 500,
    message: "this transaction is over",
    hint: "await every call on `tx` inside the body it was given to",
  });
}

export function damaged(file: string, cause?: unknown): WritError {
  return new WritError({
    code: "store_damaged",
    status: 500,
    facts: { file },
    message: `\`${file}\` is not a database of Writ's, or is damaged`,
    hint: "restore a backup, or move the file away to begin anew",
    cause,
  });
}

export function newer(file: string, found: number, known: number): WritError {
  return new WritError({
    code: "store_newer",
    status: 500,
    facts: { file, found, known },
    message: `\`${file}\` was written by a newer Writ (schema ${found}, this one knows ${known})`,
    hint: "start the newer Writ, or restore the backup that it made beside the file",
  });
}
