import type { Act } from "../act.ts";
import { judge } from "../by-spec.ts";
import { each, type Judge, type Table } from "../entry.ts";
import { exact, HOLE } from "../field.ts";
import { deletes, reads, spots, unpacks, writes } from "../files.ts";
import { hasOption, readOptions, set, valuesOf } from "../options.ts";
import { isNamedPattern, isRoot } from "../place.ts";
import { told } from "../says.ts";
import { NOTHING, OPAQUE, unknown } from "../state.ts";
import { rsync } from "./rsync.ts";

const SWEEPS: Act = { kinds: ["write"], traits: ["sweeping"], routine: false, note: "goes through everything below" };

const rm: Judge = ({ args, shell }) => {
  const options = readOptions(args, set(""));
  const recursive = hasOption(options, "-r", "-R", "--recursive");
  if (options.loose) {
    shell.tally.add({ kinds: ["delete"], traits: ["dynamic"], routine: false, note: "deletes what is not known" });
  } else if (options.operands.length === 0 || hasOption(options, "--no-preserve-root")) {
    shell.tally.add({ kinds: ["delete"], routine: false, note: "deletes" });
  }
  for (const field of options.operands) deletes(shell, field, { recursive });
  return NOTHING;
};

/** What is shredded, or cut, cannot come back. */
const destroys: Judge = ({ name, args, shell }) => {
  const options = readOptions(args, set("-n --iterations -s --size -r --reference"));
  for (const field of options.operands) {
    const grows = name === "truncate" && valuesOf(options, "-s", "--size").some((size) => size.text.startsWith("+"));
    if (grows) writes(shell, field);
    else
      shell.tally.add({
        kinds: ["delete"],
        paths: pathsOf(field),
        routine: false,
        note: `empties ${told(field.text)}`,
      });
  }
  function pathsOf(field: (typeof args)[number]): readonly string[] {
    return spots(shell, field).flatMap(({ path }) => (path === null ? [] : [path]));
  }
  return NOTHING;
};

const dd: Judge = ({ args, shell }) => {
  for (const field of args) {
    const [, key, value] = /^(\w+)=([^]*)$/.exec(field.text) ?? [];
    if (key === "if") reads(shell, { ...field, text: value ?? "" });
    else if (key === "of") writes(shell, { ...field, text: value ?? "" }, "overwrites");
    else if (key === undefined) unknown(shell, "an argument that is not known");
  }
  return OPAQUE;
};

/** Rights and owners: in the workspace, a file at a time, they are work like any other. */
const rights: Judge = ({ name, args, shell }) => {
  const options = readOptions(args, set("--reference --from"));
  const [mode, ...files] = args.filter((arg) => !/^-[RvcfhHLPr]+$|^--/.test(arg.text));
  const recursive = hasOption(options, "-R", "--recursive");
  for (const file of files) writes(shell, file, "changes the rights of");
  const all = /^(?:0?[0-7]?[0-7]{2}[2367]|.*[oa][+=][rwxXst]*w.*|[+=][rwx]*w.*|[2467][0-7]{3}|.*[+=][rwx]*s.*)$/;
  const opens = name === "chmod" && mode !== undefined && (!exact(mode) || all.test(mode.text));
  const rooted = files.some((file) => spots(shell, file).some((spot) => recursive && isRoot(spot, shell.place)));
  const far = files.some((file) =>
    spots(shell, file).some(({ where }) => where !== "workspace" && where !== "temporary"),
  );
  if (recursive && (rooted || far)) shell.tally.add(SWEEPS);
  if (name !== "chmod" || opens || rooted)
    shell.tally.add({
      kinds: ["administer"],
      note: name === "chmod" ? "opens files to others" : "changes whose files they are",
    });
  return NOTHING;
};

/** `cp`, `mv`, `ln`, `install`: with `-t`, the target stands first. */
const copies: Judge = ({ name, args, shell }) => {
  const options = readOptions(
    args,
    set("-t --target-directory -S --suffix -m --mode -o --owner -g --group --backup-suffix"),
  );
  const [into] = valuesOf(options, "-t", "--target-directory");
  const fields = into === undefined ? options.operands : [...options.operands, into];
  if (options.loose && fields.some((field) => field.text.startsWith(HOLE) || field.many) && fields.length < 2)
    unknown(shell, "arguments that are not known");
  const made = name === "install" && hasOption(options, "-d", "--directory") ? fields : fields.slice(-1);
  for (const field of fields.slice(0, -1)) {
    if (name === "mv") {
      writes(shell, field, "moves");
      const far = spots(shell, field).some(({ where }) => where === "outside");
      if (far || (field.glob && !isNamedPattern(field.text)))
        shell.tally.add({ kinds: ["delete"], traits: ["sweeping"], routine: false, note: "takes away what was there" });
    } else reads(shell, field);
  }
  for (const field of made) writes(shell, field);
  // What is moved into nothing is gone.
  if (name === "mv" && made.some((field) => spots(shell, field).some((spot) => spot.where === "device")))
    shell.tally.add({ kinds: ["delete"], routine: false, note: "moves it to where nothing is kept" });
  if (name === "ln")
    for (const field of fields.slice(0, -1))
      if (spots(shell, field).some((spot) => spot.where !== "workspace" && spot.where !== "temporary"))
        unknown(shell, "links to what lies outside, which then has a name in the workspace");
  return NOTHING;
};

