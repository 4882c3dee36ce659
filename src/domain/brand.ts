/** A primitive that says what it identifies: a `GrantId` is not a `TaskId`. */
declare const brand: unique symbol;
export type Brand<T, Name extends string> = T & { readonly [brand]: Name };

/** Ends every switch over a closed union: a new member fails to compile until it has its case. */
export function assertNever(value: never): never {
  throw new TypeError(`unreachable: ${JSON.stringify(value)}`);
}
