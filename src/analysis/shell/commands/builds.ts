import type { Judge } from "../entry.ts";
import { exact } from "../field.ts";
import { runsFile, runsProject, writes } from "../files.ts";
import { hasOption, readOptions, set, valuesOf } from "../options.ts";
import { OPAQUE, unknown } from "../state.ts";

export const BUILDS =
  "make gmake ninja cmake ctest meson bazel bazelisk buck pants scons ant mvn mvnw gradle gradlew configure autoconf automake autoreconf libtoolize xcodebuild msbuild nmake just task mage rake invoke doit waf premake " +
  "tsc eslint prettier vitest jest mocha playwright cypress webpack vite rollup esbuild next nuxt astro turbo nx lerna oxlint oxfmt biome knip c8 nyc ava tap stylelint tailwindcss postcss sass typedoc " +
  "drizzle-kit husky lint-staged commitlint tsup tsdown rimraf0 size-limit madge depcheck ncc swc babel ng react-scripts expo serve0 pytest ruff black mypy flake8 isort tox nox pylint rspec rubocop phpunit phpstan php-cs-fixer " +
  "bandit pyright basedpyright coverage pre-commit sphinx-build mkdocs vulture pydocstyle yapf autopep8 gcc g++ cc c++ clang clang++ ld ar as nasm rustc rustfmt clippy-driver gofmt goimports golangci-lint staticcheck javac kotlinc scalac sbt lein ghc cabal stack " +
  "dune opam0 mix rebar3 zig nim crystal dmd ldc2 swiftc swift clang-format clang-tidy cppcheck shellcheck shfmt hadolint yamllint actionlint markdownlint markdownlint-cli2 cspell codespell typos ktlint detekt checkstyle spotbugs scalafmt " +
  "protoc buf thrift flatc sqlc swagger-codegen openapi-generator graphql-codegen jekyll hugo zola eleventy gatsby docusaurus mdbook latexmk pdflatex xelatex lualatex bibtex dot plantuml mmdc convert0 pyinstaller maturin cython uvicorn gunicorn flask streamlit jupyter celery0 hypercorn fastapi " +
  "semgrep trivy grype syft gitleaks trufflehog sonar-scanner deno0 dotnet0 rails0 puma0 sidekiq0 foreman0 honcho0 overmind0 rspec nvm0 tsd attw publint ember forge hardhat truffle anchor stylua luacheck luarocks0 busted";

/** The project's own build: ordinary in the workspace; what its options name elsewhere is said too. */
export const builds: Judge = ({ name, args, shell }) => {
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
