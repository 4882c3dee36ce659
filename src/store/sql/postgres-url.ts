import { type PostgresAddress, readAddress } from "../../wire/postgres/address.ts";
import { badUrl, needsTls } from "./postgres-fault.ts";

/** Where the store is.
 *  @throws WritError `store_url_invalid`, `store_needs_tls`; neither repeats the address, which holds a password. */
export function readPostgresUrl(text: string): PostgresAddress {
  return readAddress(text, { invalid: badUrl, needsTls });
}
