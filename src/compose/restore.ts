import { profileOf } from "../analysis/profiles/profiles.ts";
import type { Missing } from "../authority/memory/manage.ts";
import { WritError } from "../domain/error.ts";
import { qualified, type ToolName } from "../domain/ids.ts";
import type { MemoryRule } from "../domain/memory.ts";
import { sentence } from "../domain/reason.ts";
import type { ServerConfiguration } from "../ports/configuration.ts";
import type { FoundPart } from "../provenance/memory/elements.ts";
import { type Restoring, restoringCalls } from "../provenance/memory/restore.ts";
import { type Errand, onErrand, type OwnCallParts } from "./own-call.ts";

/** What came of putting back what was missing. */
export type Restored =
  | { readonly kind: "nothing_missing" }
  | { readonly kind: "put_back"; readonly tool: string; readonly parts: number }
  /** What a person can do instead. */
  | {
      readonly kind: "offered";
      readonly why: string;
      readonly calls: readonly Restoring[];
      readonly texts: Missing["parts"];
    };

/** Puts back, through the server it was at, what a rollback found missing: as a call like any other, of a task opened for
 *  it, with a grant for exactly that. What policy does not let through is offered instead. */
export async function restore(parts: OwnCallParts, missing: Missing, by: string): Promise<Restored> {
  const { element, parts: gone, whole } = missing;
  if (gone.length === 0) return { kind: "nothing_missing" };
  const offered = (why: string, calls: readonly Restoring[] = []): Restored => ({
    kind: "offered",
    why,
    calls,
    texts: gone,
  });
  if (gone.some((part) => part.text === null)) return offered("its text was not kept: `memory.keep` was off");
  const server = parts.authority.configuration.servers.find((one) => one.name === element.place);
  const tools = server === undefined ? {} : memoryTools(server);
  // First only what is gone; where the element itself is, all that it said.
  const calls = [gone, whole].flatMap((some) => restoringCalls(tools, element.key, textsOf(some)));
  if (server === undefined || calls.length === 0) return offered("no tool of a server is known to write it");
  const written = [...element.earlier.flatMap((one) => one.parts), ...element.parts].findLast(
    (one) => one.source !== null,
  );
  const agent = written?.source?.agent;
  if (agent === undefined) return offered("no agent wrote it", calls);
  try {
    const errand = {
      server: server.name,
      agent,
      by,
      purpose: "memory rollback",
      objective: "put back what was remembered",
    };
    const tried = await callInTurn(parts, errand, calls, () => isBack(parts, missing));
    return tried.kind === "done"
      ? { kind: "put_back", tool: tried.tool, parts: gone.length }
      : offered(tried.why, calls);
  } catch (cause) {
    if (!(cause instanceof WritError)) throw cause;
    return offered(cause.message, calls);
  }
}

function textsOf(parts: Missing["parts"]): readonly FoundPart[] {
  return parts.flatMap(({ as, text }) => (text === null ? [] : [{ as, text }]));
}

/** Whether the server said that it kept all of it. */
async function isBack({ authority }: OwnCallParts, { element, parts }: Missing): Promise<boolean> {
  const now = await authority.store.read((tx) => tx.document("memory", element.id));
  return parts.every((part) => now?.parts.some((one) => one.digest === part.digest) === true);
}

async function callInTurn(
  parts: OwnCallParts,
  errand: Errand,
  calls: readonly Restoring[],
  isDone: () => Promise<boolean>,
): Promise<{ readonly kind: "done"; readonly tool: string } | { readonly kind: "not_done"; readonly why: string }> {
  const tried = await onErrand(parts, errand, async (call) => {
    let why = "its server did not take it";
    for (const one of calls) {
      const response = await call(one);
      if (response.kind === "refused") why = sentence(response.reason);
      else if (await isDone()) return { kind: "done", tool: qualified(errand.server, one.tool as ToolName) } as const;
    }
    return { kind: "not_done", why } as const;
  });
  return tried ?? { kind: "not_done", why: "its server does not answer" };
}

export function memoryTools({ launch, tools }: ServerConfiguration): Readonly<Record<string, MemoryRule>> {
  const all = { ...profileOf(launch), ...tools };
  return Object.fromEntries(
    Object.entries(all).flatMap(([tool, { memory }]) => (memory === undefined ? [] : [[tool, memory]])),
  );
}
