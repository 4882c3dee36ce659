import type { Act } from "../act.ts";
import { each, type Judge, type Run, type Table } from "../entry.ts";
import { exact, type Field, literal, words } from "../field.ts";
import { reads, runsFile, runsProject, writes } from "../files.ts";
import { hasOption, readOptions, set, valuesOf } from "../options.ts";
import { told } from "../says.ts";
import { type Flow, OPAQUE, type Shell, unknown } from "../state.ts";
import { saysDelete, verbOf } from "../verbs.ts";

const READS: Act = { kinds: ["read"] };
const PUBLISHES: Act = {
  kinds: ["send", "administer"],
  routine: false,
  note: "publishes, or changes what is published",
};
const SETTINGS: Act = { kinds: ["administer"], note: "changes settings" };

/** What the project does not name yet: its installer may run, and it may be anything. */
function installs(shell: Shell, what: string): void {
  shell.tally.add({ kinds: ["execute", "write"], traits: ["installs"], routine: false, note: `installs ${what}` });
}

interface Manager {
  readonly takes?: string;
  /** Subcommands, by what they do. */
  readonly project: string;
  readonly reads: string;
  readonly adds: string;
  readonly removes: string;
  readonly publishes?: string;
  /** It runs a program that it may have to fetch first. */
  readonly fetches?: string;
  /** Installs what the project names, where it names nothing itself. */
  readonly installs?: string;
  /** What a first word that is none of these is. */
  readonly otherwise?: "project" | "unknown";
  /** It brings software to the machine and not to the project. */
  readonly system?: boolean;
}

function manager(kind: Manager): Judge {
  const takes = set(`${kind.takes ?? ""} -C --prefix --dir --cwd --filter -F -w --workspace --registry`);
  return (run) => {
    const { shell, args, name } = run;
    const options = readOptions(args, takes, "bundled", "operand");
    for (const folder of valuesOf(options, "-C", "--prefix", "--dir", "--cwd")) elsewhere(folder, shell);
    const [word, ...rest] = options.operands;
    if (word?.text === "pkg") shell.tally.plant();
    if (word?.text === "run" && name === "go" && rest.some((one) => /^[/~]|^\.\.|@/.test(one.text)))
      shell.tally.add({
        kinds: ["execute"],
        traits: ["fetch-and-run"],
        routine: false,
        note: "runs a program from elsewhere",
      });
    if (word !== undefined && !exact(word)) unknown(shell, "a subcommand that is made up while it runs");
    else subcommand(kind, word?.text ?? "", rest, run, args);
    return OPAQUE;
  };
}

function elsewhere(folder: Field, shell: Shell): void {
  if (!exact(folder) || folder.text.startsWith("/") || folder.text.includes("..")) {
    reads(shell, folder);
    writes(shell, { ...folder, text: `${folder.text}/.` });
  }
}

