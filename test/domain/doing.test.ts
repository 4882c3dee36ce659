import { expect, test } from "vitest";
import { doingOf } from "../../src/domain/doing.ts";
import type { JsonObject } from "../../src/domain/json.ts";

const verbs = (tool: string, input: JsonObject = {}): readonly string[] => doingOf(tool, input).verbs;

test("a verb counts before a word that is as often a thing", () => {
  expect(verbs("notes_search")).toEqual(["search"]);
  expect(verbs("contacts_find")).toEqual(["find"]);
  expect(verbs("ci_list_runs")).toEqual(["list"]);
  expect(verbs("email_delete")).toEqual(["delete"]);
  expect(verbs("post_comment")).toEqual(["post"]);
  expect(verbs("orders")).toEqual([]);
});

test("a tool of several deeds does what its argument says", () => {
  expect(verbs("home_access_codes", { action: "revoke", code_id: "k5" })).toEqual(["revoke"]);
  expect(verbs("issue_write", { method: "create" })).toEqual(["create"]);
  expect(verbs("lamp_control", { action: "off" })).toEqual(["turn"]);
  expect(doingOf("shop_order_action", { action: "refund" }).rest).toContain("order");
});

test("no argument makes a plain verb harmless", () => {
  expect(verbs("delete_account", { action: "list" })).toEqual(["delete", "list"]);
  expect(verbs("run_command", { method: "get" })).toEqual(["run", "get"]);
});

test("a flag that undoes something is what an update does", () => {
  expect(verbs("update_standing_order", { id: 4, cancel: true })).toEqual(["cancel"]);
  expect(verbs("update_standing_order", { id: 4, cancel: false })).toEqual(["update"]);
  expect(verbs("create_rule", { action: "delete" })).toEqual(["create"]);
});

test("what is opened to everybody says so, wherever the argument stands", () => {
  expect(doingOf("share_file", { link_access: "anyone" }).exposes).toBe(true);
  expect(doingOf("create_repository", { public: true }).exposes).toBe(true);
  expect(doingOf("share", { options: [{ visibility: "Public" }] }).exposes).toBe(true);
  expect(doingOf("share_file", { link_access: "none", note: "public" }).exposes).toBe(false);
});

test("what undoes something is found in any word of a choice, a state or a flag", () => {
  expect(verbs("manage_event", { id: 9, action: "bulk_delete" })).toContain("delete");
  expect(verbs("manage_event", { id: 9, action: ["delete"] })).toContain("delete");
  expect(verbs("update_file", { file_id: 7, status: "deleted" })).toContain("delete");
  expect(verbs("update_file", { file_id: 7, is_deleted: true })).toContain("delete");
  expect(doingOf("share_file", { access: "anyone_with_the_link" }).exposes).toBe(true);
  expect(doingOf("share_file", { acl: "public-read" }).exposes).toBe(true);
});
