import type { Launch, ToolRule } from "../../ports/configuration.ts";
import { artefactOf } from "./artefact.ts";
import { filesystem } from "./filesystem.ts";
import { github } from "./github.ts";
import { chromeDevtools, context7, everything, fetching, notion, sequentialThinking } from "./listed.ts";
import { memory } from "./memory.ts";
import { playwright } from "./playwright.ts";
import { postgres } from "./postgres.ts";
import type { Profile } from "./profile.ts";

const PROFILES: readonly Profile[] = [
  filesystem,
  memory,
  postgres,
  github,
  playwright,
  everything,
  chromeDevtools,
  notion,
  context7,
  sequentialThinking,
  fetching,
];
const BY_ARTEFACT = new Map(
  PROFILES.flatMap(({ runs, tools }) => runs.map(({ from, name }) => [`${from} ${name}`, tools])),
);

/** What is known of a server's tool by what its launch runs, or the origin it speaks to; null where nothing is. */
export function profiled(launch: Launch, tool: string): ToolRule | null {
  const tools = profileOf(launch);
  return Object.hasOwn(tools, tool) ? (tools[tool] ?? null) : null;
}

/** Everything that is known of its tools. */
export function profileOf(launch: Launch): Profile["tools"] {
  const artefact = artefactOf(launch);
  return (artefact === null ? undefined : BY_ARTEFACT.get(`${artefact.from} ${artefact.name}`)) ?? {};
}
