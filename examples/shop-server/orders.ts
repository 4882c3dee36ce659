import type { DatabaseSync } from "node:sqlite";

export interface Order {
  readonly order: string;
  readonly item: string;
  readonly total: number;
  readonly refunded: number;
}

export interface Orders {
  list(): readonly Order[];
  get(order: string): Order | null;
  /** Pays `amount` back; null, with nothing written, for an unknown order or for more than is left of it. */
  refund(order: string, amount: number): Order | null;
}

const SEED = [
  ["A-1001", "walnut desk", 480],
  ["A-1002", "desk lamp", 65],
  ["A-1003", "office chair", 240],
] as const;

/** The shop's orders; an empty database starts with three. */
export function openOrders(database: DatabaseSync): Orders {
  database.exec(`CREATE TABLE IF NOT EXISTS orders (
    "order" TEXT PRIMARY KEY, item TEXT NOT NULL, total REAL NOT NULL, refunded REAL NOT NULL DEFAULT 0
  ) STRICT`);
  const add = database.prepare(`INSERT OR IGNORE INTO orders ("order", item, total) VALUES (?, ?, ?)`);
  for (const [order, item, total] of SEED) add.run(order, item, total);

  const all = database.prepare(`SELECT "order", item, total, refunded FROM orders ORDER BY "order"`);
  const one = database.prepare(`SELECT "order", item, total, refunded FROM orders WHERE "order" = ?`);
  const pay = database.prepare(`UPDATE orders SET refunded = refunded + ? WHERE "order" = ? AND refunded + ? <= total`);
  const get = (order: string) => plain(one.get(order));
  return {
    list: () => all.all().flatMap((row) => plain(row) ?? []),
    get,
    refund: (order, amount) => (amount > 0 && pay.run(amount, order, amount).changes === 1 ? get(order) : null),
  };
}

function plain(row: Record<string, unknown> | undefined): Order | null {
  if (row === undefined) return null;
  return {
    order: String(row["order"]),
    item: String(row["item"]),
    total: Number(row["total"]),
    refunded: Number(row["refunded"]),
  };
}
