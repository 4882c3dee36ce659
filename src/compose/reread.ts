import { WritError } from "../domain/error.ts";
import type { ServerName } from "../domain/ids.ts";
import type { MemoryElement } from "../domain/memory.ts";
import { sentence } from "../domain/reason.ts";
import type { ServerConfiguration } from "../ports/configuration.ts";
import { onErrand, type OwnCallParts } from "./own-call.ts";
import { memoryTools } from "./restore.ts";

/** Whether the server of a memory was asked what stands there now. */
export interface Reread {
  readonly place: string;
  /** Null where it was. */
  readonly why: string | null;
}

/** Reads each memory that something is known of, as its server has it now: by a call like any other, in the name of the agent
 *  that wrote there last. What is found changed, or gone, is put down as with any read. */
export async function rereadAll(parts: OwnCallParts, by: string): Promise<readonly Reread[]> {
  const known = await parts.authority.store.read((tx) => tx.documents("memory"));
  const places = Map.groupBy(
    known.filter(({ version }) => version > 0),
    ({ place }) => place,
  );
  const read: Reread[] = [];
  for (const [place, elements] of places) read.push({ place, why: await reread(parts, place, elements, by) });
  return read;
}

async function reread(
  parts: OwnCallParts,
  place: string,
  elements: readonly MemoryElement[],
  by: string,
): Promise<string | null> {
  const server = parts.authority.configuration.servers.find((one) => one.name === place);
  const tool = server === undefined ? null : readsAll(server);
  if (tool === null) return "no tool is known that reads all of it";
  const agent = elements
    .flatMap((one) => [...one.earlier.flatMap((version) => version.parts), ...one.parts])
    .toSorted((a, b) => a.at - b.at)
    .findLast(({ source }) => source !== null)?.source?.agent;
  if (agent === undefined) return "no agent wrote there";
  const errand = {
    server: place as ServerName,
    agent,
    by,
    purpose: "memory verification",
    objective: "read again what is remembered",
  };
  try {
    const response = await onErrand(parts, errand, (call) => call({ tool, arguments: {} }));
    if (response === null) return "its server does not answer";
    // That all of it was changed was found out by reading it.
    return response.kind === "refused" && response.reason.code !== "memory_changed" ? sentence(response.reason) : null;
  } catch (cause) {
    if (!(cause instanceof WritError)) throw cause;
    return cause.message;
  }
}

function readsAll(server: ServerConfiguration): string | null {
  const all = Object.entries(memoryTools(server)).filter(([, { does, whole }]) => does === "read" && whole === true);
  return all.map(([tool]) => tool).find((tool) => !tool.startsWith("$")) ?? null;
}
