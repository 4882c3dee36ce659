import { expect, test } from "vitest";
import { parseConfiguration } from "../../src/system/config.ts";

const FILE = "/srv/desk/writ.yaml";

function codes(text: string): readonly string[] {
  const parsed = parseConfiguration(text, FILE);
  return parsed.kind === "refused" ? parsed.problems.map(({ code }) => code) : [];
}

test("a database is reached as it says, with its defaults", () => {
  const parsed = parseConfiguration(
    `
servers:
  shop: { kind: postgres, url_env: SHOP_URL }
  books: { kind: postgres, url_env: BOOKS_URL, schemas: [sales, public], rows: 50, public: revoke, timeout: 5s }
  till: { kind: sqlite, file: ./till.db }
`,
    FILE,
  );
  expect(parsed).toMatchObject({
    kind: "loaded",
    configuration: {
      servers: [
        { launch: { kind: "postgres", urlEnv: "SHOP_URL", schemas: ["public"], rows: 1_000, public: "show" } },
        {
          launch: { kind: "postgres", urlEnv: "BOOKS_URL", schemas: ["sales", "public"], rows: 50, public: "revoke" },
          timeoutMs: 5_000,
        },
        { launch: { kind: "sqlite", file: "/srv/desk/till.db", rows: 1_000 } },
      ],
    },
  });
});

test.each([
  ["without an address", "{ kind: postgres }", "database_unnamed"],
  ["without a file", "{ kind: sqlite }", "database_unnamed"],
  ["with a file for PostgreSQL", "{ kind: postgres, url_env: X, file: ./x.db }", "member_misplaced"],
  ["with schemas for SQLite", "{ kind: sqlite, file: ./x.db, schemas: [public] }", "member_misplaced"],
  ["with a program beside it", "{ kind: sqlite, file: ./x.db, command: node }", "launch_ambiguous"],
  ["with a credential", "{ kind: sqlite, file: ./x.db, credential: none }", "member_misplaced"],
  ["of a kind that nobody knows", "{ kind: mysql, file: ./x.db }", "value_invalid"],
  ["with a schema of the system's own", "{ kind: postgres, url_env: X, schemas: [pg_catalog] }", "value_invalid"],
  ["with no rows", "{ kind: sqlite, file: ./x.db, rows: 0 }", "value_invalid"],
  ["in Writ's own data folder", "{ kind: sqlite, file: .writ/writ.sqlite }", "database_is_writs"],
  ["where Writ keeps its record", "{ kind: postgres, url_env: DATABASE_URL }", "database_is_writs"],
  ["named on a server that is none", "{ command: node, url_env: X }", "member_misplaced"],
])("a database %s is refused", (_, server, code) => {
  expect(codes(`servers: { shop: ${server} }`)).toEqual([code]);
});
