import { createHash } from "node:crypto";
import { type Capabilities, createCapabilities } from "../../src/authority/capability/capabilities.ts";
import type { AuthorityParts } from "../../src/authority/parts.ts";
import type { AgentName, InstanceId } from "../../src/domain/ids.ts";
import type { Digests } from "../../src/ports/system.ts";
import type { Store } from "../../src/ports/store.ts";
import { parseCapabilities } from "../../src/system/capability-file.ts";
import { parseConfiguration } from "../../src/system/config.ts";
import { systemIds } from "../../src/system/ids.ts";

export const AGENT = "clerk" as AgentName;
export const INSTANCE = { id: "i_1" as InstanceId, agent: AGENT };
const RULES = "agents: { clerk: { start: 1 } }\nmaterial: [model]\n";
const LOG = { debug() {}, info() {}, warn() {}, error() {} };

/** The part of a gateway that knows what agents may be trusted with, over this store. */
export async function capabilitiesOn(store: Store): Promise<Capabilities> {
  const parsed = parseConfiguration("agents: { clerk: {} }", "/srv/bench/writ.yaml");
  if (parsed.kind === "refused") throw new Error(JSON.stringify(parsed.problems));
  const { configuration } = parsed;
  const plain = (text: string): string => `sha-256:${createHash("sha256").update(text).digest("base64url")}`;
  const digests = { plain, keyed: plain } as unknown as Digests;
  const parts = { store, clock: { now: Date.now }, ids: systemIds, digests, configuration, log: LOG };
  const capabilities = createCapabilities(
    parts as unknown as AuthorityParts,
    {
      text: () => Promise.resolve(RULES),
      parse: (text) => parseCapabilities(text, "capabilities.yaml", { tier: configuration.tier, agents: [AGENT] }),
    },
    new Map(),
  );
  await capabilities.start();
  return capabilities;
}
