import type { Digest, ServerName, ToolName } from "../../domain/ids.ts";
import type { JsonObject } from "../../domain/json.ts";
import type { Pin, PinStatus, ToolDefinition } from "../../domain/tool.ts";
import type { WriteTx } from "../../ports/store.ts";
import { suspicionsOf } from "../../provenance/definitions/suspicions.ts";
import { lineDiff } from "./line-diff.ts";
import type { Actor, AuthorityParts } from "../parts.ts";
import { refusal } from "../refusals.ts";

/** What a server says now, compared with what was accepted. */
export interface Observed {
  readonly server: ServerName;
  readonly origin: Digest;
  readonly definitions: readonly ToolDefinition[];
  readonly statuses: ReadonlyMap<ToolName, PinStatus>;
  /** What people accepted for this place, whatever the server says by now. */
  readonly accepted: readonly ToolDefinition[];
}

/** Holds what each server said last, and what people accepted of it. */
export interface Pins {
  /** Compares what a server says now with its pins. The first time a server is met, all of it is pinned but what is odd;
   *  afterwards nothing is, until a person accepts it. A pin made for another place counts for nothing here. Something odd
   *  that shows only beside another server's tools is held back too, unless a person has accepted it. */
  observe(server: ServerName, origin: Digest, definitions: readonly ToolDefinition[]): Promise<Observed>;
  /** Takes what was accepted for this place as what the server says, until it says something itself. */
  recall(server: ServerName, origin: Digest): Promise<Observed>;
  /** The last observation; null for a server not met since start. */
  observed(server: ServerName): Observed | null;
  /** Accepts what the server says now, for one tool or for all; returns the tools newly accepted.
   *  @throws WritError `server_unseen`, `tool_unknown`, `definition_changed` when it is no longer what the person saw. */
  accept(asked: {
    readonly server: ServerName;
    readonly tool: ToolName | null;
    readonly seen?: Digest;
    readonly by: Actor;
  }): Promise<readonly ToolName[]>;
}

