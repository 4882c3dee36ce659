import type { EffectKind } from "../../domain/effect.ts";

/** What a request with this method does beside what its tool always does. A method that nobody knows may do anything. */
export function kindsOfMethod(method: string): readonly EffectKind[] {
  switch (method.trim().toUpperCase()) {
    case "":
    case "GET":
    case "HEAD":
    case "OPTIONS":
    case "TRACE":
    case "PROPFIND":
      return ["read"];
    case "POST":
    case "PUT":
    case "PATCH":
      return ["send"];
    case "DELETE":
      return ["send", "delete"];
    default:
      return ["unknown"];
  }
}
