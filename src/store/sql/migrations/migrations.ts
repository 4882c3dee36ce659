import type { Kysely } from "kysely";
import { first } from "./0001-first.ts";
import { documents } from "./0002-documents.ts";
import { events } from "./0003-events.ts";
import type { Dialect } from "./dialect.ts";

export interface Migration {
  readonly name: string;
  readonly up: (db: Kysely<unknown>, dialect: Dialect) => Promise<void>;
}

/** In order, forward only: the schema's version is how many of them have run. */
export const MIGRATIONS: readonly Migration[] = [
  { name: "0001-first", up: first },
  { name: "0002-documents", up: documents },
  { name: "0003-events", up: events },
];
