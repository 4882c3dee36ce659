import { join } from "node:path";
import { describe, it } from "vitest";
import { STORE_CASES } from "../../src/store/conformance.ts";
import { openSqliteStore } from "../../src/store/sql/sqlite.ts";
import { newFolder, quiet } from "./folder.ts";

describe("the SQLite store", () => {
  for (const one of STORE_CASES) {
    it(one.name, () => one.run(async () => openSqliteStore({ file: join(await newFolder(), "writ.db"), log: quiet })));
  }
});