const LESS = { does: { kinds: ["read"] }, writes: "-o -O --log-file --LOG-FILE", takes: "-P -p -t -k" } as const;

const jq: Judge = ({ args, shell }) => {
  const given = args.flatMap((arg, i) => (/^--(?:slurpfile|rawfile)$/.test(arg.text) ? args.slice(i + 2, i + 3) : []));
  const options = readOptions(args, set("-f --from-file -L --indent --tab0"));
  for (const file of [...given, ...valuesOf(options, "-f", "--from-file")]) reads(shell, file);
  const whole = hasOption(options, "-f", "--from-file");
  for (const file of whole ? options.operands : options.operands.slice(1)) reads(shell, file);
  shell.tally.add({ kinds: ["read"] });
  return OPAQUE;
};

const zip: Judge = ({ args, shell }) => {
  // With a command of its own to test what it has packed.
  if (args.some((arg) => /^(?:-TT|--unzip)/.test(arg.text) || arg.text.startsWith(HOLE)))
    unknown(shell, "runs a command on what it packs");
  const options = readOptions(args, set("-x -i -b -P -n -t -s -Z"));
  const [archive, ...files] = options.operands;
  if (archive !== undefined) writes(shell, archive);
  for (const file of files) reads(shell, file);
  if (hasOption(options, "-m", "--move", "-d", "--delete"))
    shell.tally.add({ kinds: ["delete"], routine: false, note: "deletes what it packs" });
  return OPAQUE;
};

const tee: Judge = ({ args, shell, input }) => {
  for (const field of readOptions(args, set("")).operands) writes(shell, field);
  return input;
};

const cat: Judge = ({ args, shell, input }) => {
  const { operands } = readOptions(args, set(""));
  for (const field of operands) reads(shell, field);
  shell.tally.add({ kinds: ["read"] });
  return operands.length === 0 || (operands.length === 1 && operands[0]?.text === "-") ? input : OPAQUE;
};

const READ_ONLY =
  "tac nl head tail more wc ls dir vdir ll la stat file du df tree lsof md5sum sha1sum sha256sum sha512sum b2sum cksum sum md5 shasum " +
  "od hexdump strings readlink realpath basename dirname cmp comm join paste fold fmt pr rev tsort shuf cut tr expand unexpand column " +
  "ps pgrep pidof free uptime vmstat iostat mpstat top htop btop w who last lastlog lscpu lsblk lsusb lspci lsmod printenv env0 " +
  "namei pathchk numfmt ptx zcat zgrep bzcat xzcat zstdcat zless bat batcat eza exa lsd colordiff jless glow hexyl nm objdump readelf " +
  "ldd size addr2line c++filt otool csplit0 look mdfind locate plocate mlocate tokei cloc scc wdiff sdiff0 diff3 identify exiftool0 " +
  "mediainfo ffprobe getfacl lsattr getfattr cksfv crc32 iconv0 nproc ncdu dust duf procs tig0 jc gron xmllint0 pdftotext0 mount0 findmnt blkid0";

