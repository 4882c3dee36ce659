import type { Store } from "../ports/store.ts";

/** What is this deployment's and no other's: the hash of the first entry of its record. The same for all of its gateways;
 *  asked for once there is one. */
export function deploymentOf(store: Store): () => Promise<string> {
  let known: string | null = null;
  return async () => {
    if (known !== null) return known;
    const [first] = await store.read((tx) => tx.ledger({ after: 0, limit: 1 }));
    if (first === undefined) throw new TypeError("nothing has been recorded yet");
    return (known = first.hash.replaceAll(/[^0-9A-Za-z]/g, "").slice(-32));
  };
}
