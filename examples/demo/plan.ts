import { join } from "node:path";

/** One call that the agent makes. */
export interface Step {
  readonly name: string;
  readonly tool: string;
  readonly arguments: Readonly<Record<string, unknown>>;
  /** Made only after the file named by DEMO_SIGNAL is there. */
  readonly waits?: true;
}

export const SAMPLE = join(import.meta.dirname, "sample");
/** What dana was told to allow, and nothing else. */
export const AGREED_REFUND = { order: "A-1001", amount: 120 } as const;

/** What two tasks ask of one database: it is the task that decides. */
const OPEN_ORDERS = { sql: "SELECT id, item FROM orders WHERE state = 'open'" } as const;

const LARGEST = Number.MAX_SAFE_INTEGER;

export const PLAN: readonly Step[] = [
  {
    name: "read the handbook",
    tool: "docs__read_text_file",
    arguments: { path: join(SAMPLE, "handbook", "returns.md") },
  },
  { name: "list the handbook", tool: "docs__list_directory", arguments: { path: join(SAMPLE, "handbook") } },
  {
    name: "read outside the task",
    tool: "docs__read_text_file",
    arguments: { path: join(SAMPLE, "private", "salaries.md") },
  },
  { name: "look up the order", tool: "shop__get_order", arguments: { order: AGREED_REFUND.order } },
  { name: "refund what was agreed", tool: "shop__refund_order", arguments: { ...AGREED_REFUND } },
  { name: "refund another amount", tool: "shop__refund_order", arguments: { order: AGREED_REFUND.order, amount: 180 } },
  { name: "ask the till what is open", tool: "till__query", arguments: OPEN_ORDERS },
  {
    name: "hide a delete behind a query",
    tool: "till__query",
    arguments: { sql: `${OPEN_ORDERS.sql}; DELETE FROM orders` },
  },
  { name: "ask for the weather", tool: "weather__forecast", arguments: { city: "Lisbon" } },
  { name: "use the changed tool", tool: "weather__forecast", arguments: { city: "Lisbon" } },
  { name: "quote beyond counting", tool: "shop__quote", arguments: { quantity: LARGEST, price: LARGEST } },
  {
    name: "read after the task",
    tool: "docs__read_text_file",
    arguments: { path: join(SAMPLE, "handbook", "returns.md") },
    waits: true,
  },
];

/** What another agent asks, whose task is about customers. */
export const SUPPORT_PLAN: readonly Step[] = [
  { name: "ask the same in another task", tool: "till__query", arguments: OPEN_ORDERS },
];

/** What the whole demo says, line by line. */
export const EXPECTED = [
  { name: "read the handbook", tool: "docs__read_text_file", decision: "permit", code: "granted" },
  { name: "list the handbook", tool: "docs__list_directory", decision: "permit", code: "granted" },
  { name: "read outside the task", tool: "docs__read_text_file", decision: "deny", code: "outside_grant" },
  { name: "look up the order", tool: "shop__get_order", decision: "permit", code: "granted" },
  { name: "ask for the agreed refund", tool: "shop__refund_order", decision: "ask", code: "spending-is-asked" },
  { name: "refund what was agreed", tool: "shop__refund_order", decision: "permit", code: "approved" },
  { name: "replay its credential at the shop", tool: "shop__refund_order", decision: "deny", code: "credential_spent" },
  { name: "ask for another refund", tool: "shop__refund_order", decision: "ask", code: "spending-is-asked" },
  { name: "refund another amount", tool: "shop__refund_order", decision: "deny", code: "approval_timeout" },
  { name: "ask the till what is open", tool: "till__query", decision: "permit", code: "granted" },
  { name: "hide a delete behind a query", tool: "till__query", decision: "deny", code: "query_refused" },
  { name: "ask for the weather", tool: "weather__forecast", decision: "permit", code: "granted" },
  { name: "use the changed tool", tool: "weather__forecast", decision: "deny", code: "definition_drifted" },
  { name: "quote beyond counting", tool: "shop__quote", decision: "deny", code: "policy_error" },
  { name: "read after the task", tool: "docs__read_text_file", decision: "deny", code: "task_ended" },
  { name: "ask the same in another task", tool: "till__query", decision: "deny", code: "outside_grant" },
] as const;
