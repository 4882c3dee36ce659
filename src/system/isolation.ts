import { statSync } from "node:fs";
import type { Configuration } from "../ports/configuration.ts";

/** What speaks against `isolated`, as far as Writ can see by itself. Nothing found is no proof: an agent's position has to
 *  be tried (`writ doctor --bypass`). */
export function againstIsolation(configuration: Configuration): readonly string[] {
  const uid = process.getuid?.();
  if (uid === undefined) return ["this system has no users that Writ could tell apart"];
  const found: string[] = [];
  if (uid === 0) found.push("Writ runs as root");
  for (const { name, launch } of configuration.servers) {
    if (launch.kind === "stdio") found.push(`the server \`${name}\` is a child of Writ and runs as its user`);
    if (launch.kind === "sqlite" && ((statSync(launch.file, { throwIfNoEntry: false })?.mode ?? 0) & 0o006) !== 0)
      found.push(`everybody can reach the database \`${name}\` without Writ`);
    if (launch.kind === "socket" && statSync(launch.path, { throwIfNoEntry: false })?.uid === uid)
      found.push(`the server \`${name}\` is served by Writ's own user`);
  }
  const { file, policyFolder, dataFolder } = configuration;
  for (const path of [file, policyFolder, dataFolder]) {
    const stat = path === null ? undefined : statSync(path, { throwIfNoEntry: false });
    if (stat === undefined) continue;
    if ((stat.mode & 0o002) !== 0) found.push(`everybody can change \`${path}\``);
    if (stat.uid !== uid && stat.uid !== 0) found.push(`\`${path}\` belongs to user ${stat.uid}, who is not Writ`);
  }
  return found;
}
