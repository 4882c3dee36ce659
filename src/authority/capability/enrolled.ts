import type { Instance } from "../../domain/principal.ts";
import type { Heard } from "./observe.ts";

/** What names a workload by what it runs. */
const NAMES = ["spiffe:id", "github:job_workflow_ref", "k8s:service_account"];

/** What an enrolment itself says of the program, where an issuer that appraised the workload stands behind it. What the
 *  launcher starts, the launcher says. */
export function heardAtEnrolment({ strength, selectors }: Pick<Instance, "strength" | "selectors">): readonly Heard[] {
  const name = NAMES.find((one) => Object.hasOwn(selectors, one));
  const id = name === undefined ? undefined : selectors[name];
  if (strength < 3 || id === undefined) return [];
  return [{ component: "package", part: { id: id.slice(0, 200), version: null, strength: "attested" } }];
}
