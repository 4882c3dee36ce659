import { each, type Judge, type Table } from "../entry.ts";
import { exact, literal, words } from "../field.ts";
import { runsFile, runsProject } from "../files.ts";
import { hasOption, readOptions, set, valuesOf } from "../options.ts";
import { type Flow, OPAQUE, unknown } from "../state.ts";
import { READS, PUBLISHES, SETTINGS, installs, type Manager, manager, fetches } from "./manager.ts";
import { BUILDS, builds } from "./builds.ts";

const npx: Judge = (run) => {
  fetches(run.args, run);
  return OPAQUE;
};

const NPM: Manager = {
  project:
    "test t tst run run-script start stop restart build rebuild ci clean-install prune dedupe version pkg init0 pack exec0 lint format check dev install-test it install-ci-test cit shrinkwrap link0 typecheck",
  reads:
    "ls list ll la view v info show outdated audit0 search help root bin prefix config get whoami ping doctor explain why fund docs repo bugs home licenses query cache store node0 -v completion audit",
  adds: "add link create init up0 patch dlx0",
  removes: "uninstall un remove rm r unlink",
  publishes:
    "publish unpublish deprecate dist-tag owner access team token login logout adduser org profile hook star unstar login stage trust",
  fetches: "exec x dlx",
  installs: "install i in ins isntall add0 update upgrade up self-update",
};

/** Tools that build, test, check and format what the project is. */
const cargo = manager({
  takes: "--manifest-path --config -Z --color",
  project:
    "build b check c test t run r bench doc d clippy fmt clean fix expand nextest llvm-cov watch miri package vendor fetch update generate-lockfile",
  reads:
    "tree metadata search version help info outdated audit deny locate-project pkgid read-manifest verify-project report",
  adds: "add install init0 binstall",
  removes: "remove rm uninstall0",
  publishes: "publish yank login logout owner",
  installs: "",
});

const go = manager({
  takes: "-C",
  project: "build test vet fmt generate clean fix mod work list doc run tool",
  reads: "env version help bug",
  adds: "get install",
  removes: "",
  installs: "",
});

const PYTHON: Manager = {
  takes: "--python --log --cache-dir --project --directory",
  project: "check lock sync run build export venv env shell compile wheel format lint test",
  reads: "list show freeze search help config cache debug index inspect hash version tree python self about",
  adds: "download add tool0 inject",
  removes: "uninstall remove",
  publishes: "publish",
  fetches: "tool x",
  installs: "install update upgrade",
};

const pip: Judge = (run) => {
  const { args, shell } = run;
  const rest = args.filter((one) => exact(one)).map((one) => one.text);
  const manifest =
    rest[0] === "install" &&
    rest.some(
      (one, i) => /^(?:-r|--requirement|-e|--editable|-c)$/.test(one) || (i > 0 && /^\.(?:\[[\w,-]+\])?$/.test(one)),
    );
  const known = /^(?:\.\/?|\.\[[\w,-]+\]|[\w./-]*requirements[\w./-]*\.txt|pip|setuptools|wheel)$/;
  const options = readOptions(args.slice(1), set("-r --requirement -e --editable -c --constraint"));
  const named = [
    ...options.operands,
    ...valuesOf(options, "-r", "--requirement", "-e", "--editable", "-c", "--constraint"),
  ];
  const plain = options.given.every(({ name }) =>
    /^(?:-r|-e|-c|-q|-U|--requirement|--editable|--constraint|--quiet|--upgrade|--no-deps|--no-cache-dir|--disable-pip-version-check|--no-build-isolation)$/.test(
      name,
    ),
  );
  if (
    (manifest || rest[0] === "install") &&
    plain &&
    named.length > 0 &&
    named.every((one) => exact(one) && known.test(one.text))
  ) {
    runsProject(shell, "installs what the project names", ["installs"]);
    return OPAQUE;
  }
  return manager(PYTHON)(run);
};

const SYSTEM: Manager = {
  takes: "-o -c -t --config",
  project: "",
  reads:
    "list search show info policy depends rdepends files provides outdated deps leaves desc home cat config doctor query whatprovides check-update repolist history version help services cleanup0 --version",
  adds: "install add upgrade update dist-upgrade full-upgrade reinstall tap bundle localinstall build-dep download source link cask -S -Syu -U -i refresh switch",
  removes: "remove purge autoremove uninstall erase rm clean autoclean cleanup untap unlink del delete prune -R -Rs -r",
  installs: "",
  system: true,
};

/** Package managers whose verbs are options. */
const byOption: Judge = ({ args, shell }) => {
  const [first = literal("")] = args;
  if (/^-(?:Q|F|Ss|Si|q|l|s|L|S\d|p|W|c|I)|^--(?:query|list|status|search)/.test(first.text)) shell.tally.add(READS);
  else if (/^-[Re]|^--(?:erase|remove|purge)|^-[rP]$/.test(first.text))
    shell.tally.add({ kinds: ["delete", "administer"], routine: false, note: "removes software from the machine" });
  else {
    installs(shell, "software");
    shell.tally.add(SETTINGS);
  }
  return OPAQUE;
};

