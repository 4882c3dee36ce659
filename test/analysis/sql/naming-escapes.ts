/** A statement that tries to pass for less than it is, and what it has to be taken for: a part of what its effects must
 *  hold, or the code it must be refused with. */
export interface Escape {
  readonly text: string;
  readonly refused?: "query_unparsed" | "query_refused" | "text_too_large";
  readonly kinds?: readonly string[];
  readonly traits?: readonly string[];
  /** As `verb table(columns)`. */
  readonly access?: readonly string[];
  readonly paths?: readonly string[];
  readonly hosts?: readonly string[];
}

const reads = (access: string, ...texts: readonly string[]): Escape[] =>
  texts.map((text) => ({ text, kinds: ["read"], access: [access] }));

/** Columns and tables by any way to name them. */
export const NAMING_ESCAPES: readonly Escape[] = [
  ...reads(
    "read customers(email)",
    "SELECT email FROM customers",
    'SELECT "email" FROM "customers"',
    "SELECT CUSTOMERS.EMAIL FROM Customers",
    'SELECT U&"em\\0061il" FROM customers',
    "SELECT public.customers.email FROM public.customers",
    "SELECT c.e FROM (SELECT email AS e FROM customers) c",
    "SELECT 1 FROM customers WHERE email LIKE 'a%'",
    "SELECT 1 FROM customers GROUP BY email",
    "SELECT 1 FROM customers ORDER BY email",
    "SELECT count(*) FROM customers HAVING max(email) > 'm'",
    "SELECT 1 FROM orders, customers WHERE customers.email > 'm'",
    "SELECT 1 FROM orders JOIN customers ON customers.email > 'm'",
    "SELECT (SELECT email FROM customers LIMIT 1)",
    "SELECT 1 WHERE EXISTS (SELECT FROM customers WHERE email = 'x')",
    "SELECT email::regclass FROM customers",
    "SELECT email::xml FROM customers",
    "SELECT l.email FROM orders, LATERAL (SELECT email FROM customers) l",
    "WITH orders AS (SELECT email FROM customers) SELECT * FROM orders",
    "WITH customers AS (SELECT email FROM customers) SELECT email FROM customers",
    "SELECT email FROM customers TABLESAMPLE bernoulli (1)",
    "SELECT email FROM ONLY customers",
    "SELECT max(email) OVER () FROM customers",
  ),
  ...reads(
    "read customers(*)",
    "SELECT * FROM customers",
    "TABLE customers",
    "SELECT customers FROM customers",
    "SELECT c.* FROM customers c",
    "SELECT row_to_json(c) FROM customers c",
    "SELECT (c).email FROM customers c",
    "SELECT c::text FROM customers c",
    "SELECT to_jsonb(c) - 'id' FROM customers AS c",
    "SELECT ROW(c.*) FROM customers c",
    "SELECT 1 FROM customers c WHERE c IS NOT NULL",
    "SELECT a FROM customers AS c(a, b)",
    "SELECT 1 FROM customers NATURAL JOIN orders",
    "SELECT table_to_xml('customers', true, true, '')",
  ),
  { text: 'SELECT * FROM "sales.customers"', access: ['read "sales.customers"(*)'] },
  { text: "SELECT * FROM sales.customers", access: ["read sales.customers(*)"] },
  { text: 'SELECT * FROM "Customers"', access: ["read Customers(*)"] },
  { text: "SELECT * FROM cuſtomers", access: ["read cuſtomers(*)"] },
  {
    text: "SELECT usename, passwd FROM pg_shadow",
    traits: ["secret-place"],
    access: ["read pg_catalog.pg_shadow(usename,passwd)"],
  },
  { text: "SELECT * FROM pg_catalog.pg_authid", traits: ["secret-place"] },
  { text: "SELECT umoptions FROM pg_user_mapping", traits: ["secret-place"] },
  { text: "SELECT most_common_vals FROM pg_stats", traits: ["secret-place"] },
];
