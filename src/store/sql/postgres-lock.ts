/** "Writ" in ASCII: the first half of every advisory lock of ours in a database. */
export const LOCK = 0x57726974;
/** Held by whoever brings the schema up to date. */
export const MIGRATION = 1;
/** Held by whoever writes. */
export const WRITERS = 2;
