import type { MemoryElements } from "../domain/memory.ts";
import type { Launch, ToolRule } from "../ports/configuration.ts";

type Profile = Readonly<Record<string, ToolRule>>;

const READS_FILE: ToolRule = { effects: ["read"], path: ["$.path"], private: true, untrusted: true };
const WRITES_FILE: ToolRule = { effects: ["write"], path: ["$.path"], reversible: false };

const FILESYSTEM: Profile = {
  read_file: READS_FILE,
  read_text_file: READS_FILE,
  read_media_file: READS_FILE,
  read_multiple_files: { ...READS_FILE, path: ["$.paths"] },
  list_directory: READS_FILE,
  list_directory_with_sizes: READS_FILE,
  directory_tree: READS_FILE,
  search_files: READS_FILE,
  get_file_info: READS_FILE,
  list_allowed_directories: { effects: ["read"], private: false, untrusted: false },
  create_directory: { effects: ["write"], path: ["$.path"], reversible: true },
  write_file: WRITES_FILE,
  edit_file: WRITES_FILE,
  move_file: { effects: ["write", "delete"], path: ["$.source", "$.destination"], reversible: true },
};

const ENTITY: MemoryElements = { at: "$.entities[*]", key: ["name"], text: ["entityType", "observations[*]"] };
const RELATION: MemoryElements = {
  at: "$.relations[*]",
  key: ["from", "to", "relationType"],
  text: ["relationType"],
};
const OBSERVED: MemoryElements = {
  at: "$.observations[*]",
  key: ["entityName"],
  text: ["contents[*]"],
  as: ["observations"],
};
const ADDED: MemoryElements = {
  at: "$.results[*]",
  key: ["entityName"],
  text: ["addedObservations[*]"],
  as: ["observations"],
};
const READS_GRAPH: ToolRule = { effects: ["read"], memory: { does: "read", elements: [ENTITY, RELATION] } };
const READS_ALL: ToolRule = { ...READS_GRAPH, memory: { does: "read", elements: [ENTITY, RELATION], whole: true } };
const REMEMBERS: ToolRule = { effects: ["write"], reversible: true };
const FORGETS: ToolRule = { effects: ["delete"] };

const MEMORY: Profile = {
  create_entities: { ...REMEMBERS, memory: { does: "write", elements: [ENTITY], kept: [ENTITY] } },
  create_relations: { ...REMEMBERS, memory: { does: "write", elements: [RELATION], kept: [RELATION] } },
  add_observations: { ...REMEMBERS, memory: { does: "write", elements: [OBSERVED], kept: [ADDED] } },
  delete_entities: {
    ...FORGETS,
    memory: { does: "forget", elements: [{ at: "$.entityNames[*]", key: [], text: [] }] },
  },
  delete_observations: {
    ...FORGETS,
    memory: { does: "forget", elements: [{ at: "$.deletions[*]", key: ["entityName"], text: ["observations[*]"] }] },
  },
  delete_relations: { ...FORGETS, memory: { does: "forget", elements: [RELATION] } },
  read_graph: READS_ALL,
  search_nodes: READS_GRAPH,
  open_nodes: READS_GRAPH,
  // Its one resource is the graph.
  $read: READS_ALL,
};

/** Profiles by npm package. */
const BY_PACKAGE: Readonly<Record<string, Profile>> = {
  "@modelcontextprotocol/server-filesystem": FILESYSTEM,
  "@modelcontextprotocol/server-memory": MEMORY,
};

/** What is known of a server's tool by the package it is launched from, never by the name it gives itself. */
export function profiled(launch: Launch, tool: string): ToolRule | null {
  const profile = profileOfLaunch(launch);
  return Object.hasOwn(profile, tool) ? (profile[tool] ?? null) : null;
}

/** Everything that is known of its tools; empty for a package that nobody knows. */
export function profileOfLaunch(launch: Launch): Profile {
  if (launch.kind !== "stdio") return {};
  for (const word of [launch.command, ...launch.args]) {
    for (const [name, profile] of Object.entries(BY_PACKAGE)) {
      if (word === name || word.startsWith(`${name}@`) || word.includes(`/node_modules/${name}/`)) return profile;
    }
  }
  return {};
}
