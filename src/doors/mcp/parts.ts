import type { DpopGuard } from "../../authority/tokens/dpop.ts";
import type { CallDraft } from "../../domain/call.ts";
import type { ServerName, TaskId } from "../../domain/ids.ts";
import type { JsonObject } from "../../domain/json.ts";
import type { Principal } from "../../domain/principal.ts";
import type { Catalogue } from "../../gate/catalogue.ts";
import type { Gate } from "../../gate/gate.ts";
import type { InFlight } from "../../gate/in-flight.ts";
import type { Configuration } from "../../ports/configuration.ts";
import type { Clock, Digests, Ids, Log } from "../../ports/system.ts";
import type { Channel, Upstream } from "../../ports/upstream.ts";
import type { AllowedOrigins } from "../../wire/http/origin.ts";
import type { Era } from "../../wire/mcp/revisions.ts";

export interface McpDoorParts {
  readonly gate: Gate;
  readonly catalogue: Catalogue;
  readonly upstreams: ReadonlyMap<ServerName, Upstream>;
  /** Writ's own tools, for one principal, in the era of its client. */
  readonly own: { readonly server: ServerName; channel(principal: Principal, era: Era): Channel };
  readonly configuration: Configuration;
  readonly allowed: AllowedOrigins;
  /** What clients know this gateway by, `http://127.0.0.1:7420`: a proof names one of them. */
  readonly origins: readonly string[];
  readonly dpop: DpopGuard;
  /** Programs may sign people in here: whoever comes without a token is told where. */
  readonly signsIn: boolean;
  /** The scope that names a denied call to a client that signs its person in; null for any other caller. */
  readonly offer: (principal: Principal, draft: CallDraft, resource: string) => Promise<string | null>;
  readonly sealing: {
    seal(payload: JsonObject, aad: string): string;
    open(text: string, aad: string): JsonObject | null;
  };
  /** Streams that are listened to; a revocation ends those it reaches. */
  readonly streams: InFlight;
  /** Tells when the tools of some server, or what was pinned of them, changed. Returns the way to stop. */
  readonly onToolsChanged: (listener: () => void) => () => void;
  /** Tells when what this task holds, or what policy permits, changed: it may see other tools now. */
  readonly onScopeChanged: (task: TaskId, listener: () => void) => () => void;
  /** Marks a sealed state as used; false when it was before. */
  readonly spend: (id: string, expiresAt: number) => Promise<boolean>;
  /** Told what a client says it is when it begins a session. */
  readonly introduced: (
    principal: Principal,
    client: { readonly name: string; readonly version: string | null },
  ) => void;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly digests: Digests;
  readonly log: Log;
}

/** Which servers an endpoint shows: one under its tools' plain names, or all under `server__tool`. */
export type View = { readonly kind: "one"; readonly server: ServerName } | { readonly kind: "all" };
