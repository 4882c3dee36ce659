/** What people ask of a shop's database when they want to know how it goes. One query on each line. */
export const ANALYTICS: readonly string[] = `
SELECT count(*) FROM orders
SELECT count(DISTINCT customer_id) FROM orders
SELECT status, count(*) FROM orders GROUP BY status ORDER BY 2 DESC
SELECT status, count(*) AS n, sum(total) AS revenue FROM orders GROUP BY status HAVING count(*) > 10
SELECT date_trunc('month', created_at) AS month, sum(total) AS revenue FROM orders GROUP BY 1 ORDER BY 1
SELECT date_trunc('week', created_at)::date AS week, count(*) FROM orders GROUP BY week ORDER BY week
SELECT avg(total), min(total), max(total), stddev(total) FROM orders
SELECT avg(total)::numeric(10, 2) FROM orders WHERE created_at >= now() - interval '30 days'
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY total) AS median FROM orders
SELECT percentile_cont(ARRAY[0.25, 0.5, 0.75]) WITHIN GROUP (ORDER BY total) FROM orders
SELECT percentile_disc(0.9) WITHIN GROUP (ORDER BY total) FROM orders WHERE status = 'paid'
SELECT mode() WITHIN GROUP (ORDER BY region) FROM customers
SELECT region, percentile_cont(0.95) WITHIN GROUP (ORDER BY total) FROM orders JOIN customers ON customers.id = orders.customer_id GROUP BY region
SELECT c.name, o.total FROM orders o JOIN customers c ON c.id = o.customer_id ORDER BY o.total DESC LIMIT 10
SELECT c.name, count(o.id) FROM customers c LEFT JOIN orders o ON o.customer_id = c.id GROUP BY c.id, c.name
SELECT c.name FROM customers c LEFT JOIN orders o ON o.customer_id = c.id WHERE o.id IS NULL
SELECT c.name FROM customers c WHERE NOT EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = c.id)
SELECT name FROM customers WHERE id IN (SELECT customer_id FROM orders WHERE total > 1000)
SELECT name FROM customers WHERE id = ANY (ARRAY[1, 2, 3])
SELECT name FROM customers WHERE id NOT IN (4, 5, 6) AND region <> 'north'
SELECT a.id, b.id FROM orders a, orders b WHERE a.customer_id = b.customer_id AND a.id < b.id
SELECT * FROM orders WHERE created_at BETWEEN '2025-01-01' AND '2025-12-31' ORDER BY created_at LIMIT 100 OFFSET 200
SELECT id, total, rank() OVER (ORDER BY total DESC) FROM orders
SELECT id, total, row_number() OVER (PARTITION BY customer_id ORDER BY created_at DESC) AS rn FROM orders
SELECT * FROM (SELECT o.*, row_number() OVER (PARTITION BY customer_id ORDER BY created_at DESC) AS rn FROM orders o) latest WHERE rn = 1
SELECT DISTINCT ON (customer_id) customer_id, id, created_at FROM orders ORDER BY customer_id, created_at DESC
SELECT created_at::date AS day, sum(total) AS revenue, sum(sum(total)) OVER (ORDER BY created_at::date) AS running FROM orders GROUP BY 1
SELECT day, revenue, avg(revenue) OVER (ORDER BY day ROWS BETWEEN 6 PRECEDING AND CURRENT ROW) AS week FROM (SELECT created_at::date AS day, sum(total) AS revenue FROM orders GROUP BY 1) d
SELECT month, revenue, lag(revenue) OVER (ORDER BY month) AS before FROM (SELECT date_trunc('month', created_at) AS month, sum(total) AS revenue FROM orders GROUP BY 1) m
SELECT month, revenue / nullif(lag(revenue) OVER w, 0) - 1 AS growth FROM monthly WINDOW w AS (ORDER BY month)
SELECT id, total, ntile(4) OVER (ORDER BY total) AS quartile FROM orders
SELECT id, first_value(total) OVER w, last_value(total) OVER w, nth_value(total, 2) OVER w FROM orders WINDOW w AS (PARTITION BY status ORDER BY id)
SELECT id, cume_dist() OVER (ORDER BY total), percent_rank() OVER (ORDER BY total) FROM orders
SELECT id, sum(total) OVER (ORDER BY created_at RANGE BETWEEN interval '7 days' PRECEDING AND CURRENT ROW) FROM orders
SELECT id, count(*) OVER (ORDER BY total GROUPS BETWEEN 1 PRECEDING AND 1 FOLLOWING EXCLUDE CURRENT ROW) FROM orders
SELECT id, dense_rank() OVER (PARTITION BY region ORDER BY spent DESC NULLS LAST) FROM customers
WITH monthly AS (SELECT date_trunc('month', created_at) AS month, sum(total) AS revenue FROM orders GROUP BY 1) SELECT * FROM monthly ORDER BY month
WITH a AS (SELECT customer_id, sum(total) AS spent FROM orders GROUP BY 1), b AS (SELECT avg(spent) AS mean FROM a) SELECT a.customer_id FROM a, b WHERE a.spent > b.mean
WITH RECURSIVE days AS (SELECT date '2025-01-01' AS day UNION ALL SELECT day + 1 FROM days WHERE day < date '2025-01-31') SELECT day FROM days
WITH RECURSIVE tree AS (SELECT id, parent_id, name, 1 AS depth FROM categories WHERE parent_id IS NULL UNION ALL SELECT c.id, c.parent_id, c.name, t.depth + 1 FROM categories c JOIN tree t ON t.id = c.parent_id) SELECT * FROM tree ORDER BY depth
WITH RECURSIVE path(id, names) AS (SELECT id, ARRAY[name] FROM categories WHERE parent_id IS NULL UNION ALL SELECT c.id, p.names || c.name FROM categories c, path p WHERE c.parent_id = p.id) SELECT array_to_string(names, ' > ') FROM path
WITH x AS MATERIALIZED (SELECT * FROM orders WHERE total > 100) SELECT count(*) FROM x
WITH x AS NOT MATERIALIZED (SELECT * FROM orders) SELECT count(*) FROM x WHERE status = 'open'
WITH first_orders AS (SELECT customer_id, min(created_at) AS first FROM orders GROUP BY customer_id) SELECT date_trunc('month', first) AS cohort, count(*) FROM first_orders GROUP BY 1 ORDER BY 1
WITH cohort AS (SELECT customer_id, date_trunc('month', min(created_at)) AS month FROM orders GROUP BY 1) SELECT c.month, extract(month FROM age(date_trunc('month', o.created_at), c.month)) AS n, count(DISTINCT o.customer_id) FROM cohort c JOIN orders o USING (customer_id) GROUP BY 1, 2
SELECT region, status, count(*) FROM orders JOIN customers ON customers.id = customer_id GROUP BY GROUPING SETS ((region), (status), ())
SELECT region, status, sum(total) FROM sales GROUP BY ROLLUP (region, status)
SELECT region, status, channel, sum(total) FROM sales GROUP BY CUBE (region, status, channel)
SELECT region, grouping(region), sum(total) FROM sales GROUP BY ROLLUP (region) ORDER BY grouping(region), region
SELECT coalesce(region, 'all'), sum(total) FROM sales GROUP BY GROUPING SETS (region, ())
SELECT count(*) FILTER (WHERE status = 'paid') AS paid, count(*) FILTER (WHERE status = 'open') AS open FROM orders
SELECT sum(total) FILTER (WHERE created_at >= date_trunc('month', now())) AS this_month FROM orders
SELECT sum(CASE WHEN status = 'refunded' THEN total ELSE 0 END) / sum(total) AS rate FROM orders
SELECT CASE WHEN total < 10 THEN 'small' WHEN total < 100 THEN 'medium' ELSE 'large' END AS size, count(*) FROM orders GROUP BY 1
SELECT CASE status WHEN 'paid' THEN 1 WHEN 'open' THEN 0 END FROM orders
SELECT width_bucket(total, 0, 1000, 10) AS bucket, count(*) FROM orders GROUP BY bucket ORDER BY bucket
SELECT extract(dow FROM created_at) AS day, extract(hour FROM created_at) AS hour, count(*) FROM orders GROUP BY 1, 2
SELECT date_part('year', created_at) AS year, date_part('quarter', created_at) AS quarter, sum(total) FROM orders GROUP BY 1, 2
SELECT to_char(created_at, 'YYYY-MM') AS month, count(*) FROM orders GROUP BY 1
SELECT date_bin('15 minutes', created_at, timestamp '2025-01-01') AS slot, count(*) FROM events GROUP BY 1
SELECT created_at AT TIME ZONE 'Europe/Berlin' FROM orders LIMIT 5
SELECT age(now(), created_at) FROM customers
SELECT current_date - created_at::date AS days FROM orders WHERE shipped_at IS NULL
SELECT make_date(2025, 1, 1), make_interval(days => 3), current_timestamp, localtimestamp
SELECT d::date, coalesce(n, 0) FROM generate_series('2025-01-01'::date, '2025-01-31'::date, interval '1 day') AS d LEFT JOIN (SELECT created_at::date AS day, count(*) AS n FROM orders GROUP BY 1) o ON o.day = d::date
SELECT g.n, g.n * g.n FROM generate_series(1, 10) AS g(n)
SELECT payload ->> 'source' AS source, count(*) FROM events GROUP BY 1 ORDER BY 2 DESC
SELECT payload -> 'user' ->> 'country' FROM events WHERE payload @> '{"type": "purchase"}'
SELECT payload #>> '{cart,0,sku}' FROM events WHERE payload ? 'cart'
SELECT (payload ->> 'amount')::numeric FROM events WHERE payload ->> 'currency' = 'EUR'
SELECT e.id, item ->> 'sku' AS sku FROM events e, jsonb_array_elements(e.payload -> 'items') AS item
SELECT key, count(*) FROM events, jsonb_each(payload) GROUP BY key
SELECT kv.key, kv.value FROM events CROSS JOIN LATERAL jsonb_each_text(payload) AS kv
SELECT jsonb_object_agg(status, n) FROM (SELECT status, count(*) AS n FROM orders GROUP BY status) s
SELECT json_agg(o ORDER BY o.created_at) FROM orders o WHERE customer_id = 7
SELECT json_build_object('id', id, 'total', total) FROM orders LIMIT 3
SELECT row_to_json(c) FROM customers c LIMIT 3
SELECT jsonb_path_query(payload, '$.items[*].sku') FROM events
SELECT jsonb_path_exists(payload, '$.items[*] ? (@.qty > 3)') FROM events
SELECT jsonb_pretty(payload) FROM events WHERE id = 1
SELECT jsonb_typeof(payload), jsonb_array_length(payload -> 'items') FROM events
SELECT x.sku, x.qty FROM events, jsonb_to_recordset(payload -> 'items') AS x(sku text, qty int)
SELECT payload || '{"seen": true}' FROM events
SELECT payload - 'secret' FROM events
SELECT to_jsonb(o) - 'note' FROM orders o LIMIT 1
SELECT jsonb_set(payload, '{a}', '1') FROM events
SELECT json_array_elements_text('["a", "b"]'::json)
SELECT json_object('a': 1, 'b': 2)
SELECT json_arrayagg(name ORDER BY name) FROM customers
SELECT payload IS JSON OBJECT FROM raw_events
SELECT array_agg(DISTINCT status ORDER BY status) FROM orders
SELECT string_agg(name, ', ' ORDER BY name) FROM customers
SELECT tag, count(*) FROM posts, unnest(tags) AS tag GROUP BY tag
SELECT * FROM posts WHERE 'sql' = ANY (tags)
SELECT * FROM posts WHERE tags && ARRAY['sql', 'postgres'] AND NOT tags @> ARRAY['draft']
SELECT cardinality(tags), array_length(tags, 1), tags[1], tags[2:3] FROM posts
SELECT u.tag, u.ord FROM posts, unnest(tags) WITH ORDINALITY AS u(tag, ord)
SELECT a, b FROM unnest(ARRAY[1, 2], ARRAY['x', 'y']) AS t(a, b)
SELECT array_position(tags, 'sql') FROM posts
SELECT ARRAY(SELECT id FROM orders ORDER BY id LIMIT 3)
SELECT c.name, recent.total FROM customers c CROSS JOIN LATERAL (SELECT total FROM orders o WHERE o.customer_id = c.id ORDER BY created_at DESC LIMIT 3) recent
SELECT c.name, l.n FROM customers c LEFT JOIN LATERAL (SELECT count(*) AS n FROM orders o WHERE o.customer_id = c.id) l ON true
SELECT name FROM customers WHERE name ILIKE '%ann%'
SELECT name FROM customers WHERE name ~* '^a.*n$'
SELECT name FROM customers WHERE email NOT LIKE '%@example.com'
SELECT name FROM customers WHERE name SIMILAR TO '(A|B)%'
SELECT lower(trim(name)), upper(left(name, 1)), length(name), substring(email FROM '@(.*)$') FROM customers
SELECT split_part(email, '@', 2) AS domain, count(*) FROM customers GROUP BY domain ORDER BY count(*) DESC LIMIT 20
SELECT regexp_replace(phone, '[^0-9]', '', 'g') FROM customers
SELECT regexp_matches(note, '(\\d+)', 'g') FROM orders
SELECT (regexp_match(note, 'ref-(\\d+)'))[1] FROM orders
SELECT format('%s (%s)', name, region) FROM customers
SELECT concat_ws(', ', street, city, country) FROM addresses
SELECT name || ' <' || email || '>' FROM customers
SELECT md5(email) FROM customers
SELECT encode(sha256(email::bytea), 'hex') FROM customers
SELECT position('@' IN email), overlay(name PLACING '*' FROM 2 FOR 3) FROM customers
SELECT initcap(name), reverse(name), repeat('-', 10), lpad(id::text, 8, '0') FROM customers
SELECT round(total, 2), ceil(total), floor(total), trunc(total), abs(total), sign(total) FROM orders
SELECT power(2, 10), sqrt(2), ln(10), exp(1), mod(10, 3), 10 % 3, 2 ^ 3
SELECT greatest(a, b, c), least(a, b, c), nullif(a, 0), coalesce(a, b, 0) FROM t
SELECT corr(x, y), covar_pop(x, y), regr_slope(y, x), regr_intercept(y, x), regr_r2(y, x) FROM points
SELECT var_samp(total), stddev_pop(total) FROM orders
SELECT bool_and(paid), bool_or(paid), every(paid) FROM orders
SELECT bit_and(flags), bit_or(flags) FROM users
SELECT any_value(name), region FROM customers GROUP BY region
SELECT id FROM orders UNION SELECT id FROM archived_orders
SELECT id FROM orders UNION ALL SELECT id FROM archived_orders ORDER BY id LIMIT 10
SELECT customer_id FROM orders INTERSECT SELECT id FROM customers WHERE region = 'north'
SELECT id FROM customers EXCEPT SELECT customer_id FROM orders
(SELECT 'new' AS kind, count(*) FROM orders WHERE status = 'new') UNION ALL (SELECT 'old', count(*) FROM archived_orders)
SELECT * FROM (VALUES (1, 'a'), (2, 'b')) AS v(id, name)
VALUES (1, 'one'), (2, 'two')
TABLE orders
SELECT 1
SELECT 1 AS one, 'two' AS two, NULL AS three, true AS four, 1.5e3 AS five
SELECT -5, +3, - (-2), 2 - -2
SELECT now(), version(), current_database(), current_user
SELECT pg_size_pretty(pg_total_relation_size('orders'))
SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' ORDER BY 1
SELECT column_name, data_type FROM information_schema.columns WHERE table_name = 'orders'
SELECT relname, n_live_tup FROM pg_stat_user_tables ORDER BY n_live_tup DESC
SELECT c.relname, pg_relation_size(c.oid) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'public'
SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'orders'
SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'orders'::regclass
SELECT enumlabel FROM pg_enum JOIN pg_type ON pg_type.oid = enumtypid WHERE typname = 'status'
SHOW server_version
EXPLAIN SELECT * FROM orders WHERE customer_id = 7
EXPLAIN (ANALYZE, BUFFERS) SELECT count(*) FROM orders
EXPLAIN (FORMAT JSON, COSTS false) SELECT * FROM orders o JOIN customers c ON c.id = o.customer_id
SELECT o.id FROM orders o JOIN customers c ON (c.id = o.customer_id AND c.region = 'north') WHERE o.total > ALL (SELECT avg(total) FROM orders GROUP BY status)
SELECT o.id FROM orders o FULL OUTER JOIN payments p USING (order_id) WHERE p.id IS NULL OR o.id IS NULL
SELECT * FROM orders NATURAL JOIN payments
SELECT * FROM a CROSS JOIN b LIMIT 10
SELECT a.x FROM a RIGHT JOIN b ON a.id = b.a_id
SELECT t1.id FROM t1 JOIN t2 ON t1.id = t2.id JOIN t3 ON t3.id = t2.id JOIN t4 ON t4.id = t3.id WHERE t4.kind IN ('a', 'b')
SELECT (SELECT max(total) FROM orders WHERE customer_id = c.id) AS biggest, c.name FROM customers c
SELECT name, (SELECT count(*) FROM orders o WHERE o.customer_id = customers.id AND o.status = 'paid') FROM customers
SELECT * FROM orders WHERE (status, region) IN (('paid', 'north'), ('open', 'south'))
SELECT * FROM orders WHERE ROW(status, total) = ROW('paid', 10)
SELECT * FROM orders WHERE status IS DISTINCT FROM 'paid' AND note IS NOT NULL
SELECT * FROM orders WHERE paid IS TRUE OR paid IS UNKNOWN
SELECT * FROM orders WHERE total BETWEEN SYMMETRIC 100 AND 10
SELECT * FROM orders ORDER BY total DESC NULLS LAST, id FETCH FIRST 5 ROWS ONLY
SELECT * FROM orders ORDER BY total FETCH FIRST 5 ROWS WITH TIES
SELECT name COLLATE "C" FROM customers ORDER BY name COLLATE "de-x-icu"
SELECT "Order Date", "Total €" FROM "Sales Report" WHERE "Region" = 'Nord'
SELECT id AS "select", total AS "from" FROM orders
SELECT * FROM sales.orders WHERE sales.orders.id = 1
SELECT * FROM orders TABLESAMPLE system (5)
SELECT * FROM orders TABLESAMPLE bernoulli (1) REPEATABLE (42)
SELECT to_tsvector('english', body) @@ plainto_tsquery('english', 'refund late') FROM tickets
SELECT id, ts_rank(to_tsvector(body), q) AS score FROM tickets, websearch_to_tsquery('late -refund') q WHERE to_tsvector(body) @@ q ORDER BY score DESC
SELECT ts_headline(body, to_tsquery('late')) FROM tickets
SELECT daterange(starts, ends) && daterange('2025-01-01', '2025-02-01') FROM bookings
SELECT lower(during), upper(during) FROM bookings WHERE during @> date '2025-01-15'
SELECT (starts, ends) OVERLAPS (date '2025-01-01', date '2025-02-01') FROM bookings
SELECT host(ip), family(ip) FROM visits WHERE ip << inet '10.0.0.0/8'
SELECT point(1, 2) <-> point(3, 4)
SELECT gen_random_uuid()
SELECT random() < 0.5 FROM orders
SELECT setseed(0.5)
SELECT id, embedding <=> '[1,2,3]' AS distance FROM documents ORDER BY distance LIMIT 5
SELECT CAST(total AS int), total::text, int '5', interval '1 day', B'101', X'1F' FROM orders
SELECT 'it''s', E'a\\tb', $$dollar 'quoted'$$, U&'\\0041' FROM orders LIMIT 1
SELECT id FROM orders WHERE id = $1 AND status = $2
SELECT id /* the key */, total -- what it cost
SELECT * FROM orders WHERE status = 'open' -- only what is open
SELECT sum(qty * price) AS revenue, sku FROM items GROUP BY sku HAVING sum(qty * price) > (SELECT avg(total) FROM orders) ORDER BY revenue DESC
SELECT i.sku, sum(i.qty) FROM items i JOIN orders o ON o.id = i.order_id WHERE o.created_at > current_date - 7 GROUP BY i.sku ORDER BY 2 DESC LIMIT 10
SELECT a.sku, b.sku, count(*) FROM items a JOIN items b ON a.order_id = b.order_id AND a.sku < b.sku GROUP BY 1, 2 ORDER BY 3 DESC
WITH steps AS (SELECT session_id, max((event = 'view')::int) AS viewed, max((event = 'buy')::int) AS bought FROM events GROUP BY 1) SELECT sum(viewed), sum(bought), round(100.0 * sum(bought) / nullif(sum(viewed), 0), 1) FROM steps
SELECT session_id, created_at - lag(created_at) OVER (PARTITION BY session_id ORDER BY created_at) > interval '30 minutes' AS breaks FROM events
WITH marked AS (SELECT *, sum(breaks::int) OVER (PARTITION BY user_id ORDER BY created_at) AS session FROM flagged) SELECT user_id, session, min(created_at), max(created_at), count(*) FROM marked GROUP BY 1, 2
SELECT user_id, count(*) FROM events WHERE created_at >= date_trunc('day', now() - interval '1 week') GROUP BY user_id HAVING count(*) >= 5
SELECT d.name, sum(s.amount) AS total, round(sum(s.amount) * 100.0 / sum(sum(s.amount)) OVER (), 2) AS share FROM sales s JOIN departments d ON d.id = s.department_id GROUP BY d.name
SELECT e.name, m.name AS manager FROM employees e LEFT JOIN employees m ON m.id = e.manager_id
SELECT department_id, avg(salary) FROM employees GROUP BY department_id HAVING avg(salary) > (SELECT avg(salary) FROM employees)
SELECT DISTINCT region FROM customers ORDER BY region
SELECT count(*), pg_typeof(count(*)) FROM orders
SELECT xmlelement(name customer, xmlattributes(id AS id), name) FROM customers LIMIT 1
SELECT xpath('/a/b/text()', doc) FROM documents
SELECT string_to_table('a,b,c', ',')
SELECT x FROM regexp_split_to_table('a b c', ' ') AS x
SELECT num_nonnulls(a, b, c) FROM t
`
  .trim()
  .split("\n");
