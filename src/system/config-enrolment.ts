import type { Registration } from "../domain/attestation.ts";
import type { PersonName } from "../domain/ids.ts";
import type { Report } from "./config-bounds.ts";
import { type Known, selectorsOf } from "./config-pins.ts";
import { didYouMean, type Path } from "./config-problems.ts";
import type { EnrolYaml } from "./config-schema.ts";

/** Where nothing is written, an agent starts under `writ run` and in no other way. */
const BY_LAUNCHER: Registration = { kind: "launcher", selectors: {}, owner: null, scoped: false };

/** The ways in which processes of one agent may enrol. */
export function resolveEnrolment(
  yaml: readonly EnrolYaml[] | undefined,
  path: Path,
  known: Known,
  report: Report,
): readonly Registration[] {
  if (yaml === undefined) return [BY_LAUNCHER];
  return yaml.map((one, i) => {
    const here = [...path, i];
    if (one.owner !== undefined && !known.people.includes(one.owner)) {
      report(
        [...here, "owner"],
        "person_unknown",
        `there is nobody called \`${one.owner}\` in this file`,
        didYouMean(one.owner, known.people),
      );
    }
    return {
      kind: one.kind,
      selectors: selectorsOf(one, here, known, report),
      owner: (one.owner ?? null) as PersonName | null,
      scoped: one.scope ?? false,
    };
  });
}