export const FILES: Table = {
  ...each(READ_ONLY, { takes: "-n -c -d -f -t -k -w -s -b -L -I -j -l -u -p --lines --bytes" }),
  cat,
  tee,
  rm,
  unlink: { operands: "delete" },
  rmdir: { operands: "delete" },
  ...each("trash trash-put gio-trash", { operands: "delete" }),
  ...each("shred truncate wipe srm scrub", destroys),
  ...each("chmod chown chgrp setfacl chattr chflags xattr", rights),
  ...each("cp mv ln install", copies),
  rsync,
  dd,
  mkdir: { operands: "write", takes: "-m --mode" },
  touch: { operands: "write", takes: "-d --date -r --reference -t" },
  ...each("mkfifo mknod", { operands: "write", takes: "-m --mode" }),
  less: (run) => {
    if (run.args.some((arg) => /^\+.*[!|]/.test(arg.text) || arg.text.startsWith(HOLE)))
      unknown(run.shell, "a pager that runs commands");
    return judge(LESS, run);
  },
  ...each("grep egrep fgrep zgrep", {
    operands: "first-text",
    takes: "-e -A -B -C -m -d -D --include --exclude --exclude-dir --regexp --color --label",
    reads: "-f --file --exclude-from",
    instead: "-e -f --regexp --file",
  }),
  ...each("ugrep rga ripgrep-all", {
    operands: "first-text",
    takes: "-e -A -B -C -m --include --exclude --regexp",
    runs: "--filter --pager --pre",
    reads: "-f --file",
    instead: "-e -f --regexp --file --files",
  }),
  rg: {
    operands: "first-text",
    reads: "-f --file --ignore-file",
    instead: "-e -f --regexp --file --files --type-list",
    takes: "-e --regexp -A -B -C -m -g --glob -t --type -T -r --replace --max-depth --sort -j --max-count",
    runs: "--pre --hostname-bin",
  },
  ag: { operands: "first-text", takes: "-A -B -C -m -G --ignore", runs: "--pager" },
  ack: { operands: "first-text", runs: "--pager", takes: "-A -B -C --ackrc" },
  sort: {
    takes: "-k -t -S -T --key --field-separator --buffer-size --temporary-directory --parallel --batch-size",
    writes: "-o --output",
    reads: "--files0-from",
    runs: "--compress-program",
  },
  uniq: ({ args, shell }) => {
    const { operands } = readOptions(args, set("-f -s -w --skip-fields --skip-chars --check-chars"));
    for (const field of operands.slice(0, 1)) reads(shell, field);
    for (const field of operands.slice(1)) writes(shell, field);
    shell.tally.add({ kinds: ["read"] });
    return OPAQUE;
  },
  diff: { writes: "--output", takes: "-U -C -x --exclude -I -F --label -L -W --unified" },
  ...each("sdiff vimdiff0", { writes: "-o --output" }),
  xxd: ({ args, shell }) => {
    const { operands } = readOptions(args, set("-c -g -l -o -s -seek -len -cols -R -n"));
    for (const field of operands.slice(0, 1)) reads(shell, field);
    for (const field of operands.slice(1)) writes(shell, field);
    return OPAQUE;
  },
  split: {
    operands: "text",
    takes: "-b -l -n -a -C --bytes --lines --number",
    runs: "--filter",
    does: { kinds: ["write"] },
  },
  csplit: { operands: "text", takes: "-f -b -n", does: { kinds: ["write"] } },
  ...each("base64 base32 basenc uuencode uudecode iconv", {
    takes: "-w --wrap -f -t --from-code --to-code -i -D",
    writes: "-o --output",
  }),
  jq,
  ...each("jaq gojq fx dasel", { operands: "first-text", takes: "--arg -f -s -r" }),
  ...each("yq tomlq xq", ({ args, shell }) => {
    const options = readOptions(args, set("--arg -o -p --indent --output-format --input-format -I"));
    const [expression, ...files] = options.operands;
    if (expression !== undefined && /\b(?:load|env|system|eval)\b/.test(expression.text))
      unknown(shell, "an expression that does more than select");
    for (const file of files)
      if (hasOption(options, "-i", "--inplace")) writes(shell, file, "changes");
      else reads(shell, file);
    shell.tally.add({ kinds: ["read"] });
    return OPAQUE;
  }),
  zip,
  unzip: ({ args, shell }) => {
    const options = readOptions(args, set("-x -P -d"));
    for (const archive of options.operands.slice(0, 1)) reads(shell, archive);
    for (const folder of valuesOf(options, "-d")) unpacks(shell, folder);
    if (!hasOption(options, "-l", "-t", "-Z", "-v")) shell.tally.add({ kinds: ["write"], note: "unpacks" });
    return OPAQUE;
  },
  ...each("gzip gunzip bzip2 bunzip2 xz unxz zstd unzstd lz4 brotli pigz lzma compress uncompress", {
    operands: "write",
    takes: "-S --suffix -o -T",
  }),
  ...each("7z 7za 7zr unrar rar ar cpio pax", {
    operands: "text",
    does: { kinds: ["execute"], routine: false, note: "packs or unpacks" },
  }),
  ...each("patch", {
    operands: "write",
    takes: "-p -d -D -F -r",
    writes: "-o --output",
    reads: "-i --input",
    runs: "--get",
    does: { kinds: ["write"], note: "patches files" },
  }),
  dos2unix: { operands: "write" },
  unix2dos: { operands: "write" },
  ...each("sponge", { operands: "write" }),
  ...each("pbcopy pbpaste xclip xsel wl-copy wl-paste clip", { operands: "text" }),
  ...each("open xdg-open start", {
    operands: "address",
    does: { kinds: ["execute"], routine: false, note: "opens it in another program" },
  }),
  ...each("pandoc", {
    takes: "-f -t --from --to --css --template",
    writes: "-o --output",
    runs: "--pdf-engine",
    reads: "--metadata-file",
    options: {
      "--filter": { kinds: ["execute"], routine: false },
      "-F": { kinds: ["execute"], routine: false },
      "--lua-filter": { kinds: ["execute"], routine: false },
      "-L": { kinds: ["execute"], routine: false },
    },
  }),
};
