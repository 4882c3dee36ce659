import type { Trait } from "../../domain/effect.ts";

/** One or more segments that stand together anywhere in a path, in lower case; with a slash in front, at its beginning.
 *  What lies below such a place is in it. */
const SECRETS = `
.env .envrc .netrc _netrc .npmrc .pypirc .yarnrc.yml .git-credentials .vault-token .pgpass .my.cnf .mylogin.cnf .s3cfg
.boto .htpasswd .dockercfg .ssh .gnupg .gpg .pki .aws .azure .oci .aliyun .kube .bluemix .password-store .bitcoin
.ethereum .electrum .exodus .monero .terraformrc .terraform.d wallet.dat id_rsa id_dsa id_ecdsa id_ed25519 kubeconfig
.config/gcloud .config/doctl .config/hcloud .config/heroku .config/gh .config/glab-cli .config/hub .config/op
.config/rclone .config/solana .config/git/credentials .config/github-copilot .config/google-chrome .config/chromium
.config/bravesoftware .config/microsoft-edge .config/vivaldi .config/keepassxc .config/bitwarden .config/sops
.docker/config.json .docker/contexts .gem/credentials .cargo/credentials .cargo/credentials.toml .m2/settings.xml
.m2/settings-security.xml .gradle/gradle.properties .composer/auth.json .local/share/keyrings .local/share/kwalletd
.local/share/opencode/auth.json .mozilla/firefox .thunderbird .claude/.credentials.json .codex/auth.json
.gemini/oauth_creds.json library/keychains library/cookies secrets.yaml secrets.yml secrets.json
appdata/roaming/microsoft/credentials appdata/local/microsoft/credentials appdata/roaming/microsoft/protect
.bash_history .zsh_history .sh_history .history .python_history .psql_history .mysql_history .sqlite_history
.node_repl_history .rediscli_history .dbshell fish_history consolehost_history.txt key4.db logins.json cookies.sqlite
application_default_credentials.json
/etc/shadow /etc/shadow- /etc/gshadow /etc/gshadow- /etc/security/opasswd /etc/ssl/private /etc/kubernetes /etc/krb5.keytab
/etc/wireguard /etc/letsencrypt /etc/openvpn /run/secrets /var/run/secrets /private/etc/master.passwd
/root/.config /dev/mem /dev/kmem /dev/port /proc/kcore /proc/keys /var/lib/secrets /var/db/shadow
`;

const AGENT_MEMORY = `
claude.md claude.local.md agents.md agents.override.md agent.md gemini.md qwen.md warp.md crush.md soul.md memory.md
.claude .claude.json .codex .gemini .cursor .cursorrules .windsurf .windsurfrules .cline .clinerules .roo .roomodes
.roorules .kiro .continue .opencode opencode.json .openclaw .goose .goosehints .junie .augment .qwen .amazonq .agents
.aider.conf.yml .mcp.json mcp_config.json claude_desktop_config.json copilot-instructions.md memory.jsonl memory-bank
.config/claude .config/opencode .config/goose .config/zed .vscode/mcp.json .vscode/settings.json .copilot
.github/instructions .github/prompts .github/hooks .github/agents .github/chatmodes .github/copilot-instructions.md
code/user/settings.json code/user/mcp.json /memories /etc/claude-code
`;

const RUNS_LATER = `
.git/hooks .git/config .git/config.worktree .git/modules .gitconfig .config/git/config .githooks .husky .lefthook.yml
lefthook.yml .pre-commit-config.yaml .envrc .bashrc .bash_profile .bash_login .bash_logout .bash_aliases .profile .zshrc
.zshenv .zprofile .zlogin .zlogout .kshrc .cshrc .tcshrc .login .xinitrc .xprofile .xsession .xsessionrc
.pam_environment .config/fish .config/environment.d .config/systemd .config/autostart .config/nvim .vimrc .exrc .emacs
.emacs.d .tmux.conf .gdbinit .github/workflows .github/actions .gitlab-ci.yml .circleci .travis.yml .drone.yml
.buildkite .woodpecker .woodpecker.yml .forgejo/workflows .gitea/workflows jenkinsfile azure-pipelines.yml
bitbucket-pipelines.yml .vscode/tasks.json .vscode/launch.json .idea/runconfigurations .devcontainer .devcontainer.json
authorized_keys authorized_keys2 .ssh/rc .ssh/config .ssh/environment .local/bin .cargo/bin node_modules/.bin .venv/bin
library/launchagents library/launchdaemons library/startupitems sitecustomize.py usercustomize.py
programs/startup .npmrc .yarnrc.yml .yarn/releases
/etc/crontab /etc/cron.d /etc/cron.hourly /etc/cron.daily /etc/cron.weekly /etc/cron.monthly /etc/anacrontab
/var/spool/cron /var/spool/at /etc/systemd /lib/systemd /usr/lib/systemd /usr/local/lib/systemd /run/systemd/system
/etc/init.d /etc/init /etc/inittab /etc/rc.local /etc/profile /etc/profile.d /etc/bash.bashrc /etc/bashrc /etc/zsh
/etc/zshrc /etc/zshenv /etc/environment /etc/ld.so.preload /etc/ld.so.conf /etc/ld.so.conf.d /etc/sudoers /etc/sudoers.d
/etc/pam.d /etc/passwd /etc/group /etc/ssh /etc/xdg/autostart /etc/udev /etc/apt/apt.conf.d /etc/gitconfig
/bin /sbin /usr/bin /usr/sbin /usr/local/bin /usr/local/sbin /opt/homebrew/bin /snap/bin
`;

