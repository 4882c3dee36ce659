import { argumentFault } from "../analysis/arguments.ts";
import { placesOf } from "../analysis/files/named-places.ts";
import { fitted } from "../analysis/fit.ts";
import { paramsFault } from "../analysis/params.ts";
import type { Meaning } from "../analysis/meaning.ts";
import { selfTargets } from "../analysis/self-target.ts";
import type { AccessRequest, Standing } from "../domain/access-request.ts";
import { type Call, type CallDraft, inputOf } from "../domain/call.ts";
import { type Effects, onlyReads } from "../domain/effect.ts";
import { WritError } from "../domain/error.ts";
import { qualified } from "../domain/ids.ts";
import { own } from "../domain/json.ts";
import type { MemoryRule, MemoryUse } from "../domain/memory.ts";
import type { Principal } from "../domain/principal.ts";
import { UNTRACED } from "../domain/provenance.ts";
import { type Reason, reason } from "../domain/reason.ts";
import type { Mode } from "../domain/tier.ts";
import type { ToolDefinition } from "../domain/tool.ts";
import type { ServerConfiguration } from "../ports/configuration.ts";
import { fileUse } from "../provenance/memory/files.ts";
import { canonicalize } from "../wire/json/canonical.ts";
import type { Known } from "./catalogue.ts";
import type { GateParts } from "./parts.ts";
import { standingOf } from "./standing.ts";

/** Principal + call → AccessRequest: what it would do, where its arguments came from, and how things stand.
 *  What cannot be read becomes a fault of the request, for `decide` to refuse; null only when the principal's task
 *  has vanished from the store. `ahead` of a call, its arguments are not there yet and are not missed. */
export async function contextualise(
  parts: GateParts,
  principal: Principal,
  draft: CallDraft,
  ahead = false,
): Promise<AccessRequest | null> {
  // A server that has just said that its tools changed is not called on what they were.
  await parts.catalogue.settled(draft.server);
  const known = parts.catalogue.find(draft);
  const { call, faults, meaning } = identify(parts, draft, known, ahead);
  const profile = parts.profile(principal);
  const looked = await parts.store.read(async (tx) => {
    const standing = await standingOf(tx, principal, call.digest, profile);
    return standing === null ? null : { standing, seen: await parts.tracing.look(tx, standing.task, standing.grants) };
  });
  if (looked === null) return null;
  const request = assemble(parts, principal, call, faults, meaning, known, looked.standing);
  return { ...request, provenance: parts.tracing.trace(request, parts.rule(call, known.definition), looked.seen) };
}

function assemble(
  parts: GateParts,
  principal: Principal,
  call: Call,
  faults: readonly Reason[],
  { effects, source, memory, content }: Meaning,
  known: Known,
  standing: Standing,
): AccessRequest {
  const server = parts.configuration.servers.find((one) => one.name === call.server);
  const base = server !== undefined && "cwd" in server.launch ? server.launch.cwd : "/";
  const use = memoryUse(call, effects, memory, content, server);
  return {
    principal,
    call,
    at: parts.clock.now(),
    tier: parts.configuration.tier,
    mode: modeNow(server?.mode, parts.clock.now()),
    standing,
    feed: parts.store.feed(),
    effects,
    needs: parts.needs(effects, qualified(call.server, call.tool)),
    provenance: UNTRACED,
    source,
    ...(use === null ? {} : { memory: use }),
    pin: known.pin,
    envelope: parts.configuration.agents.find((one) => one.name === principal.agent)?.envelope ?? [],
    faults,
    selfTargets: selfTargets(call.params, base, parts.ground),
    reverseAllowed: server?.reverse.some((kind) => REVERSE[kind] === call.method) ?? false,
  };
}

/** What it does to a memory, whether a server's or a file's. */
function memoryUse(
  call: Call,
  effects: Effects,
  rule: MemoryRule | null,
  content: boolean,
  server: ServerConfiguration | undefined,
): MemoryUse | null {
  if (rule !== null) return { ...rule, kind: "elements", place: call.server };
  const local = server !== undefined && server.launch.kind !== "http";
  const remembers = (path: string): boolean => placesOf(path).includes("agent-memory");
  return fileUse(effects, inputOf(call), { server: call.server, local, content, remembers });
}

/** The request that this call would be if things stood like this: for `explain`, where nobody makes it. */
export async function rehearse(
  parts: GateParts,
  principal: Principal,
  draft: CallDraft,
  standing: Standing,
): Promise<AccessRequest> {
  await parts.catalogue.settled(draft.server);
  const known = parts.catalogue.find(draft);
  const { call, faults, meaning } = identify(parts, draft, known, false);
  return assemble(parts, principal, call, faults, meaning, known, standing);
}

const REVERSE = { sampling: "sampling/createMessage", elicitation: "elicitation/create", roots: "roots/list" } as const;

/** Reads what the call would do, and gives it its id, its one spelling and the digests everything later is bound to:
 *  what was judged is what is hashed and forwarded. */
function identify(
  parts: GateParts,
  given: CallDraft,
  known: Known,
  ahead: boolean,
): { call: Call; faults: readonly Reason[]; meaning: Meaning } {
  const fit = asTyped(given, known.definition);
  const meaning = parts.meaning(fit, known.definition);
  const draft = { ...fit, params: meaning.params };
  const faults: Reason[] = [];
  let canonical = "";
  try {
    canonical = canonicalize(draft.params);
  } catch (cause) {
    if (!(cause instanceof WritError)) throw cause;
    faults.push(reason("call_unparsed", { why: cause.message }));
  }
  const tool = qualified(draft.server, draft.tool);
  if (!parts.catalogue.has(draft.server)) faults.push(reason("server_unknown", { server: draft.server }));
  else if (known.pin.kind === "missing") faults.push(reason("tool_unknown", { tool }));
  const odd = paramsFault(draft.method, draft.params);
  if (odd !== null) faults.push(odd);
  else if (known.definition !== null && !ahead) {
    const fault = argumentFault(
      tool,
      own(known.definition.body, "inputSchema"),
      inputOf(draft),
      onlyReads(meaning.effects),
    );
    if (fault !== null) faults.push(fault);
  }
  faults.push(...meaning.faults);
  const call: Call = {
    ...draft,
    id: parts.ids.mint("call"),
    canonical,
    paramsHash: parts.digests.plain(canonical),
    digest: parts.digests.keyed(
      JSON.stringify([draft.method, draft.server, draft.tool, known.definition?.hash ?? null, canonical]),
    ),
    definition: known.definition,
  };
  return { call, faults, meaning };
}

/** The arguments as the schema that was pinned types them. */
function asTyped(draft: CallDraft, definition: ToolDefinition | null): CallDraft {
  if (definition === null || draft.method !== "tools/call") return draft;
  const given = inputOf(draft);
  const input = fitted(own(definition.body, "inputSchema"), given);
  return input === given ? draft : { ...draft, params: { ...draft.params, arguments: input } };
}

function modeNow(mode: Mode | undefined, now: number): Mode {
  return mode?.kind === "observe" && now < mode.until ? mode : { kind: "enforce" };
}
