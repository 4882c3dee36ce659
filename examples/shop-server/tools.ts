import { McpServer } from "@modelcontextprotocol/server";
import { z } from "zod";
import type { Orders } from "./orders.ts";

const Order = z.object({ order: z.string(), item: z.string(), total: z.number(), refunded: z.number() });

/** The shop's tools, for clients of either era. */
export function shopTools(orders: Orders): McpServer {
  const server = new McpServer({ name: "shop", version: "1.0.0" });

  server.registerTool(
    "list_orders",
    {
      description: "Lists all orders.",
      outputSchema: z.object({ orders: z.array(Order) }),
      annotations: { readOnlyHint: true },
    },
    () => answer({ orders: [...orders.list()] }),
  );
  server.registerTool(
    "get_order",
    {
      description: "Shows one order.",
      inputSchema: z.object({ order: z.string().describe("Number of the order, such as A-1001") }),
      outputSchema: Order,
      annotations: { readOnlyHint: true },
    },
    ({ order }) => {
      const found = orders.get(order);
      return found === null ? failure(`there is no order ${order}`) : answer({ ...found });
    },
  );
  server.registerTool(
    "refund_order",
    {
      description: "Pays money back for an order.",
      inputSchema: z.object({
        order: z.string().describe("Number of the order"),
        amount: z.number().describe("What to pay back"),
      }),
      outputSchema: Order,
      annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: false },
    },
    ({ order, amount }) => {
      const refunded = orders.refund(order, amount);
      return refunded === null ? failure(`${amount} cannot be paid back for ${order}`) : answer({ ...refunded });
    },
  );
  server.registerTool(
    "quote",
    {
      description: "Works out what a number of pieces costs.",
      inputSchema: z.object({ quantity: z.int(), price: z.int() }),
      outputSchema: z.object({ total: z.int() }),
      annotations: { readOnlyHint: true },
    },
    ({ quantity, price }) => {
      const total = quantity * price;
      return Number.isSafeInteger(total) ? answer({ total }) : failure("that is more than can be counted");
    },
  );
  return server;
}

function answer<T extends Record<string, unknown>>(value: T) {
  return { content: [{ type: "text" as const, text: JSON.stringify(value) }], structuredContent: value };
}

function failure(text: string) {
  return { content: [{ type: "text" as const, text }], isError: true };
}
