import type { Judge } from "../entry.ts";
import { exact, type Field, literal } from "../field.ts";
import { reads, unpacks, writes } from "../files.ts";
import { hasOption, readOptions, set, valuesOf } from "../options.ts";
import { type Flow, OPAQUE } from "../state.ts";

const TAR = set(
  "-f --file -C --directory -X --exclude-from --exclude -T --files-from -b --blocking-factor -I --use-compress-program -F --info-script --new-volume-script --to-command --checkpoint-action --rsh-command --rmt-command --transform --xform --strip-components -g --listed-incremental --owner --group --mode --mtime -N --newer --one-top-level -K -L -V --label --warning",
);

export function tar(args: readonly Field[], shell: Parameters<Judge>[0]["shell"], input: Flow): Flow {
  const [first] = args;
  // `tar xzf a.tgz`: the first word is options without a dash.
  const bundled =
    first !== undefined && /^[A-Za-z]+$/.test(first.text) ? [literal(`-${first.text}`), ...args.slice(1)] : args;
  const options = readOptions(bundled, TAR);
  const runs = [
    "-I",
    "--use-compress-program",
    "-F",
    "--info-script",
    "--new-volume-script",
    "--to-command",
    "--checkpoint-action",
    "--rsh-command",
    "--rmt-command",
  ];
  for (const value of valuesOf(options, ...runs)) {
    const text = value.text.replace(/^(?:exec=)/, "");
    if (/^(?:dot|echo|ttyout|totals|bell|sleep)\b/.test(text) && text === value.text) continue;
    if (!exact(value)) shell.tally.add({ kinds: ["execute", "unknown"], traits: ["dynamic"], routine: false });
    else shell.follow.text(text, { ...shell, depth: shell.depth + 1 }, OPAQUE);
  }
  if (options.loose)
    shell.tally.add({
      kinds: ["execute", "unknown"],
      traits: ["dynamic"],
      routine: false,
      note: "an argument that may be an option",
    });
  const file = valuesOf(options, "-f", "--file")[0];
  const creates = hasOption(options, "-c", "-r", "-u", "--create", "--append", "--update");
  if (hasOption(options, "--remove-files", "--recursive-unlink", "--delete"))
    shell.tally.add({ kinds: ["delete"], routine: false, note: "deletes what it packs" });
  const into = valuesOf(options, "-C", "--directory")[0] ?? literal(".");
  if (hasOption(options, "-t", "--list", "-d", "--diff")) {
    if (file !== undefined) reads(shell, file);
  } else if (creates) {
    for (const one of options.operands) reads(shell, one);
    if (file !== undefined && file.text !== "-") writes(shell, file);
  } else {
    if (file !== undefined && file.text !== "-") reads(shell, file);
    // Names in it may climb, where it is told to keep them as they are.
    if (hasOption(options, "-P", "--absolute-names"))
      shell.tally.add({
        kinds: ["write"],
        traits: ["outside"],
        routine: false,
        note: "unpacks wherever its names say",
      });
    if (!hasOption(options, "-O", "--to-stdout")) unpacks(shell, into);
  }
  return input.kind === "fetched" ? input : OPAQUE;
}
