import type { Observed, Pins } from "../authority/rules/pins.ts";
import type { Call } from "../domain/call.ts";
import type { Digest, ServerName, ToolName } from "../domain/ids.ts";
import { isObject, type Json, own } from "../domain/json.ts";
import type { PinStatus, ToolDefinition } from "../domain/tool.ts";
import type { Digests, Log } from "../ports/system.ts";
import type { Upstream } from "../ports/upstream.ts";
import { canonicalize } from "../wire/json/canonical.ts";

export interface Known {
  readonly definition: ToolDefinition | null;
  readonly pin: PinStatus;
}

/** The tools of every server as they describe themselves now, held against what was pinned. */
export interface Catalogue {
  has(server: ServerName): boolean;
  /** Configured servers, Writ's own not among them. */
  servers(): readonly ServerName[];
  /** Resolves when nothing that was already heard of this server's tools is still being looked into. */
  settled(server: ServerName): Promise<void>;
  /** Synchronous: what was last heard. */
  find(call: Pick<Call, "server" | "tool" | "method">): Known;
  tools(server: ServerName): readonly (Known & { readonly name: ToolName })[];
  /** Every definition that policy may speak of: those that were accepted. What a server says instead by now, or no longer
   *  says, is not for it to break a policy with. */
  definitions(): readonly ToolDefinition[];
  /** Takes a listing, or a page of one, as a server gave it, and pins it at first contact. Resolves once `find` answers by it. */
  observe(server: ServerName, tools: readonly Json[]): Promise<void>;
  /** Asks the server itself, or whoever `ask` says. From this call on `settled` waits for the answer. False when there is none;
   *  what was known of the server stays. While one answer is on its way, everybody who asks the same gets the next. */
  refresh(server: ServerName, ask?: () => Promise<readonly Json[]>): Promise<boolean>;
  /** Holds what was last heard against the pins as they are now: a person may have accepted it. `settled` waits for it. */
  repin(server: ServerName): Promise<void>;
  /** Servers that did not answer when they were last asked. */
  silent(): readonly ServerName[];
  /** Tells after each change of what `find` answers. Returns the way to stop. */
  onChange(listener: () => void): () => void;
}

interface CatalogueParts {
  readonly pins: Pins;
  readonly upstreams: ReadonlyMap<ServerName, Upstream>;
  /** Writ's own tools; pinned by being part of it. */
  readonly own: readonly ToolDefinition[];
  readonly digests: Digests;
  readonly log: Log;
}

const RESERVED: Known = { definition: null, pin: { kind: "reserved" } };
const MISSING: Known = { definition: null, pin: { kind: "missing" } };

