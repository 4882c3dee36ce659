import { hash } from "node:crypto";
import type { Digest } from "../domain/ids.ts";
import type { JsonObject } from "../domain/json.ts";
import { covered, GENESIS, type LedgerRecord, type RecordDraft } from "../domain/record.ts";
import { canonicalize } from "../wire/json/canonical.ts";
import { checkText } from "./text.ts";

/** The entry that follows `head`: the next number, and a hash that covers the hash before it. */
export function follow(head: Pick<LedgerRecord, "number" | "hash"> | null, draft: RecordDraft): LedgerRecord {
  const { kind, at, call, task, body } = draft;
  for (const key of [call, task]) if (key !== null) checkText(key);
  const open = { number: (head?.number ?? 0) + 1, previous: head?.hash ?? GENESIS, kind, at, call, task, body };
  return { ...open, hash: digest(covered(open)) };
}

function digest(content: JsonObject): Digest {
  return `sha-256:${hash("sha256", canonicalize(content), "base64url")}` as Digest;
}
