import { expect, test } from "vitest";
import { boundsIn } from "../../src/provenance/amounts.ts";
import { Told, TOOLS } from "./kit.ts";

test("the largest amount that the words name bounds one payment, and all of them bound what a task spends", () => {
  expect(boundsIn("Send Ida 56 euros")).toEqual({ each: 56, total: 56 });
  expect(boundsIn("Pay $1,200.50 to Ida and 80 EUR to Rolf.")).toEqual({ each: 1200.5, total: 1280.5 });
  expect(boundsIn("Send Ida and Rolf 20 pounds each")).toEqual({ each: 20, total: null });
});

test("a number that is no money, a difference and a share set no bound", () => {
  for (const words of [
    "Book a table for 4 at 19:30",
    "Raise the standing order by 50 euros",
    "Pay Ida 50 euros more than last month",
    "Pay the bill",
    "Pay Ida 10% of $500 plus $20",
  ])
    expect(boundsIn(words), words).toBeNull();
});

test("a payment of more than the owner's words name is not theirs, and says by how much", () => {
  const told = new Told("Pay 56 euros to GB33BUKB20201555555555 for the garden");
  expect(told.asks(TOOLS.pay, { payee: "GB33BUKB20201555555555", amount: 56, reference: "garden" })).toMatchObject({
    excess: [],
    authorised: true,
  });
  const more = told.asks(TOOLS.pay, { payee: "GB33BUKB20201555555555", amount: 5600, reference: "garden" });
  expect(more).toMatchObject({ excess: ["amount"], authorised: false });
  expect(more.origins).toContain("`amount` is 5600, and the owner's words name 56 at most");
});

test("what a task has spent already counts", () => {
  const told = new Told("Pay GB33BUKB20201555555555 56 euros and DE89370400440532013000 20 euros");
  told.did(TOOLS.pay, { payee: "GB33BUKB20201555555555", amount: 56 }, 56);
  expect(told.asks(TOOLS.pay, { payee: "DE89370400440532013000", amount: 20 }).excess).toEqual([]);
  expect(told.asks(TOOLS.pay, { payee: "DE89370400440532013000", amount: 50 }).excess).toEqual(["amount"]);
});
