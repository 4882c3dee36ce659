import { groundOf, type Grounds, type Level } from "./ground.ts";
import { atomsIn } from "./normal.ts";
import { scalars } from "./traced-call.ts";

const BEHIND: ReadonlySet<Level> = new Set(["words", "answered", "endorsed", "high", "record", "kind", "low"]);
const MOST = 200;
const LONGEST = 256;

/** The values that a change writes somewhere with nobody behind them: out of a text, or the agent's own. What was written from
 *  tainted values is tainted when it is read back, however well it is kept meanwhile. */
export function written(grounds: Grounds): readonly string[] {
  const values = new Set<string>();
  for (const [name, value] of Object.entries(grounds.input)) {
    for (const text of scalars(value)) {
      const own = text.length <= LONGEST ? [text] : [];
      for (const one of [...own, ...atomsIn(text).map((atom) => atom.text)]) {
        if (values.size < MOST && !BEHIND.has(groundOf(one, name, grounds).level)) values.add(one);
      }
    }
  }
  return [...values];
}
