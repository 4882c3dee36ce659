/** `npm run corpus -- [cedar] [jws] [jcs]`: published test vectors, read in place, and every disagreement by name. */
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";

export interface Disagreement {
  readonly name: string;
  readonly what: string;
}

export interface CorpusResult {
  readonly passed: number;
  readonly failed: number;
  readonly disagreements: readonly Disagreement[];
  /** Every vector there was; without it a waiver for a vector that is not in the folder counts as stale. */
  readonly ran?: ReadonlySet<string>;
}

interface Waiver {
  readonly vector: string;
  readonly name: string;
  readonly reason: string;
}

const CORPORA = ["cedar", "jws", "jcs"] as const;
type Corpus = (typeof CORPORA)[number];

const LOAD: Record<Corpus, () => Promise<{ run(folder: string): Promise<CorpusResult> }>> = {
  cedar: () => import("./cedar.ts"),
  jws: () => import("./jws.ts"),
  jcs: () => import("./jcs.ts"),
};

process.exitCode = await main(process.argv.slice(2));

async function main(asked: readonly string[]): Promise<number> {
  const odd = asked.find((name) => !CORPORA.some((corpus) => corpus === name));
  if (odd !== undefined) {
    console.error(`there is no corpus \`${odd}\`; use ${CORPORA.join(", ")}, or none for all`);
    return 2;
  }
  const folder = resolve(process.env["WRIT_SHARED"] ?? join(import.meta.dirname, "../../../shared"), "vectors");
  if (!existsSync(folder)) {
    console.log("skipped: no `vectors` folder under WRIT_SHARED, or in `shared` beside the checkout");
    return 0;
  }
  const waivers = JSON.parse(readFileSync(join(import.meta.dirname, "waivers.json"), "utf8")) as readonly Waiver[];
  let clean = true;
  for (const corpus of CORPORA.filter((name) => asked.length === 0 || asked.includes(name))) {
    const result = await (await LOAD[corpus]()).run(folder);
    clean =
      report(
        corpus,
        result,
        waivers.filter((waiver) => waiver.vector === corpus),
      ) && clean;
  }
  return clean ? 0 : 1;
}

/** Prints the result; true when each disagreement is waived, and each waiver still needed. */
function report(corpus: Corpus, result: CorpusResult, waivers: readonly Waiver[]): boolean {
  const reasons = new Map(waivers.map((waiver) => [waiver.name, waiver.reason]));
  const disagreeing = new Set(result.disagreements.map(({ name }) => name));
  const stale = [...reasons.keys()].filter((name) => !disagreeing.has(name) && (result.ran?.has(name) ?? true));
  let waived = 0;
  for (const { name, what } of result.disagreements) {
    const reason = reasons.get(name);
    if (reason !== undefined) waived++;
    console.log(`${corpus}: ${name}: ${what}${reason === undefined ? "" : ` (waived: ${reason})`}`);
  }
  for (const name of stale) console.log(`${corpus}: ${name}: agrees, so its waiver is stale`);
  const open = result.disagreements.length - waived;
  console.log(
    `${corpus}: ${result.passed} passed, ${result.failed} failed, of those ${waived} waived, ${open} not; ${stale.length} stale waivers`,
  );
  return open === 0 && stale.length === 0 && result.failed === result.disagreements.length;
}
