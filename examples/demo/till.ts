import { rmSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";

/** The till's database, as it is every morning. */
export function makeTill(file: string): void {
  for (const end of ["", "-wal", "-shm", "-journal"]) rmSync(`${file}${end}`, { force: true });
  const database = new DatabaseSync(file);
  database.exec(`
    CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT, card TEXT);
    CREATE TABLE orders (id INTEGER PRIMARY KEY, customer INTEGER, item TEXT, state TEXT);
    INSERT INTO customers VALUES (1, 'Ann', '4111 1111 1111 1111'), (2, 'Bob', '4242 4242 4242 4242');
    INSERT INTO orders VALUES (1, 1, 'walnut desk', 'open'), (2, 2, 'lamp', 'open'), (3, 2, 'chair', 'sent');
  `);
  database.close();
}