/** Last segments. Certificates beside their keys are no secret; sample settings and public keys neither. */
const SECRET_FILE =
  /\.(?:pem|key|p12|pfx|jks|keystore|kdbx?|ppk|ovpn|keytab|tfstate|agekey)$|^\.env[.-]|^[^/]*\.env$|^(?:service[-_]?account|gcp[-_]?key|sa[-_]?key|google[-_]?credentials|client[-_]?secret|credentials)[^/]*\.json$|firebase-adminsdk[^/]*\.json$|^ssh_host_[^/]*_key$|_(?:rsa|ed25519|ecdsa)$/;
const NO_SECRET =
  /^\.?env\.(?:example|sample|template|dist|defaults)$|^[^/]*\.env\.(?:example|sample|template|dist)$|^\.env[.-](?:example|sample|template|dist|defaults|schema)$|\.pub$|^(?:ca|cert|chain|fullchain|cacert|public|pubkey)\.pem$|[.-](?:cert|chain|pub)\.pem$/;
/** What of a process is readable by who runs as its user: its variables, its memory, its open files. */
const PROCESS = /^\/proc\/[^/]+\/(?:task\/[^/]+\/)?(?:environ|mem|fd|fdinfo|map_files|auxv)(?:\/|$)/;
const DISK = /^\/dev\/(?:sd|hd|vd|xvd|nvme|mmcblk|dm-|mapper\/|disk)/;
/** Where a browser keeps what people are signed in with, below any home. */
const BROWSER =
  /\/(?:google\/chrome|chromium|microsoft\/edge|bravesoftware|firefox)\/(?:.*\/)?(?:user data|profiles|default|profile \d+|login data|cookies|web data)(?:\/|$)/;

const MOST_SEGMENTS = 4;
const LONGEST_OPENED = 4_096;

/** Every name with the kinds of place it is, and the segments that names begin with. */
const NAMES = new Map<string, Trait[]>();
const FIRST = new Set<string>();
for (const [trait, text] of [
  ["secret-place", SECRETS],
  ["agent-memory", AGENT_MEMORY],
  ["runs-later", RUNS_LATER],
] as const) {
  for (const name of text.split(/\s+/).filter(Boolean)) {
    NAMES.set(name, [...(NAMES.get(name) ?? []), trait]);
    FIRST.add(name.split("/").find(Boolean) ?? "");
  }
}

/** What kinds of place a path is in, by the names in it: however deep, under whatever home, and whatever case and form a
 *  file system may take for the same. `path` is canonical. */
export function placesOf(path: string): readonly Trait[] {
  const segments = path.split("/").map(foldedSegment).filter(Boolean);
  const last = segments.at(-1) ?? "";
  const found = new Set<Trait>();
  for (const [at, segment] of segments.entries()) {
    if (FIRST.has(segment)) namesAt(segments, at, found);
    else if (WILD.test(segment)) wildcard(segment, found);
  }
  const short = `/${segments.join("/")}`.slice(0, LONGEST_OPENED);
  if ([PROCESS, DISK, BROWSER].some((place) => place.test(short)) || SECRET_FILE.test(last)) found.add("secret-place");
  if (NO_SECRET.test(last)) found.delete("secret-place");
  return [...found];
}

/** Adds what the names are that begin at a segment; at the first, also those that only stand there. */
function namesAt(segments: readonly string[], at: number, found: Set<Trait>): void {
  let name = segments[at] ?? "";
  for (let next = at + 1; ; next++) {
    for (const trait of NAMES.get(name) ?? []) found.add(trait);
    if (at === 0) for (const trait of NAMES.get(`/${name}`) ?? []) found.add(trait);
    if (next === at + MOST_SEGMENTS || next >= segments.length) return;
    name += `/${segments[next]}`;
  }
}

/** A wildcard that names that begin with a dot, or keys, would match. */
const WILD = /^(?:\.|id_).*[*?[{]/s;

function wildcard(segment: string, found: Set<Trait>): void {
  const wide = segment.replaceAll(/\[[^\]]*\]|\{[^}]*\}|[?*]+/g, "*");
  const [before = ""] = wide.split("*", 1);
  const after = wide.slice(wide.lastIndexOf("*") + 1);
  for (const [name, traits] of NAMES) {
    const matches = name.length >= before.length + after.length && name.startsWith(before) && name.endsWith(after);
    if (matches) for (const trait of traits) found.add(trait);
  }
}

/** What folding leaves as it is. */
const PLAIN = /^(?:[a-z0-9_.-]*[a-z0-9_-])?$/;

/** A segment as the most forgiving file system compares it: compatible Unicode, no case, nothing invisible, without the
 *  trailing dots, spaces and streams that Windows drops, and its short names written out. */
function foldedSegment(segment: string): string {
  if (PLAIN.test(segment)) return segment;
  const plain = segment
    .normalize("NFKC")
    .replaceAll(/\p{Default_Ignorable_Code_Point}|\p{Cc}/gu, "")
    .toLowerCase()
    .replace(/(?<=.):.*$/s, "");
  const kept = plain.replace(/(?<=[^. ])[. ]+$/, "");
  return kept.replace(/^([a-z0-9_]{1,6})~[1-9]\d*$/, ".$1");
}