const deno: Judge = (run) => {
  const [word = literal(""), ...rest] = run.args;
  if (/^(?:test|fmt|lint|check|task|doc|info|bench|types|coverage|compile|cache)$/.test(word.text))
    runsProject(run.shell, `runs deno ${word.text}`);
  else if (word.text === "run") {
    const file = rest.find((one) => !one.text.startsWith("-"));
    if (file === undefined || /^\w+:/.test(file.text))
      run.shell.tally.add({
        kinds: ["execute"],
        traits: ["fetch-and-run"],
        routine: false,
        note: "fetches and runs a program",
      });
    else runsFile(run.shell, file);
  } else if (word.text === "eval") unknown(run.shell, "runs a program that is not read");
  else if (/^(?:--version|-V|help)$/.test(word.text)) run.shell.tally.add(READS);
  else installs(run.shell, "software");
  return OPAQUE;
};

const bun: Judge = (run): Flow | undefined => {
  const [word] = run.args;
  if (word !== undefined && /^(?:-e|--eval|-p|--print)/.test(word.text))
    return run.shell.follow.run([literal("node"), ...run.args], run.shell, run.input);
  if (word !== undefined && /\.[cm]?[jt]sx?$/.test(word.text)) {
    runsFile(run.shell, word);
    return OPAQUE;
  }
  return manager({ ...NPM, otherwise: "project" })(run);
};

export const PACKAGES: Table = {
  npm: manager(NPM),
  pnpm: manager({ ...NPM, otherwise: "project" }),
  yarn: (run) => {
    if (run.args.length === 0 || /^--(?:frozen-lockfile|immutable)/.test(run.args[0]?.text ?? "")) {
      runsProject(run.shell, "installs what the project names", ["installs"]);
      return OPAQUE;
    }
    return manager({ ...NPM, otherwise: "project", adds: `${NPM.adds} global` })(run);
  },
  bun,
  ...each("npx bunx pnpx pipx0 uvx dlx", npx),
  corepack: manager({ ...NPM, project: "", adds: "enable prepare use install up disable" }),
  ...each("pip pip3 pip3.11 pip3.12", pip),
  uv: (run) => (run.args[0]?.text === "pip" ? pip({ ...run, args: run.args.slice(1) }) : manager(PYTHON)(run)),
  ...each("poetry pipenv pdm hatch rye", manager({ ...PYTHON, fetches: "" })),
  pipx: manager({
    project: "",
    reads: "list help environment",
    adds: "install inject upgrade upgrade-all reinstall ensurepath",
    removes: "uninstall uninstall-all",
    fetches: "run",
    system: true,
  }),
  ...each(
    "conda mamba micromamba",
    manager({
      ...SYSTEM,
      project: "activate deactivate run",
      adds: `${SYSTEM.adds} create`,
      reads: `${SYSTEM.reads} env`,
    }),
  ),
  cargo,
  rustup: manager({
    project: "",
    reads: "show which doc help check",
    adds: "install update default toolchain target component override self",
    removes: "uninstall",
    system: true,
  }),
  go,
  ...each(
    "bundle bundler",
    manager({
      project: "exec check lock",
      reads: "list show info outdated config env help",
      adds: "add update inject",
      removes: "remove clean",
      installs: "install",
      otherwise: "unknown",
    }),
  ),
  gem: manager({
    project: "build",
    reads: "list search info environment help which contents",
    adds: "install update fetch",
    removes: "uninstall cleanup",
    publishes: "push yank owner signin",
    system: true,
  }),
  composer: manager({
    project: "test run run-script dump-autoload dumpautoload validate check-platform-reqs exec",
    reads: "show outdated search info why licenses audit diagnose config help",
    adds: "require create-project global",
    removes: "remove",
    installs: "install update",
  }),
  dotnet: manager({
    project: "build test run restore clean format watch publish pack new sln",
    reads: "list --info --list-sdks --version help",
    adds: "add tool workload",
    removes: "remove",
    publishes: "nuget",
  }),
  ...each(
    "flutter dart",
    manager({
      project: "build test run analyze format fix clean pub compile doc",
      reads: "doctor devices --version help",
      adds: "upgrade install",
      removes: "",
    }),
  ),
  ...each(
    "rails artisan symfony",
    manager({
      project: "test server s console0 routes generate g spec",
      reads: "about stats notes --version",
      adds: "",
      removes: "destroy d",
    }),
  ),
  ...each(
    "apt apt-get aptitude dnf yum zypper apk brew port snap flatpak nix nix-env nixos-rebuild choco scoop winget emerge xbps-install pkg pkgin guix opkg mas sdk nvm fnm volta pyenv rbenv goenv tfenv jenv opam luarocks cabal-install cpan cpanm pear pecl vcpkg conan helm-plugin krew",
    manager(SYSTEM),
  ),
  ...each("dpkg rpm pacman yay paru", byOption),
  ...each("apt-cache apt-file dpkg-query rpm2cpio", { operands: "text" }),
  ...each("apt-key add-apt-repository apt-mark update-alternatives dpkg-reconfigure", {
    operands: "text",
    does: SETTINGS,
  }),
  deno,
  ...each(BUILDS, builds),
  ...each(
    "twine flit0 np release-it semantic-release changeset goreleaser vsce ovsx cargo-release standard-version",
    ({ args, shell }) => {
      if (words(args)[0] === "check" || hasOption(readOptions(args, set("")), "--dry-run")) shell.tally.add(READS);
      else shell.tally.add(PUBLISHES);
      return OPAQUE;
    },
  ),
};
