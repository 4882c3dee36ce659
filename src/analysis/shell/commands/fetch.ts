import type { Judge } from "../entry.ts";
import { exact, type Field, HOLE, NAME } from "../field.ts";
import { hostOf, reads, sends, writes } from "../files.ts";
import { hasOption, isOption, readOptions, set, valuesOf } from "../options.ts";
import { told } from "../says.ts";
import { type Flow, type Shell, unknown } from "../state.ts";
import { saysDelete } from "../verbs.ts";

export const FETCHED: Flow = { kind: "fetched" };

interface Request {
  readonly urls: readonly Field[];
  readonly method: string;
  /** Something goes along beside the address. */
  readonly body: boolean;
}

/** What a request over HTTP does: reading is reading, a body is sent, and a deletion is one by whatever way it is said. */
export function requests(shell: Shell, { urls, method, body }: Request): void {
  const verb = method.toUpperCase();
  const quiet = !body && /^(?:GET|HEAD|OPTIONS|PROPFIND|TRACE)$/.test(verb);
  for (const url of urls) {
    if (/^file:/i.test(url.text)) {
      reads(shell, { ...url, text: url.text.replace(/^file:(?:\/\/[^/]*)?/i, "") });
      continue;
    }
    if (/^(?:gopher|dict|telnet|smtps?|imaps?|pop3s?|ldaps?|smb|tftp|mqtt|rtsp)s?:/i.test(url.text))
      sends(shell, [url.text]);
    const hosts = hostOf(url.text.replaceAll(NAME, "x"));
    const path = url.text.replace(/^\w+:\/\/[^/]*/, "").split(/[?#]/)[0] ?? "";
    if (verb === "DELETE" || (!quiet && saysDelete(path)))
      shell.tally.add({ kinds: ["delete", "send"], hosts, routine: false, note: `deletes at ${told(url.text)}` });
    else if (quiet && exact(url))
      shell.tally.add({ kinds: ["read"], hosts, note: `fetches from ${told(hosts[0] ?? url.text)}` });
    // An address made up while it runs tells what it was made of.
    else sends(shell, [url.text.replaceAll(NAME, "x")]);
  }
}

const CURL_TAKES = set(
  "-A --user-agent -b --cookie -c --cookie-jar -C --continue-at -d --data --data-raw --data-binary --data-urlencode --data-ascii --json -D --dump-header -e --referer -E --cert " +
    "-F --form --form-string -H --header -K --config -m --max-time -o --output --output-dir -P --ftp-port -Q --quote -r --range -s0 -t --telnet-option -T --upload-file -u --user " +
    "-U --proxy-user -w --write-out -x --proxy -X --request -y -Y -z --time-cond --cacert --capath --ciphers --connect-timeout --connect-to --cert-type --key --resolve --retry " +
    "--retry-delay --retry-max-time --trace --trace-ascii --stderr --unix-socket --abstract-unix-socket --interface --limit-rate --max-filesize --max-redirs --netrc-file --noproxy --oauth2-bearer " +
    "--url --url-query --variable --expand-data --etag-save --etag-compare --libcurl --hsts --alt-svc --aws-sigv4 --dns-servers --doh-url --engine --mail-from --mail-rcpt --mail-auth --preproxy --socks5 --socks5-hostname --socks4 --tls-max --create-file-mode --proto --proto-default --proto-redir --request-target --rate --keepalive-time --parallel-max --pinnedpubkey --happy-eyeballs-timeout-ms --local-port --tlsv0",
);
const CURL_BODIES = [
  "-d",
  "--data",
  "--data-raw",
  "--data-binary",
  "--data-urlencode",
  "--data-ascii",
  "--json",
  "-F",
  "--form",
  "--form-string",
  "-T",
  "--upload-file",
  "--url-query",
];
const CURL_WRITES = [
  "-o",
  "--output",
  "-c",
  "--cookie-jar",
  "-D",
  "--dump-header",
  "--trace",
  "--trace-ascii",
  "--stderr",
  "--etag-save",
  "--libcurl",
  "--hsts",
  "--alt-svc",
  "--output-dir",
];

export const curl: Judge = ({ args, shell }) => {
  const options = readOptions(args, CURL_TAKES);
  if (options.loose && options.operands.some((one) => one.many && one.text.startsWith(HOLE)))
    unknown(shell, "arguments that are not known");
  if (hasOption(options, "-K", "--config")) unknown(shell, "takes its orders from a file");
  if (hasOption(options, "--unix-socket", "--abstract-unix-socket"))
    shell.tally.add({ kinds: ["administer"], note: "speaks to a service of this machine" });
  if (hasOption(options, "-Q", "--quote", "--mail-rcpt", "-t")) sends(shell, [], "gives orders to a server");
  if (valuesOf(options, "-w", "--write-out").some((value) => /%output|^@/.test(value.text)))
    unknown(shell, "writes where its output format says");
  for (const value of valuesOf(options, ...CURL_WRITES)) if (value.text !== "-") writes(shell, value);
  if (hasOption(options, "-O", "--remote-name", "-J", "--remote-name-all", "--remote-header-name")) {
    shell.tally.add({ kinds: ["write"], note: "saves what it fetches" });
    shell.tally.plant();
  }
  const urls = [...options.operands, ...valuesOf(options, "--url")];
  const bodies = options.given.filter((one) => CURL_BODIES.some((name) => isOption(one.name, name)));
  filesOf(
    bodies.flatMap((one) => (one.value === undefined ? [] : [{ name: one.name, value: one.value }])),
    shell,
  );
  for (const header of valuesOf(options, "-H", "--header", "-b", "--cookie"))
    if (header.text.startsWith("@")) reads(shell, { ...header, text: header.text.slice(1) });
  for (const said of valuesOf(
    options,
    "-H",
    "--header",
    "-b",
    "--cookie",
    "-A",
    "--user-agent",
    "-e",
    "--referer",
    "-u",
  ))
    if (said.text.includes(HOLE)) sends(shell, [], "sends what is made up while it runs");
  const get = hasOption(options, "-G", "--get");
  const method = valuesOf(options, "-X", "--request").at(-1);
  if (method !== undefined && !exact(method)) unknown(shell, "a method that is not known");
  const verb =
    method?.text ??
    (hasOption(options, "-T", "--upload-file")
      ? "PUT"
      : bodies.length > 0 && !get
        ? "POST"
        : hasOption(options, "-I", "--head")
          ? "HEAD"
          : "GET");
  requests(shell, { urls, method: verb, body: bodies.length > 0 });
  return FETCHED;
};

function filesOf(bodies: readonly { readonly name: string; readonly value: Field }[], shell: Shell): void {
  for (const { name, value } of bodies) {
    const file = /^(?:-T|--upload-file)$/.test(name)
      ? value.text
      : /^(?:-F|--form)$/.test(name)
        ? /=[@<]([^;]*)/.exec(value.text)?.[1]
        : /^(?:[\w-]*)@([^]*)$/.exec(value.text)?.[1];
    if (file !== undefined && file !== "-" && name !== "--data-raw") reads(shell, { ...value, text: file });
  }
}

const WGET_TAKES = set(
  "-O --output-document -o --output-file -a --append-output -i --input-file -P --directory-prefix -U --user-agent --header --post-data --post-file --body-data --body-file --method --user --password -t --tries -T --timeout -w --wait -Q --quota -A -R -D --domains -l --level --load-cookies --save-cookies --ca-certificate --certificate --private-key -e --execute --use-askpass --limit-rate -B --base --config --warc-file",
);

export const wget: Judge = ({ args, shell }) => {
  const options = readOptions(args, WGET_TAKES);
  if (hasOption(options, "-e", "--execute", "-i", "--input-file", "--config", "--use-askpass"))
    unknown(shell, "takes its orders from elsewhere");
  const into = valuesOf(options, "-O", "--output-document");
  const body = hasOption(options, "--post-data", "--post-file", "--body-data", "--body-file");
  for (const file of valuesOf(options, "--post-file", "--body-file")) reads(shell, file);
  for (const file of [
    ...into,
    ...valuesOf(
      options,
      "-o",
      "-a",
      "-P",
      "--save-cookies",
      "--output-file",
      "--append-output",
      "--directory-prefix",
      "--warc-file",
    ),
  ])
    if (file.text !== "-") writes(shell, file);
  if (into.length === 0 && !hasOption(options, "--spider")) {
    shell.tally.add({ kinds: ["write"], note: "saves what it fetches" });
    shell.tally.plant();
  }
  requests(shell, {
    urls: options.operands,
    method: valuesOf(options, "--method").at(-1)?.text ?? (body ? "POST" : "GET"),
    body,
  });
  return FETCHED;
};

/** `http DELETE example.com name=value` and its kin. */
export const httpie: Judge = ({ args, shell }) => {
  const options = readOptions(
    args,
    set("-a --auth -A --auth-type -o --output --session -p --print --proxy --timeout --verify --cert --raw -d0"),
  );
  const [first, ...rest] = options.operands;
  const named = first !== undefined && /^[A-Za-z]+$/.test(first.text) && rest.length > 0;
  const [url, ...items] = named ? rest : options.operands;
  for (const file of valuesOf(options, "-o", "--output")) writes(shell, file);
  const body =
    items.some((item) => /[:=@]=?|^\0/.test(item.text) && !/^[\w-]+:[^=]*$|==/.test(item.text)) ||
    hasOption(options, "--raw");
  for (const item of items) {
    const file = /^[\w-]+(?:=|:=)?@([^]*)$/.exec(item.text)?.[1];
    if (file !== undefined) reads(shell, { ...item, text: file });
  }
  requests(shell, { urls: url === undefined ? [] : [url], method: named ? first.text : body ? "POST" : "GET", body });
  return FETCHED;
};
