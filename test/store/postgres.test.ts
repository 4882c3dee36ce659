import { describe, it } from "vitest";
import { STORE_CASES } from "../../src/store/conformance.ts";
import { openPostgresStore } from "../../src/store/sql/postgres.ts";
import { quiet } from "./folder.ts";
import { realPostgres } from "./real-postgres.ts";

const server = realPostgres();

describe("the PostgreSQL store", () => {
  for (const one of STORE_CASES) {
    it(one.name, () => one.run(async () => openPostgresStore({ url: await server.database(), log: quiet })));
  }
});