export function createPins(parts: Pick<AuthorityParts, "store" | "clock" | "log" | "configuration">): Pins {
  const last = new Map<ServerName, Observed>();

  async function put(tx: WriteTx, origin: Digest, definition: ToolDefinition, by: Actor): Promise<void> {
    const at = parts.clock.now();
    const pin: Pin = {
      server: definition.server,
      tool: definition.name,
      origin,
      definition: definition.body,
      hash: definition.hash,
      acceptedBy: by,
      acceptedAt: at,
    };
    await tx.putPin(pin);
    await tx.append({
      kind: "pin",
      at,
      call: null,
      task: null,
      body: { server: pin.server, tool: pin.tool, hash: pin.hash, origin, by },
    });
  }

  /** What the other servers said last. */
  function foreign(server: ServerName): readonly ToolDefinition[] {
    return [...last].flatMap(([name, { definitions }]) => (name === server ? [] : definitions));
  }

  const { servers } = parts.configuration;

  /** What people accepted of the servers that stand before it: these names are taken, so whoever comes later is looked at and
   *  nobody is held back for what another one says. What a database offers is Writ's own. */
  function taken({ server, name }: ToolDefinition): readonly ToolDefinition[] {
    const at = servers.findIndex((one) => one.name === server);
    const here = servers[at];
    const fine = here?.sameNames?.some((one) => one === "*" || one === name) === true;
    if (here === undefined || fine || here.launch.kind === "postgres" || here.launch.kind === "sqlite") return [];
    return servers.slice(0, at).flatMap((one) => last.get(one.name)?.accepted ?? []);
  }

  function compare(
    server: ServerName,
    origin: Digest,
    definitions: readonly ToolDefinition[],
    pins: readonly Pin[],
  ): Observed {
    const here = pins.filter((pin) => pin.origin === origin);
    const others = foreign(server);
    const statuses = new Map<ToolName, PinStatus>();
    for (const definition of definitions)
      statuses.set(
        definition.name,
        statusOf(
          definition,
          here.find((pin) => pin.tool === definition.name),
          others,
          taken(definition),
        ),
      );
    const accepted = here.map((pin) => ({ server, name: pin.tool, body: pin.definition, hash: pin.hash }));
    const observed: Observed = { server, origin, definitions, statuses, accepted };
    last.set(server, observed);
    return observed;
  }

  return {
    async observe(server, origin, definitions) {
      const known = await parts.store.read((tx) => tx.pins(server));
      const pins =
        known.length > 0 || definitions.length === 0
          ? known
          : await parts.store.write(async (tx) => {
              // Another process may have met it in between.
              if ((await tx.pins(server)).length === 0)
                for (const definition of definitions)
                  if (suspicionsOf(definition, foreign(server), taken(definition)).length === 0)
                    await put(tx, origin, definition, FIRST_CONTACT);
              await tx.publish("pin", server);
              return tx.pins(server);
            });
      const observed = compare(server, origin, definitions, pins);
      for (const [tool, status] of observed.statuses) {
        if (status.kind === "drifted" || status.kind === "new" || status.kind === "suspect")
          parts.log.warn({ server, tool, pin: status.kind }, "a tool is held back until a person accepts it");
      }
      return observed;
    },
    async recall(server, origin) {
      const pins = (await parts.store.read((tx) => tx.pins(server))).filter((pin) => pin.origin === origin);
      const definitions = pins.map((pin) => ({ server, name: pin.tool, body: pin.definition, hash: pin.hash }));
      return compare(server, origin, definitions, pins);
    },
    observed: (server) => last.get(server) ?? null,
    async accept({ server, tool, seen, by }) {
      const observed = last.get(server);
      if (observed === undefined)
        throw refusal(
          "server_unseen",
          409,
          { server },
          `\`${server}\` has not said yet what its tools are`,
          "`writ doctor` says whether it answers",
        );
      const wanted = observed.definitions.filter((one) => tool === null || one.name === tool);
      if (wanted.length === 0)
        throw refusal(
          "tool_unknown",
          404,
          { server, tool: tool ?? "*" },
          `\`${server}\` has no tool \`${tool ?? "*"}\``,
          "`writ tools list` shows the tools there are",
        );
      if (seen !== undefined && wanted.some((one) => one.hash !== seen)) {
        throw refusal(
          "definition_changed",
          409,
          { server, tool: tool ?? "*" },
          "the definition has changed since it was shown",
          "read `writ tools diff` again",
        );
      }
      const changed = wanted.filter((one) => observed.statuses.get(one.name)?.kind !== "pinned");
      const pins = await parts.store.write(async (tx) => {
        for (const definition of changed) await put(tx, observed.origin, definition, by);
        await tx.publish("pin", server);
        return tx.pins(server);
      });
      compare(server, observed.origin, observed.definitions, pins);
      return changed.map((one) => one.name);
    },
  };
}

const FIRST_CONTACT = "first contact";

function statusOf(
  definition: ToolDefinition,
  pin: Pin | undefined,
  others: readonly ToolDefinition[],
  taken: readonly ToolDefinition[],
): PinStatus {
  if (pin?.hash === definition.hash && pin.acceptedBy !== FIRST_CONTACT) return { kind: "pinned", hash: pin.hash };
  const why = suspicionsOf(definition, others, taken);
  if (pin === undefined || pin.hash === definition.hash) {
    if (why.length > 0) return { kind: "suspect", now: definition.hash, why };
    return pin === undefined ? { kind: "new", now: definition.hash } : { kind: "pinned", hash: pin.hash };
  }
  return {
    kind: "drifted",
    pinned: pin.hash,
    now: definition.hash,
    diff: lineDiff(readable(pin.definition), readable(definition.body)),
    ...(why.length === 0 ? {} : { why }),
  };
}

/** One member a line, in an order that does not depend on how the server wrote them. */
function readable(definition: JsonObject): string {
  const sort = (_: string, value: unknown): unknown =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
      : value;
  return JSON.stringify(definition, sort, 2);
}
