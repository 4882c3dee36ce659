import type { Registration, Selectors } from "../domain/attestation.ts";
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
      selectors: selectorsOf(one, here, report),
      owner: (one.owner ?? null) as PersonName | null,
      scoped: one.scope ?? false,
    };
  });
}

/** What each kind may pin; one that pins nothing takes everybody it could attest. */
const PINS = {
  launcher: [],
  "join-token": [],
  unix: ["uid", "gid", "exe", "sha256"],
} as const satisfies Record<EnrolYaml["kind"], readonly (keyof EnrolYaml)[]>;

function selectorsOf(one: EnrolYaml, path: Path, report: Report): Selectors {
  const allowed: readonly string[] = ["kind", "owner", "scope", ...PINS[one.kind]];
  for (const name of Object.keys(one)) {
    if (!allowed.includes(name))
      report(
        [...path, name],
        "pin_unused",
        `\`${one.kind}\` knows nothing of \`${name}\``,
        didYouMean(name, allowed),
        true,
      );
  }
  if (one.kind !== "unix") return {};
  if (one.uid === undefined) {
    report(
      path,
      "pin_missing",
      "any user of this machine could enrol",
      "pin `uid`, and `exe` or `sha256` beside it where several programs run as that user",
    );
  }
  return Object.fromEntries(
    PINS.unix.flatMap((name) => (one[name] === undefined ? [] : [[`unix:${name}`, String(one[name])]])),
  );
}
