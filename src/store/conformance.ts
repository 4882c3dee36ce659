import { ATOMICITY_CASES } from "./conformance/atomicity-cases.ts";
import type { StoreCase } from "./conformance/case.ts";
import { DOCUMENT_CASES } from "./conformance/document-cases.ts";
import { IDENTIFIER_CASES } from "./conformance/identifier-cases.ts";
import { LEDGER_CASES } from "./conformance/ledger-cases.ts";
import { LIST_CASES } from "./conformance/list-cases.ts";
import { RACING_CASES } from "./conformance/racing-cases.ts";
import { REVOCATION_CASES } from "./conformance/revocation-cases.ts";
import { VALUE_CASES } from "./conformance/values-cases.ts";

/** Every promise of the store's port, one case each; a store keeps all of them or is not one. */
export const STORE_CASES: readonly StoreCase[] = [
  ...VALUE_CASES,
  ...DOCUMENT_CASES,
  ...IDENTIFIER_CASES,
  ...ATOMICITY_CASES,
  ...RACING_CASES,
  ...LIST_CASES,
  ...REVOCATION_CASES,
  ...LEDGER_CASES,
];
