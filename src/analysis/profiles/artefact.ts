import { normalisePath } from "../../domain/path.ts";
import type { Launch } from "../../ports/configuration.ts";

/** What runs when a server is launched, as far as its launch says: never what the server calls itself. */
export interface Artefact {
  readonly from: "npm" | "pypi" | "image" | "command" | "origin";
  readonly name: string;
}

/** The program a launch runs, or the origin it speaks to; null where that cannot be told for certain. Each launcher's own
 *  command line is read as it reads it itself: a package named further behind is an argument, and so is one in the place
 *  of an option's value. An option that is not known could change what runs, so with it nothing is certain. */
export function artefactOf(launch: Launch): Artefact | null {
  if (launch.kind === "socket") return null;
  if (launch.kind === "http")
    return URL.canParse(launch.url) ? { from: "origin", name: new URL(launch.url).origin } : null;
  const { args } = launch;
  const program = baseOf(launch.command);
  switch (program) {
    case "npx":
    case "pnpx":
    case "bunx":
      return npm(args);
    case "npm":
      return args[0] === "exec" || args[0] === "x" ? npm(args.slice(1)) : null;
    case "pnpm":
    case "yarn":
      return args[0] === "dlx" ? npm(args.slice(1)) : null;
    case "bun":
      return args[0] === "x" ? npm(args.slice(1)) : null;
    case "node":
      return script(args, launch.cwd);
    case "uvx":
      return python(args);
    case "uv":
      return args[0] === "tool" && args[1] === "run" ? python(args.slice(2)) : null;
    case "pipx":
      return args[0] === "run" ? python(args.slice(1)) : null;
    case "docker":
    case "podman":
      return args[0] === "run"
        ? image(args.slice(1))
        : args[0] === "container" && args[1] === "run"
          ? image(args.slice(2))
          : null;
    default:
      return program === "" ? null : { from: "command", name: program };
  }
}

function baseOf(command: string): string {
  return (/[^/\\]*$/.exec(command)?.[0] ?? "").replace(/\.(?:exe|cmd|bat)$/i, "");
}

interface Options {
  /** Options that stand alone. */
  readonly alone: ReadonlySet<string>;
  /** Options that take the next argument, or what stands behind `=`. */
  readonly valued: ReadonlySet<string>;
}

/** The first argument that is no option, and where it stands; null where an option is not known. */
function firstOperand(args: readonly string[], { alone, valued }: Options): string | null {
  for (let i = 0; i < args.length; i++) {
    const word = args[i] ?? "";
    if (word === "--") return args[i + 1] ?? null;
    if (!word.startsWith("-")) return word;
    const [name = "", value] = word.startsWith("--") ? word.split(/=(.*)/s) : [word];
    if (valued.has(name)) i += value === undefined ? 1 : 0;
    else if (!alone.has(name)) return null;
  }
  return null;
}

function words(text: string): ReadonlySet<string> {
  return new Set(text.split(/\s+/).filter(Boolean));
}

/** `--package`, `--call`, `--registry` and the like choose something else to run: not among them. */
const NPM: Options = {
  alone: words(
    "-y --yes -q --quiet --silent -s --no-install --prefer-offline --prefer-online --offline --bun --verbose",
  ),
  valued: words("--loglevel --cache --fetch-retries --fetch-timeout"),
};

function npm(args: readonly string[]): Artefact | null {
  const spec = firstOperand(args, NPM);
  // A name and a version, no alias (`x@npm:y`), address, folder or archive.
  const [, name] = /^((?:@[a-z0-9][\w.-]*\/)?[a-z0-9][\w.-]*)(?:@[\w.^~<>=*+-]+)?$/i.exec(spec ?? "") ?? [];
  return name === undefined || /\.tgz$/i.test(name) ? null : { from: "npm", name };
}

const NODE: Options = {
  alone: words("--no-warnings --no-deprecation --enable-source-maps --trace-warnings --trace-uncaught --expose-gc"),
  valued: words("--max-old-space-size --stack-trace-limit --dns-result-order"),
};

/** A file of an installed package: the package of the last `node_modules` on its canonical path. */
function script(args: readonly string[], cwd: string): Artefact | null {
  const operand = firstOperand(args, NODE);
  const path = operand === null ? null : normalisePath(operand, cwd);
  const inside = path?.slice(path.lastIndexOf("/node_modules/") + "/node_modules/".length) ?? "";
  const [, name] = /^((?:@[^/]+\/)?[^/@.][^/]*)\/./.exec(inside) ?? [];
  return path?.includes("/node_modules/") === true && name !== undefined ? { from: "npm", name } : null;
}

const UVX: Options = {
  alone: words("-q --quiet -v --verbose --offline --no-cache --isolated"),
  valued: words("-p --python"),
};

function python(args: readonly string[]): Artefact | null {
  const spec = firstOperand(args, UVX);
  const [, name] = /^([a-z0-9][\w.-]*)(?:@[\w.+!-]+|==[\w.+!-]+)?$/i.exec(spec ?? "") ?? [];
  return name === undefined ? null : { from: "pypi", name: name.toLowerCase().replaceAll(/[-_.]+/g, "-") };
}

/** `--entrypoint` is not among them: it runs another program of the image. */
const DOCKER: Options = {
  alone: words("-i -t -it -ti -d --interactive --tty --rm --init --detach --read-only --privileged --no-healthcheck"),
  valued: words(
    `-e --env --env-file -v --volume --mount -w --workdir -u --user -p --publish -m --memory -h --hostname -l --label
     --name --network --net --cpus --cap-add --cap-drop --security-opt --add-host --dns --platform --pull --tmpfs
     --ulimit --pids-limit --shm-size --restart --ipc --gpus --userns`,
  ),
};

function image(args: readonly string[]): Artefact | null {
  const operand = firstOperand(args, DOCKER);
  const [, name] = /^([a-z0-9][a-z0-9._:/-]*?)(?::[\w][\w.-]*)?(?:@sha256:[0-9a-f]{64})?$/.exec(operand ?? "") ?? [];
  return name === undefined ? null : { from: "image", name: name.replace(/^(?:index\.)?docker\.io\//, "") };
}
