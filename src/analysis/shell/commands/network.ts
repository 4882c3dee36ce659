import { isThisMachine } from "../../address.ts";
import { each, type Judge, type Run, type Table } from "../entry.ts";
import { exact } from "../field.ts";
import { hostOf, reads, sends, writes } from "../files.ts";
import { hasOption, type Options, readOptions, set } from "../options.ts";
import { told } from "../says.ts";
import { apart, type Flow, joined, OPAQUE, type Shell, unknown } from "../state.ts";
import { remote, remoteHost } from "./rsync.ts";
import { FETCHED, curl, wget, httpie } from "./fetch.ts";

const SSH_TAKES = set("-b -B -c -D -E -e -F -I -i -J -L -l -m -O -o -p -P -Q -R -S -w -W");

const ssh: Judge = ({ args, shell, input }) => {
  const options = readOptions(args, SSH_TAKES, "bundled", "operand");
  connectsBy(options, shell);
  const [host, ...command] = options.operands;
  const name = host === undefined ? "" : host.text.replace(/^ssh:\/\//, "").replace(/^.*@/, "");
  sends(shell, [name], `works on ${told(name)}`);
  shell.tally.add({ kinds: ["execute"], routine: false, note: "runs commands there" });
  const there = { ...apart(shell), depth: shell.depth + 1 };
  there.scope.cwds = null;
  if (command.length > 0) shell.follow.text(joined(command), there, input);
  else if (input.kind === "text") shell.follow.text(input.text, there, OPAQUE);
  return FETCHED;
};

/** Options of ssh that run something here, or open something here to others. */
function connectsBy(options: Options, shell: Shell): void {
  for (const { name, value } of options.given) {
    const text = value?.text ?? "";
    if (
      name === "-o" &&
      !/^(?:StrictHostKeyChecking|UserKnownHostsFile=\/dev\/null|ConnectTimeout|ServerAlive\w+|BatchMode|LogLevel|IdentitiesOnly|Port|User|IdentityFile|TCPKeepAlive|Compression|RequestTTY|PreferredAuthentications|PasswordAuthentication)[= ]/i.test(
        `${text}=`,
      )
    )
      unknown(shell, "an option of ssh that may run a command");
    if (name === "-F" || name === "-I" || name === "-S") unknown(shell, "takes its settings from a file");
    if (/^-[LRDw]$/.test(name)) shell.tally.add({ kinds: ["administer"], note: "opens a way between networks" });
  }
}

const scp: Judge = ({ args, shell }) => {
  const options = readOptions(args, set("-c -D -F -i -J -l -o -P -S -X"));
  connectsBy(options, shell);
  const fields = options.operands;
  for (const field of fields.slice(0, -1)) {
    if (remote(field.text)) shell.tally.add({ kinds: ["read"], hosts: hostOf(remoteHost(field.text)) });
    else reads(shell, field);
  }
  for (const field of fields.slice(-1)) {
    if (remote(field.text)) sends(shell, [remoteHost(field.text)]);
    else writes(shell, field);
  }
  return OPAQUE;
};

const netcat: Judge = ({ args, shell }) => {
  const options = readOptions(args, set("-p -w -i -s -x -X -q -I -O -T -e -c --exec --sh-exec --lua-exec --proxy"));
  if (hasOption(options, "-e", "-c", "--exec", "--sh-exec", "--lua-exec"))
    unknown(shell, "gives a command to whoever connects");
  if (hasOption(options, "-l", "--listen")) shell.tally.add({ kinds: ["administer"], note: "listens for others" });
  const [host] = options.operands;
  if (hasOption(options, "-z") && host !== undefined && exact(host))
    shell.tally.add({ kinds: ["read"], hosts: hostOf(host.text) });
  else sends(shell, host === undefined ? [] : [host.text]);
  return FETCHED;
};

/** Asking for a name is telling it to whoever answers. */
const lookup: Judge = ({ args, shell }) => {
  for (const field of args) {
    if (field.text.startsWith("-") || field.text.startsWith("+")) continue;
    const name = field.text.replace(/^@/, "");
    if (exact(field)) shell.tally.add({ kinds: ["read"], hosts: /[.:]/.test(name) ? hostOf(name) : [] });
    else sends(shell, [name], "asks for a name that is made up while it runs");
  }
  return OPAQUE;
};

const serves: Judge = ({ shell }) => {
  shell.tally.add({ kinds: ["administer"], note: "opens this machine to others" });
  return OPAQUE;
};

const mail: Judge = ({ args, shell }) => {
  const recipients = args.filter((arg) => arg.text.includes("@") && exact(arg)).map((arg) => arg.text);
  shell.tally.add({
    kinds: ["send"],
    recipients,
    routine: false,
    note: `writes to ${recipients.length === 0 ? "somebody" : recipients.map(told).join(" and ")}`,
  });
  return OPAQUE;
};

const sending =
  (note: string) =>
  ({ shell }: Run): Flow => {
    sends(shell, [], note);
    return FETCHED;
  };

export const NETWORK: Table = {
  ...each("curl curlie", curl),
  ...each("wget wget2", wget),
  ...each("http https httpie xh xhs", httpie),
  ...each("ssh mosh autossh sshpass0", ssh),
  sshpass: (run) =>
    run.shell.follow.run(
      readOptions(run.args, set("-p -f -d -P"), "bundled", "operand").operands,
      run.shell,
      run.input,
    ),
  ...each("scp sftp", scp),
  ...each("nc ncat netcat telnet", netcat),
  ...each("dig nslookup host whois ping ping6 traceroute tracepath mtr fping arping drill getent kdig delv", lookup),
  socat: ({ args, shell }) => {
    sends(shell, [], "connects whatever it is told to");
    if (args.some((arg) => !exact(arg) || /^(?:exec|system|shell)\b/i.test(arg.text)))
      unknown(shell, "runs a command for whoever connects");
    return FETCHED;
  },
  ...each("mail mailx mutt sendmail msmtp swaks ssmtp neomutt", mail),
  ...each(
    "ftp lftp tftp ncftpput axel aria2c lynx w3m links elinks websocat wscat grpcurl evans yt-dlp youtube-dl croc magic-wormhole wormhole rclone0 transfer ntfy apprise",
    sending("speaks to somebody elsewhere"),
  ),
  ...each(
    "ngrok cloudflared localtunnel lt bore serveo tailscale zerotier-cli wg wg-quick openvpn frpc frpc chisel",
    serves,
  ),
  ...each("netstat ss ip0 arp ifstat iftop nethogs nload vnstat resolvectl0 iwlist", {
    operands: "text",
    options: {
      "-K": { kinds: ["delete"], routine: false },
      "-d": { kinds: ["read"] },
      "--kill": { kinds: ["delete"], routine: false },
    },
  }),
  ...each(
    "tcpdump tshark wireshark nmap masscan zmap nikto sqlmap hydra john hashcat aircrack-ng metasploit msfconsole",
    ({ shell }) => {
      shell.tally.add({ kinds: ["execute", "send"], routine: false, note: "listens to or probes a network" });
      return OPAQUE;
    },
  ),
  ...each("ab wrk hey k6 vegeta siege locust artillery", (run) => {
    const urls = run.args.filter((arg) => /^\w+:\/\//.test(arg.text));
    const near = urls.length > 0 && urls.every((url) => hostOf(url.text).every(isThisMachine));
    run.shell.tally.add(
      near ? { kinds: ["read"] } : { kinds: ["execute", "send"], routine: false, note: "puts load on somebody" },
    );
    return OPAQUE;
  }),
};
