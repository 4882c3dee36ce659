/** What authority costs: exchanges per second beside `oidc-provider` in the same run, microseconds to mint and to verify
 *  a credential and to take a call through the gate, milliseconds until an ended task's calls are dead. Prints one JSON
 *  object. `WRIT_BENCH=short` takes fewer of each. */
import { createCredentials } from "../src/authority/tokens/credentials.ts";
import { createDpopGuard } from "../src/authority/tokens/dpop.ts";
import { ringOf } from "../src/authority/tokens/key-ring.ts";
import type { Instance } from "../src/domain/principal.ts";
import type { Task } from "../src/domain/task.ts";
import { systemIds } from "../src/system/ids.ts";
import { proofMaker } from "../src/wire/jose/dpop-proof.ts";
import { generateSigningJwk, signingKey } from "../src/wire/jose/sign.ts";
import { measureCorridor } from "./authority/corridor.ts";
import { measureExchange } from "./authority/exchange.ts";
import { measureTimeToDead } from "./authority/time-to-dead.ts";

const SHORT = process.env["WRIT_BENCH"] === "short";
const [ROUND_MS, ROUNDS] = SHORT ? [1_000, 3] : [5_000, 7];
const CALLS = SHORT ? 500 : 5_000;
const TRIALS = SHORT ? 20 : 1_000;

/** Microseconds at the median of `times`: minting a task token, verifying one for the first time and again, and
 *  checking a proof. */
function measureTokens(times = 2_000): Readonly<Record<string, number>> {
  const signing = signingKey(generateSigningJwk());
  if (signing === null) throw new TypeError("a fresh key is a key");
  const now = Date.now();
  const url = "http://127.0.0.1:7420/mcp";
  const keys = ringOf(signing);
  const settings = { issuer: "http://127.0.0.1:7420", trustDomain: "writ.local", keys, ids: systemIds };
  const credentials = createCredentials(settings);
  const instance = { id: "i_1", agent: "bench", owner: "ada", thumbprint: signing.kid, binding: "proof-of-possession" };
  const task = { id: "t_1", owner: "ada", session: "s_1", deadline: now + 3_600_000 };
  const mint = () =>
    credentials.mintTask(task as unknown as Task, instance as unknown as Instance, "p", 1 as never, now).token;
  const tokens = Array.from({ length: times }, mint);
  const shown = tokens.map((token) => ({ token, proven: signing.kid }));
  const last = shown.slice(-1_000);
  const guard = createDpopGuard();
  const prove = proofMaker(signing);
  const nonce = guard.nonce(now);
  const proofs = tokens.map((token) => prove({ method: "POST", url, nonce, token }, now));
  return {
    mint: each(tokens, mint),
    verifyFirst: each(shown, (one) => credentials.verifyTask(one, now)),
    verifyAgain: each(last, (one) => credentials.verifyTask(one, now)),
    makeProof: each(tokens, (token) => prove({ method: "POST", url, nonce, token }, now)),
    checkProof: each(proofs, (header, i) =>
      guard.check({ header, method: "POST", urls: [url], token: tokens[i] ?? null }, now),
    ),
  };
}

function each<T>(values: readonly T[], body: (value: T, i: number) => unknown): number {
  const took = values.map((value, i) => {
    const began = performance.now();
    body(value, i);
    return (performance.now() - began) * 1_000;
  });
  return Math.round((took.toSorted((a, b) => a - b)[Math.floor(took.length / 2)] ?? 0) * 10) / 10;
}

const { mint, verifyFirst, verifyAgain, makeProof, checkProof } = measureTokens();
console.log(
  JSON.stringify({
    exchange: await measureExchange(ROUND_MS, ROUNDS),
    verify: { first_p50_us: verifyFirst, again_p50_us: verifyAgain },
    mint: { p50_us: mint },
    proof: { make_p50_us: makeProof, check_p50_us: checkProof },
    corridor: await measureCorridor(CALLS),
    timeToDead: await measureTimeToDead(TRIALS),
  }),
);
