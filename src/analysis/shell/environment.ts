import { HOLE } from "./field.ts";
import { spotsOf } from "./place.ts";
import { type Shell, unknown } from "./state.ts";

/** Variables whose value some program runs as a command. */
const COMMANDS =
  /^(?:PAGER|MANPAGER|GIT_PAGER|[A-Z_]*PAGER|EDITOR|VISUAL|GIT_EDITOR|GIT_SEQUENCE_EDITOR|FCEDIT|SUDO_EDITOR|GIT_SSH_COMMAND|GIT_SSH|GIT_ASKPASS|SSH_ASKPASS|SUDO_ASKPASS|GIT_PROXY_COMMAND|GIT_EXTERNAL_DIFF|BROWSER|LESSOPEN|LESSCLOSE|PROMPT_COMMAND|RSYNC_RSH|CVS_RSH|TAR_OPTIONS|SHELL|RUSTC_WRAPPER|RUSTC_WORKSPACE_WRAPPER|MAKEFLAGS|CC|CXX|LD|AR|RUSTC|CARGO|GOFLAGS|PYTHONBREAKPOINT|KUBECTL_EXTERNAL_DIFF|HOMEBREW_[A-Z_]*|FZF_DEFAULT_COMMAND|DOCKER_CONTEXT|PSQL_PAGER|XDG_OPEN)$/;

/** Variables that make a program load code, or another program be found in the place of one. */
const LOADS =
  /^(?:LD_[A-Z_]+|DYLD_[A-Z_]+|BASH_ENV|ENV|ZDOTDIR|NODE_OPTIONS|NODE_PATH|PYTHON(?:STARTUP|HOME|INSPECT|PATH|USERBASE|WARNINGS)|PERL5?(?:OPT|LIB|DB|5LIB|5DB)|RUBY(?:OPT|LIB)|GEM_(?:HOME|PATH)|JAVA_TOOL_OPTIONS|_JAVA_OPTIONS|JDK_JAVA_OPTIONS|CLASSPATH|GIT_(?:EXEC_PATH|TEMPLATE_DIR|CONFIG[A-Z_0-9]*|ALTERNATE_OBJECT_DIRECTORIES)|GCONV_PATH|IFS|PS4|PATH|CDPATH|BASHOPTS|SHELLOPTS|BASH_FUNC.*|PHPRC|PHP_INI_SCAN_DIR|LUA_INIT.*|LUA_PATH|ERL_AFLAGS|VIMINIT|EXINIT|INPUTRC|HISTFILE|npm_config_.*|NPM_CONFIG_.*|YARN_[A-Z_]*|PIP_[A-Z_]*|UV_[A-Z_]*INDEX[A-Z_]*|GOPROXY|GONOSUMDB|GOINSECURE|KUBECONFIG|DOCKER_HOST|SSL_CERT_FILE|NODE_EXTRA_CA_CERTS|NODE_TLS_REJECT_UNAUTHORIZED|[a-zA-Z_]*_proxy|[A-Z_]*_PROXY)$/;

/** What these are set to every day, and does nothing. */
const ORDINARY: Readonly<Record<string, RegExp>> = {
  NODE_OPTIONS:
    /^(?:--(?:max-old-space-size=\d+|enable-source-maps|no-warnings|trace-warnings|experimental-vm-modules|no-deprecation) ?)*$/,
  PYTHONWARNINGS: /^[\w:,.]*$/,
  MAKEFLAGS: /^-j ?\d*$/,
  GOFLAGS: /^(?:-(?:mod=\w+|count=\d+|race|v|buildvcs=\w+) ?)*$/,
  CC: /^(?:gcc|clang|cc)(?:-\d+)?$/,
  CXX: /^(?:g\+\+|clang\+\+|c\+\+)(?:-\d+)?$/,
  RUSTC_WRAPPER: /^(?:sccache)?$/,
  IFS: /^[ \t\n,;:|\u0000]*$/,
  SHELL: /^(?:\/usr)?\/bin\/(?:ba|z|da)?sh$/,
  BROWSER: /^none$/,
  HOMEBREW_NO_AUTO_UPDATE: /^1?$/,
  PIP_DISABLE_PIP_VERSION_CHECK: /^1$/,
  PIP_NO_CACHE_DIR: /^\w*$/,
  GIT_CONFIG_NOSYSTEM: /^\w*$/,
  HISTFILE: /^(?:\/dev\/null)?$/,
  npm_config_yes: /^\w+$/,
};

/** Folders where what is found is the project's own. */
const PATHS = new Set(["PATH", "PYTHONPATH", "NODE_PATH", "CLASSPATH", "CDPATH"]);

/** What it does that `name` is set to `value` for a command, or for all that follow. */
export function environment(shell: Shell, name: string, value: string): void {
  if (ORDINARY[name]?.test(value) === true) return;
  if (COMMANDS.test(name)) {
    if (value === "" || value === "true" || value === ":" || value === "cat") return;
    if (value.includes(HOLE)) return unknown(shell, `${name} is a command that is not known`);
    shell.follow.text(value, { ...shell, depth: shell.depth + 1 }, { kind: "opaque" });
    return;
  }
  if (!LOADS.test(name)) return;
  if (PATHS.has(name) && value.split(":").every((folder) => ownFolder(shell, name, folder))) return;
  unknown(shell, `${name} changes which code is run`);
}

function ownFolder(shell: Shell, name: string, folder: string): boolean {
  // `$PATH` itself, as it was.
  if (folder === HOLE || folder === "") return true;
  if (/^(?:\/usr(?:\/local)?)?\/s?bin$/.test(folder)) return true;
  const spots = spotsOf({ text: folder, many: false, glob: false }, shell.place, shell.scope.cwds);
  // Where programs are looked for by name, only what a package manager filled is anybody's idea of one.
  const own = name !== "PATH" || /(?:node_modules\/\.bin|\.?venv\/bin|vendor\/bin)$/.test(folder);
  return own && spots.every((spot) => spot.where === "workspace");
}
