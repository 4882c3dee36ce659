import type { Judge } from "../entry.ts";
import { exact } from "../field.ts";
import { reads, sends, writes } from "../files.ts";
import { readOptions, set, valuesOf } from "../options.ts";
import { OPAQUE, unknown } from "../state.ts";

export const rsync: Judge = ({ args, shell }) => {
  const options = readOptions(args, RSYNC);
  for (const value of valuesOf(options, "-e", "--rsh", "--rsync-path"))
    if (exact(value)) {
      if (!/^ssh(?: -p \d+| -i [\w./~-]+)*$/.test(value.text)) unknown(shell, "runs a command to connect");
    } else unknown(shell, "runs a command to connect");
  const fields = options.operands;
  for (const field of fields.slice(0, -1)) {
    if (remote(field.text)) shell.tally.add({ kinds: ["read"], hosts: [remoteHost(field.text)] });
    else reads(shell, field);
  }
  for (const field of fields.slice(-1)) {
    if (remote(field.text)) sends(shell, [remoteHost(field.text)]);
    else writes(shell, field);
  }
  if (
    options.given.some(
      ({ name }) =>
        /^--(?:del|remove-s|existing|ignore-ex.*|inplace|force)/.test(name) &&
        !/^--(?:existing|ignore|inplace)/.test(name),
    )
  )
    shell.tally.add({
      kinds: ["delete"],
      traits: ["sweeping"],
      routine: false,
      note: "deletes what is not on the other side",
    });
  return OPAQUE;
};
const RSYNC = set(
  "-e --rsh --rsync-path --exclude --include --filter -f --exclude-from --include-from --files-from --bwlimit --log-file --backup-dir --suffix -T --temp-dir --partial-dir --compare-dest --copy-dest --link-dest --port --timeout --chmod --chown -M --remote-option --password-file -B",
);

export function remote(text: string): boolean {
  return /^(?:[^/:]+:|\w+:\/\/)/.test(text);
}

export function remoteHost(text: string): string {
  return /^\w+:\/\//.test(text) ? text : (text.split(":")[0] ?? "").replace(/^.*@/, "");
}
