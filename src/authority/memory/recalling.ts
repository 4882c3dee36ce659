import type { JsonObject } from "../../domain/json.ts";
import type { Via } from "../../domain/lineage.ts";
import type { MemoryPart, MemoryUse } from "../../domain/memory.ts";
import { AS_IT_IS, type Edit, editElements, type Found } from "../../provenance/memory/elements.ts";
import type { OthersTexts, Recalled } from "../../provenance/memory/recalled.ts";
import { editResult } from "../../provenance/memory/result.ts";
import { nameOf, type Read, type Reading } from "./reading.ts";

/** What a read brings into its session, by who wrote it; null where all that it shows is plain. */
export function recalledOf(use: MemoryUse, result: JsonObject, reading: Reading): Recalled | null {
  const all = [...reading.elements.values()];
  if (reading.strange === 0 && all.every((one) => one.judgement.kind === "shown" && notPlain(one).size === 0))
    return null;
  const others = all.flatMap(othersIn);
  if (use.kind === "file") return { plain: others.length > 0 ? {} : result, others };
  const plain = editResult(
    result,
    (value) =>
      editElements(
        value,
        use.elements,
        (found) => plainEdit(reading, found),
        () => "",
      ),
    () => null,
  );
  return { plain, others };
}

/** Only what is plain stays. The name of an element is as good as the best of what is said of it. */
function plainEdit(reading: Reading, found: Found | null): Edit {
  const read = found === null ? undefined : reading.elements.get(nameOf(found));
  if (read === undefined) return { kind: "drop" };
  const apart = notPlain(read);
  if (apart.size === 0) return AS_IT_IS;
  return apart.size === read.found.parts.length
    ? { kind: "drop" }
    : { kind: "keep", marked: apart, dropped: new Set() };
}

/** What others could have written, and what is not shown. */
function notPlain({ judgement, found }: Read): ReadonlySet<number> {
  return judgement.kind === "shown"
    ? new Set([...judgement.quarantined, ...judgement.hidden.keys()])
    : judgement.kind === "met" && !judgement.quarantined
      ? new Set()
      : new Set(found.parts.keys());
}

function othersIn(read: Read): readonly OthersTexts[] {
  const { judgement, found } = read;
  if (judgement.kind === "changed" || judgement.kind === "withheld") return [];
  const hidden = judgement.kind === "shown" ? judgement.hidden : new Map();
  const texts = [...notPlain(read)].filter((at) => !hidden.has(at));
  if (texts.length === 0) return [];
  const named = texts.length === found.parts.length ? found.key : [];
  // Each text came its own way.
  return texts.map((at, i) => ({
    via: viaOf(read.id, read.sources[at] ?? null),
    texts: [found.parts[at]?.text ?? "", ...(i === 0 ? named : [])],
  }));
}

function viaOf(element: string, part: MemoryPart | null): Via {
  return { element, session: part?.source?.session ?? null, from: part?.from ?? [] };
}
