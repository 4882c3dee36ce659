import type { Registration } from "../domain/attestation.ts";
import type { PersonName } from "../domain/ids.ts";
import type { Report } from "./config-bounds.ts";
import { didYouMean, type Path } from "./config-problems.ts";
import type { EnrolYaml } from "./config-schema.ts";

/** Where nothing is written, an agent starts under `writ run` and in no other way. */
const BY_LAUNCHER: Registration = { kind: "launcher", selectors: {}, owner: null, scoped: false };

/** The ways in which processes of one agent may enrol. */
export function resolveEnrolment(
  yaml: readonly EnrolYaml[] | undefined,
  path: Path,
  people: readonly string[],
  report: Report,
): readonly Registration[] {
  if (yaml === undefined) return [BY_LAUNCHER];
  return yaml.map((one, i) => {
    const here = [...path, i];
    if (one.owner !== undefined && !people.includes(one.owner)) {
      report(
        [...here, "owner"],
        "person_unknown",
        `there is nobody called \`${one.owner}\` in this file`,
        didYouMean(one.owner, people),
      );
    }
    return {
      kind: one.kind,
      selectors: {},
      owner: (one.owner ?? null) as PersonName | null,
      scoped: one.scope ?? false,
    };
  });
}
