import { expect, test } from "vitest";
import { isOwn } from "../../src/provenance/leads.ts";

const RULE = { effects: ["read"], recipient: ["$.user_id"] } as const;

test("what a server knows of the owner is read by a tool that is named so, about nobody in particular", () => {
  for (const tool of ["get_profile", "get_user_information", "whoami", "my_account"])
    expect(isOwn(tool, RULE, {}), tool).toBe(true);
  expect(isOwn("get_user_information", RULE, { user_id: "u7" })).toBe(false);
});

test("an inbox, a list and whatever else others write into is not the owner's own", () => {
  for (const tool of ["get_my_inbox", "list_my_messages", "list_user_details", "search_customer_data", "get_users"])
    expect(isOwn(tool, RULE, {}), tool).toBe(false);
  expect(isOwn("get_profile", null, {})).toBe(false);
});