function subcommand(kind: Manager, word: string, rest: readonly Field[], run: Run, all: readonly Field[]): void {
  const { shell, name } = run;
  const options = readOptions(
    rest,
    set(
      "-C --prefix -r --requirement -c --constraint -f --file -e --editable -i --index-url --extra-index-url -t --target -p --python --group -G",
    ),
  );
  const wide =
    all.some((one) =>
      /^(?:-g|--global|--system|--break-system-packages|--user|--root|-t|--target|--prefix)(?:=|$)/.test(one.text),
    ) || kind.system === true;
  const source = all.some((one) =>
    /^(?:--(?:extra-)?index-url|-i|--registry|--source|--find-links|--trusted-host)(?:=|$)/.test(one.text),
  );
  const said = told(`${name} ${word}`.trim()).replaceAll('"', "");
  if (set(kind.installs).has(word)) {
    const named = options.operands.filter((one) => !/^\.\/?$|^\.\[[\w,-]+\]$/.test(one.text));
    if (wide || source || named.length > 0)
      installs(
        shell,
        named
          .map((one) => told(one.text))
          .slice(0, 4)
          .join(" and ") || "software",
      );
    else runsProject(shell, "installs what the project names", ["installs"]);
  } else if (set(kind.adds).has(word)) {
    installs(
      shell,
      options.operands
        .map((one) => told(one.text))
        .slice(0, 4)
        .join(" and ") || "software",
    );
    if (wide) shell.tally.add(SETTINGS);
  } else if (set(kind.removes).has(word)) {
    if (wide)
      shell.tally.add({ kinds: ["delete", "administer"], routine: false, note: "removes software from the machine" });
    else runsProject(shell, "removes what the project named");
  } else if (set(kind.publishes).has(word)) shell.tally.add(PUBLISHES);
  else if (set(kind.fetches).has(word)) fetches(rest, run);
  else if (set(kind.project).has(word)) runsProject(shell, `runs ${said}`);
  else if (set(kind.reads).has(word) || word === "") {
    shell.tally.add(READS);
    if (rest.some((one) => saysDelete(one.text)))
      shell.tally.add({ kinds: ["delete"], routine: false, note: "deletes" });
    else if (/^(?:config|auth|profile|token|owner|access|team|org|dist-tag|cache)$/.test(word) && changes(rest))
      shell.tally.add(SETTINGS);
  } else if (kind.otherwise === "project") runsProject(shell, `runs ${said}`);
  else shell.tally.add({ kinds: ["execute"], routine: false, note: "does what is not known" });
}

function changes(rest: readonly Field[]): boolean {
  return words(rest).some((one) => verbOf(one) === "change");
}

/** Programs that projects have of their own, so that nothing is fetched to run them. */
const LOCAL = set(
  "tsc eslint prettier vitest jest mocha playwright cypress webpack vite rollup esbuild tsx ts-node nodemon next nuxt astro svelte-kit turbo nx lerna " +
    "oxlint oxfmt biome knip c8 nyc ava tap stylelint tailwindcss postcss sass typedoc storybook prisma drizzle-kit knex sequelize typeorm " +
    "husky lint-staged commitlint semantic-release changeset tsup tsdown unbuild rimraf concurrently npm-run-all cross-env size-limit madge depcheck ncc swc babel " +
    "pytest ruff black mypy flake8 isort tox nox pylint pre-commit rspec rubocop rails rake phpunit phpstan angular ng vue-cli-service react-scripts expo wrangler0 serve http-server",
);

