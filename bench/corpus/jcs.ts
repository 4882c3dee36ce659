import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { canonicalize } from "../../src/wire/json/canonical.ts";
import { decodeUtf8Strict, parseLenient } from "../../src/wire/json/parse.ts";
import type { CorpusResult, Disagreement } from "./run.ts";

/** RFC 8785 pairs: what each input becomes, byte for byte. Read leniently, since it is the writing that is tested. */
export async function run(folder: string): Promise<CorpusResult> {
  const input = join(folder, "jcs", "input");
  const names = existsSync(input) ? readdirSync(input).toSorted() : [];
  const disagreements: Disagreement[] = [];
  for (const name of names) {
    const expected = readFileSync(join(folder, "jcs", "output", name));
    const parsed = parseLenient(decodeUtf8Strict(readFileSync(join(input, name))) ?? "");
    const got = parsed.kind === "parsed" ? Buffer.from(canonicalize(parsed.value)) : null;
    if (got === null) disagreements.push({ name, what: "it cannot be read" });
    else if (!got.equals(expected)) disagreements.push({ name, what: "another text than RFC 8785 says" });
  }
  return {
    passed: names.length - disagreements.length,
    failed: disagreements.length,
    disagreements,
    ran: new Set(names),
  };
}
