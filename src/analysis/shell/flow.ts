import { LONGEST } from "./syntax.ts";
import { type Flow, OPAQUE } from "./state.ts";

/** The output of one and then of the other. */
export function together(one: Flow, other: Flow): Flow {
  if (one.kind === "none") return other;
  if (other.kind === "none") return one;
  if (one.kind === "fetched" || other.kind === "fetched") return { kind: "fetched" };
  if (one.kind === "text" && other.kind === "text" && one.text.length + other.text.length <= LONGEST)
    return { kind: "text", text: one.text + other.text };
  return OPAQUE;
}