export function createCatalogue({ pins, upstreams, own: ours, digests, log }: CatalogueParts): Catalogue {
  const heard = new Map<ServerName, Map<ToolName, Known>>();
  const accepted = new Map<ServerName, readonly ToolDefinition[]>();
  const listing = createTurns();
  const listeners = new Set<() => void>();
  const looking = new Map<ServerName, Promise<void>>();
  const silent = new Set<ServerName>();
  for (const definition of ours) {
    const tools = heard.get(definition.server) ?? new Map<ToolName, Known>();
    heard.set(
      definition.server,
      tools.set(definition.name, { definition, pin: { kind: "pinned", hash: definition.hash } }),
    );
  }

  async function take(server: ServerName, tools: readonly Json[], complete: boolean): Promise<void> {
    const upstream = upstreams.get(server);
    if (upstream === undefined) return;
    const definitions = tools.flatMap((tool) => readDefinition(server, tool, digests));
    const before = heard.get(server) ?? new Map<ToolName, Known>();
    // A page already known word for word needs no look at the store: this is on the way of every listing.
    if (!complete && definitions.every((one) => before.get(one.name)?.definition?.hash === one.hash)) return;
    const kept = complete
      ? []
      : [...before.values()].flatMap(({ definition }) =>
          definition === null || definitions.some((one) => one.name === definition.name) ? [] : [definition],
        );
    hear(await pins.observe(server, digests.plain(upstream.origin), [...kept, ...definitions]));
  }

  function hear({ server, definitions, statuses, accepted: pinned }: Observed): void {
    accepted.set(server, pinned);
    const tools = definitions.map((definition): [ToolName, Known] => [
      definition.name,
      { definition, pin: statuses.get(definition.name) ?? MISSING.pin },
    ]);
    heard.set(server, new Map(tools));
    for (const listener of listeners) listener();
  }

  async function look(server: ServerName, ask: () => Promise<readonly Json[]>): Promise<boolean> {
    try {
      await take(server, await ask(), true);
      silent.delete(server);
      return true;
    } catch (cause) {
      log.warn({ server, cause: String(cause) }, "a server did not say what its tools are");
      silent.add(server);
      // Policies speak of its tools all the same, and its calls are refused by name and not as unknown.
      const upstream = upstreams.get(server);
      if (upstream === undefined || heard.has(server)) return false;
      const recalled = await pins.recall(server, digests.plain(upstream.origin)).catch((fault: unknown) => {
        log.warn({ server, cause: String(fault) }, "the pins of a server could not be read");
        return null;
      });
      if (recalled !== null) hear(recalled);
      return false;
    }
  }

  async function compareAnew(server: ServerName): Promise<void> {
    const upstream = upstreams.get(server);
    for (;;) {
      const tools = heard.get(server);
      if (upstream === undefined || tools === undefined) return;
      const definitions = [...tools.values()].flatMap(({ definition }) => (definition === null ? [] : [definition]));
      const observed = await pins.observe(server, digests.plain(upstream.origin), definitions);
      // Else something was heard in between, and that is what is compared.
      if (heard.get(server) === tools) return hear(observed);
    }
  }

  /** `settled` waits until this is over. */
  function awaited(server: ServerName, work: Promise<unknown>): void {
    const both = Promise.all([looking.get(server), work]).then(() => {
      if (looking.get(server) === both) looking.delete(server);
    });
    looking.set(server, both);
  }

  return {
    has: (server) => upstreams.has(server) || ours.some((one) => one.server === server),
    servers: () => [...upstreams.keys()],
    find(call) {
      if (call.method !== "tools/call") return RESERVED;
      return heard.get(call.server)?.get(call.tool) ?? MISSING;
    },
    tools: (server) => [...(heard.get(server) ?? [])].map(([name, known]) => ({ name, ...known })),
    definitions: () => [...ours, ...[...accepted.values()].flat()],
    observe: (server, tools) => take(server, tools, false),
    async settled(server) {
      // More may be heard while we wait.
      for (let last; (last = looking.get(server)) !== undefined;) await last;
    },
    refresh(server, ask) {
      const upstream = upstreams.get(server);
      if (upstream === undefined) return Promise.resolve(false);
      return listing(
        ask ?? upstream,
        () => look(server, ask ?? (() => upstream.catalogue())),
        (answer) => awaited(server, answer),
      );
    },
    repin(server) {
      const done = compareAnew(server).catch((cause: unknown) =>
        log.warn({ server, cause: String(cause) }, "the pins of a server could not be read"),
      );
      awaited(server, done);
      return done;
    },
    silent: () => [...silent],
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

type Turns = <T>(key: object, start: () => Promise<T>, planned: (work: Promise<T>) => void) => Promise<T>;

/** Runs the works of one key one after the other, and of those that come meanwhile only one: it begins after all of them
 *  were asked for, so it serves them all. */
function createTurns(): Turns {
  const running = new WeakMap<object, Promise<unknown>>();
  const waiting = new WeakMap<object, Promise<unknown>>();
  return <T>(key: object, start: () => Promise<T>, planned: (work: Promise<T>) => void): Promise<T> => {
    const next = waiting.get(key);
    if (next !== undefined) return next as Promise<T>;
    const before = running.get(key);
    const work = Promise.resolve(before?.catch(() => {})).then(() => {
      waiting.delete(key);
      running.set(key, work);
      return start().finally(() => running.delete(key));
    });
    if (before !== undefined) waiting.set(key, work);
    else running.set(key, work);
    planned(work);
    return work;
  };
}

/** None for what is not a tool with a name; the hash covers the whole definition, unknown members included. */
export function readDefinition(server: ServerName, tool: Json, digests: Digests): readonly ToolDefinition[] {
  const name = isObject(tool) ? own(tool, "name") : undefined;
  if (!isObject(tool) || typeof name !== "string" || name === "" || name.length > 128 || name.startsWith("$"))
    return [];
  return [{ server, name: name as ToolName, body: tool, hash: definitionHash(tool, digests) }];
}

function definitionHash(tool: Json, digests: Digests): Digest {
  try {
    return digests.plain(canonicalize(tool));
  } catch {
    // A definition that has no canonical form (a lone surrogate) is still one definition.
    return digests.plain(JSON.stringify(tool));
  }
}
