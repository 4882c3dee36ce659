import { DatabaseSync } from "node:sqlite";

export const SHOP = `
CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT, email TEXT, card TEXT);
CREATE TABLE orders (id INTEGER PRIMARY KEY, customer INTEGER, state TEXT, total REAL, picture BLOB);
CREATE TABLE notes (id INTEGER PRIMARY KEY, body TEXT);
CREATE TABLE secrets (id INTEGER PRIMARY KEY, value TEXT);
CREATE VIEW open_orders AS SELECT id, state FROM orders WHERE state = 'open';
CREATE VIEW loose AS SELECT value FROM secrets WHERE id > 100;
INSERT INTO customers VALUES (1, 'Ann', 'ann@example.com', '4111'), (2, 'Bob', 'bob@example.com', '4242');
INSERT INTO orders VALUES (1, 1, 'open', 12.5, x'00ff'), (2, 2, 'open', 99, NULL), (9007199254740993, 2, 'paid', 5, NULL);
INSERT INTO notes VALUES (1, 'first');
INSERT INTO secrets VALUES (1, 'the crown jewels');
`;

export function makeShop(file: string, more = ""): void {
  const db = new DatabaseSync(file);
  db.exec(SHOP + more);
  db.close();
}

/** What is really in the file. */
export function inside(file: string, sql: string): unknown[] {
  const db = new DatabaseSync(file, { readOnly: true });
  try {
    const statement = db.prepare(sql);
    statement.setReturnArrays(true);
    return statement.all();
  } finally {
    db.close();
  }
}
