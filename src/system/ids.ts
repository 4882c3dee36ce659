import { randomBytes } from "node:crypto";
import { ID_PREFIX, type IdKind, type IdOf } from "../domain/ids.ts";
import type { Ids } from "../ports/system.ts";

const RANDOM_BYTES = 16;

export const systemIds: Ids = {
  mint: <K extends IdKind>(kind: K) => `${ID_PREFIX[kind]}_${nonce()}` as IdOf<K>,
  nonce,
};

function nonce(): string {
  return randomBytes(RANDOM_BYTES).toString("base64url");
}
