import type pg from "pg";

export const SHOP = `
CREATE TABLE customers (id int PRIMARY KEY, name text, email text, card text);
CREATE TABLE orders (id int PRIMARY KEY, customer int REFERENCES customers, state text, total numeric(10, 2), placed timestamptz DEFAULT '2026-01-02T03:04:05Z');
CREATE TABLE notes (id bigserial PRIMARY KEY, about int, body text);
CREATE TABLE secrets (id int, value text);
CREATE VIEW open_orders AS SELECT id, state FROM orders WHERE state = 'open';
CREATE FUNCTION leak() RETURNS text LANGUAGE sql SECURITY DEFINER AS $$ SELECT string_agg(value, ',') FROM secrets $$;
INSERT INTO customers VALUES (1, 'Ann', 'ann@example.com', '4111'), (2, 'Bob', 'bob@example.com', '4242');
INSERT INTO orders VALUES (1, 1, 'open', 12.50), (2, 2, 'open', 99.00), (3, 2, 'paid', 5.00);
INSERT INTO secrets VALUES (1, 'the crown jewels');
`;

export async function stock(client: pg.Client): Promise<void> {
  await client.query(SHOP);
}