function fetches(rest: readonly Field[], run: Run): void {
  const { shell } = run;
  const options = readOptions(
    rest,
    set("-p --package -c --call --from --with --python -w --workspace"),
    "bundled",
    "operand",
  );
  for (const text of valuesOf(options, "-c", "--call"))
    if (exact(text)) shell.follow.text(text.text, { ...shell, depth: shell.depth + 1 }, OPAQUE);
    else unknown(shell, "runs a command that is not known");
  const [program, ...args] = options.operands[0]?.text === "--" ? options.operands.slice(1) : options.operands;
  if (program === undefined) return;
  const named = valuesOf(options, "-p", "--package", "--from", "--with").length > 0;
  if (!named && exact(program) && LOCAL.has(program.text)) shell.follow.run([program, ...args], shell, OPAQUE);
  else
    shell.tally.add({
      kinds: ["execute"],
      traits: ["fetch-and-run", "installs"],
      routine: false,
      note: `fetches and runs ${told(program.text)}`,
    });
}

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
const BUILDS =
  "make gmake ninja cmake ctest meson bazel bazelisk buck pants scons ant mvn mvnw gradle gradlew configure autoconf automake autoreconf libtoolize xcodebuild msbuild nmake just task mage rake invoke doit waf premake " +
  "tsc eslint prettier vitest jest mocha playwright cypress webpack vite rollup esbuild next nuxt astro turbo nx lerna oxlint oxfmt biome knip c8 nyc ava tap stylelint tailwindcss postcss sass typedoc " +
  "drizzle-kit husky lint-staged commitlint tsup tsdown rimraf0 size-limit madge depcheck ncc swc babel ng react-scripts expo serve0 pytest ruff black mypy flake8 isort tox nox pylint rspec rubocop phpunit phpstan php-cs-fixer " +
  "bandit pyright basedpyright coverage pre-commit sphinx-build mkdocs vulture pydocstyle yapf autopep8 gcc g++ cc c++ clang clang++ ld ar as nasm rustc rustfmt clippy-driver gofmt goimports golangci-lint staticcheck javac kotlinc scalac sbt lein ghc cabal stack " +
  "dune opam0 mix rebar3 zig nim crystal dmd ldc2 swiftc swift clang-format clang-tidy cppcheck shellcheck shfmt hadolint yamllint actionlint markdownlint markdownlint-cli2 cspell codespell typos ktlint detekt checkstyle spotbugs scalafmt " +
  "protoc buf thrift flatc sqlc swagger-codegen openapi-generator graphql-codegen jekyll hugo zola eleventy gatsby docusaurus mdbook latexmk pdflatex xelatex lualatex bibtex dot plantuml mmdc convert0 pyinstaller maturin cython uvicorn gunicorn flask streamlit jupyter celery0 hypercorn fastapi " +
  "semgrep trivy grype syft gitleaks trufflehog sonar-scanner deno0 dotnet0 rails0 puma0 sidekiq0 foreman0 honcho0 overmind0 rspec nvm0 tsd attw publint ember forge hardhat truffle anchor stylua luacheck luarocks0 busted";

/** The project's own build: ordinary in the workspace; what its options name elsewhere is said too. */
const builds: Judge = ({ name, args, shell }) => {
  const options = readOptions(
    args,
    set(
      "-f --file --makefile -C --directory -I --include-dir -o --output --out --outFile --outDir -d --rootdir -c --config -B -S --eval -E -p --project -j -n -k -m",
    ),
  );
  if (
    valuesOf(options, "-C", "--directory", "-B", "-S", "--rootdir").some(
      (one) => !exact(one) || one.text.startsWith("/") || /^(?:\.\.|~)/.test(one.text),
    )
  )
    shell.tally.add({ kinds: ["execute"], traits: ["outside"], routine: false, note: "builds in another folder" });
  if (/^g?make$/.test(name)) {
    for (const file of valuesOf(options, "-f", "--file", "--makefile")) runsFile(shell, file);
    if (hasOption(options, "--eval", "-E")) unknown(shell, "runs a rule that is given to it");
    for (const one of args)
      if (/^(?:SHELL|MAKEFLAGS|CC|CXX|LD)\s*[:+?]?=/.test(one.text)) unknown(shell, "changes which programs are run");
  }
  if (
    !/^(?:cc|gcc|g\+\+|clang|clang\+\+|c\+\+)$/.test(name) &&
    valuesOf(options, "-c", "--config", "-p", "--project").some((one) => /^(?:\/|~|\.\.)/.test(one.text))
  )
    for (const file of valuesOf(options, "-c", "--config", "-p", "--project")) runsFile(shell, file);
  for (const one of valuesOf(options, "-o", "--output", "--out", "--outFile", "--outDir"))
    if (/^(?:\/|~|.*\.\.)/.test(one.text) || !exact(one)) writes(shell, one);
  const last = options.operands.filter((one) => exact(one) && /^[\w:-]+$/.test(one.text));
  const ends = last.some(
    (one) =>
      /^(?:deploy|publish|release|install|uninstall|destroy|push)\b/.test(one.text) &&
      /make$|gradle|mvn|just|task|rake|invoke|ant|mage/.test(name),
  );
  if (ends) shell.tally.add({ kinds: ["execute"], routine: false, note: "releases or installs what it builds" });
  else runsProject(shell, `runs ${name}`);
  return OPAQUE;
};

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
