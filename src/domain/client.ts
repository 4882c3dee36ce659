import type { Brand } from "./brand.ts";

/** A program that is known by its keys and acts for nobody's task: a resource server, most often. Its name is its
 *  `client_id`. */
export type ClientName = Brand<string, "ClientName">;

/** What a client may ask of the token service beside getting tokens. */
export const CLIENT_RIGHTS = ["introspect"] as const;
export type ClientRight = (typeof CLIENT_RIGHTS)[number];
