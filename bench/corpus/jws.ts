import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { JsonObject } from "../../src/domain/json.ts";
import { ALGORITHMS } from "../../src/wire/jose/algorithms.ts";
import { importJwk } from "../../src/wire/jose/jwk.ts";
import { byKid, verifyJws } from "../../src/wire/jose/verify.ts";
import type { CorpusResult, Disagreement } from "./run.ts";

interface Group {
  readonly public?: JsonObject;
  readonly private: JsonObject;
  readonly tests: readonly {
    readonly tcId: number;
    readonly comment: string;
    readonly jws: unknown;
    readonly result: string;
  }[];
}

/** Wycheproof's JSON Web Signature cases. Every algorithm we know is admitted; which one a case may use is fixed by
 *  what its key says, as it is for our own tokens. */
export async function run(folder: string): Promise<CorpusResult> {
  const file = join(folder, "wycheproof-jws.json");
  if (!existsSync(file)) return { passed: 0, failed: 0, disagreements: [], ran: new Set() };
  const { testGroups } = JSON.parse(readFileSync(file, "utf8")) as { readonly testGroups: readonly Group[] };
  const disagreements: Disagreement[] = [];
  const ran = new Set<string>();
  for (const group of testGroups) {
    const key = importJwk(group.public ?? group.private, [...ALGORITHMS.keys()]);
    for (const test of group.tests) {
      const name = `${test.tcId} ${test.comment}`;
      ran.add(name);
      const why = typeof key === "string" ? key : judge(test.jws, byKid([key]));
      const accepted = why === null;
      if (test.result === "acceptable" || accepted === (test.result === "valid")) continue;
      disagreements.push({ name, what: accepted ? "invalid, and we accept it" : `valid, and we refuse it: ${why}` });
    }
  }
  return { passed: ran.size - disagreements.length, failed: disagreements.length, disagreements, ran };
}

/** Null when accepted, or why not. */
function judge(jws: unknown, key: ReturnType<typeof byKid>): string | null {
  // The JSON serialization is an object here; a token of ours is always text.
  if (typeof jws !== "string") return "not_compact";
  const verified = verifyJws(jws, { typ: null, key });
  return verified.kind === "verified" ? null : verified.why;
}
