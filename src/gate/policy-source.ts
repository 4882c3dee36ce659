import type { PolicyFile, PolicySource } from "../authority/rules/policies.ts";
import type { ServerName } from "../domain/ids.ts";
import { ROLES, speaksFor } from "../domain/person.ts";
import { type LoadInput, loadPolicies } from "../policy/load.ts";
import { runPolicyTests } from "../policy/test-run.ts";
import type { Configuration } from "../ports/configuration.ts";
import type { Catalogue } from "./catalogue.ts";

/** Checks policy files against the tools that are known now. */
export function policySource(
  configuration: Configuration,
  catalogue: Catalogue,
  ownServer: ServerName,
  read: () => Promise<readonly PolicyFile[]>,
): PolicySource {
  const inputOf = (files: LoadInput["files"]): LoadInput => ({
    files: files.filter((file) => file.name.endsWith(".cedar")),
    definitions: catalogue.definitions(),
    servers: [...configuration.servers.map((one) => one.name), ownServer],
    agents: configuration.agents.map((agent) => ({ name: agent.name, roles: [], levels: {} })),
    askRoles: [...new Set([...ROLES, ...configuration.people.flatMap(speaksFor)])],
  });
  // Servers say that their tools changed as often as they like: the same policies over the same tools are not read anew.
  let last: { readonly key: string; readonly loaded: ReturnType<typeof loadPolicies> } | null = null;
  function loadOnce(input: LoadInput): ReturnType<typeof loadPolicies> {
    const key = JSON.stringify([input.files, input.definitions.map(({ server, name, hash }) => [server, name, hash])]);
    if (last?.key !== key) last = { key, loaded: loadPolicies(input) };
    return last.loaded;
  }
  return {
    read,
    load(files) {
      const loaded = loadOnce(inputOf(files));
      return loaded.kind === "refused"
        ? loaded
        : {
            kind: "loaded",
            set: loaded.set,
            warnings: loaded.warnings.map((one) => `${one.file}:${one.line}: ${one.message}`),
          };
    },
    test(files) {
      const report = runPolicyTests(
        inputOf(files),
        files.filter((file) => file.name.endsWith(".test.yaml")),
      );
      return Promise.resolve([
        ...report.problems.map((one) => ({ name: `${one.file}:${one.line}`, passed: false, why: one.message })),
        ...report.results.map((one) => ({ name: one.name, passed: one.passed, why: one.why ?? "" })),
      ]);
    },
  };
}
