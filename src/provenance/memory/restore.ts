import type { JsonObject } from "../../domain/json.ts";
import type { MemoryRule } from "../../domain/memory.ts";
import { argumentsFor, type FoundPart } from "./elements.ts";

export interface Restoring {
  readonly tool: string;
  readonly arguments: JsonObject;
}

/** The calls that could put these parts of an element back, the one that says least beside them first. `tools` are those of
 *  the server it is at, with what each does to memory. None where no tool has a place for all of them. */
export function restoringCalls(
  tools: Readonly<Record<string, MemoryRule>>,
  key: readonly string[],
  parts: readonly FoundPart[],
): readonly Restoring[] {
  const found = Object.entries(tools).flatMap(([tool, { does, elements }]) =>
    does !== "write"
      ? []
      : elements.flatMap((place) => {
          const built = argumentsFor(place, { key, parts });
          return built === null ? [] : [{ tool, arguments: built, says: place.text.length }];
        }),
  );
  return found.toSorted((a, b) => a.says - b.says).map(({ tool, arguments: input }) => ({ tool, arguments: input }));
}
