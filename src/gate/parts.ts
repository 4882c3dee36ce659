import type { Profiles } from "../authority/capability/profiles.ts";
import type { Memory } from "../authority/memory/memory.ts";
import type { Broker } from "../broker/broker.ts";
import type { Meaning } from "../analysis/meaning.ts";
import type { OwnGround } from "../analysis/self-target.ts";
import type { Call } from "../domain/call.ts";
import type { Capability } from "../domain/capability.ts";
import type { Effects } from "../domain/effect.ts";
import type { GatewayId } from "../domain/gateway.ts";
import type { ServerName } from "../domain/ids.ts";
import type { ToolDefinition } from "../domain/tool.ts";
import type { Configuration, ToolRule } from "../ports/configuration.ts";
import type { Credentials } from "../ports/credentials.ts";
import type { PolicySet } from "../ports/policy.ts";
import type { Store } from "../ports/store.ts";
import type { Clock, Digests, Ids, Log } from "../ports/system.ts";
import type { Catalogue } from "./catalogue.ts";
import type { InFlight } from "./in-flight.ts";
import type { Owed } from "./owed.ts";
import type { Tracing } from "./tracing.ts";

/** What the stages are given; put together by hand in `main.ts`. */
export interface GateParts {
  readonly configuration: Configuration;
  readonly gateway: GatewayId;
  readonly store: Store;
  readonly credentials: Credentials;
  /** The set in force now; null before any was applied. */
  readonly policies: () => PolicySet | null;
  readonly catalogue: Catalogue;
  readonly meaning: (
    call: Pick<Call, "server" | "tool" | "method" | "params">,
    definition: ToolDefinition | null,
  ) => Meaning;
  /** The rule that a call is read by; costs nothing of what reading it does. */
  readonly rule: (
    call: Pick<Call, "server" | "tool" | "method" | "params">,
    definition: ToolDefinition | null,
  ) => ToolRule | null;
  readonly ground: OwnGround;
  /** Where the values of calls came from. */
  readonly tracing: Tracing;
  /** The capability profile a caller has now; its hash is in every credential and record. */
  readonly profile: Profiles["of"];
  /** Asks the store for it, where another gateway may have changed it just now. */
  readonly profileAnew: Profiles["refresh"];
  /** What a call with these effects takes to be trusted with. `tool` is qualified. */
  readonly needs: (effects: Effects, tool: string) => readonly Capability[];
  readonly audience: (server: ServerName) => string;
  readonly broker: Pick<Broker, "credentialFor" | "challenged" | "foresee" | "shows">;
  readonly memory: Memory;
  readonly inFlight: InFlight;
  readonly owed: Pick<Owed, "owe">;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly digests: Digests;
  readonly log: Log;
}
