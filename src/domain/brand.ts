/** A primitive that says what it identifies: a `GrantId` is not a `TaskId`. */
declare const brand: unique symbol;
export type Brand<T, Name extends string> = T & { readonly [brand]: Name };
