import { each, type Judge, type Table } from "../entry.ts";
import { exact, type Field, literal, words } from "../field.ts";
import { reads, sends, writes } from "../files.ts";
import { hasOption, readOptions, set, valuesOf } from "../options.ts";
import { type Flow, OPAQUE } from "../state.ts";
import { requests } from "./fetch.ts";
import { elsewhere, service } from "./service.ts";
import { tar } from "./tar.ts";

/** A tool that gives its command what it keeps: `op run -- …`. */
const gives: Judge = elsewhere(0, "--env-file --project --config -p -c --name-transformer --mount", {
  kinds: ["read"],
  traits: ["secret-place"],
  note: "with secrets",
});

const AWS =
  "--profile --region --output --endpoint-url --query --cli-connect-timeout --cli-read-timeout --ca-bundle --color";

/** `aws s3` speaks of files as a shell does; all else is a service with an operation. */
const s3: Judge = ({ args, shell, name }) => {
  const options = readOptions(args, set(`${AWS} --exclude --include --acl --storage-class --sse --expires-in`));
  const [verb, ...rest] = options.operands;
  const bucket = (field: Field): boolean => /^(?:s3|gs):\/\//.test(field.text);
  const word = verb?.text ?? "";
  if (/^(?:ls|du|stat|cat|presign|hash|help|version)$/.test(word))
    shell.tally.add({ kinds: word === "presign" ? ["administer"] : ["read"] });
  else if (/^(?:cp|mv|sync|rsync)$/.test(word)) {
    for (const field of rest.slice(0, -1)) if (!bucket(field)) reads(shell, field);
    for (const field of rest.slice(-1))
      if (bucket(field)) sends(shell, [], `copies to ${name === "gsutil" ? "Cloud Storage" : "S3"}`);
      else writes(shell, field);
    if (word === "mv" || hasOption(options, "--delete", "-d"))
      shell.tally.add({
        kinds: ["delete"],
        traits: ["sweeping"],
        routine: false,
        note: "deletes what is not on the other side",
      });
  } else if (/^(?:rm|rb)$/.test(word))
    shell.tally.add({ kinds: ["delete"], routine: false, note: "deletes what is stored" });
  else shell.tally.add({ kinds: ["administer"], routine: false, note: "changes how it is stored" });
  return OPAQUE;
};

const aws = service({
  globals: AWS,
  known: {
    s3,
    "sts get-caller-identity": "read",
    "configure list": "read",
    "secretsmanager get-secret-value": secretRead,
    "secretsmanager batch-get-secret-value": secretRead,
    "ssm get-parameter": secretRead,
    "ssm get-parameters": secretRead,
    "ssm get-parameters-by-path": secretRead,
    "sts assume-role": "change",
    "sts get-session-token": "change",
    "ecr get-login-password": secretRead,
    "logs tail": "read",
    "dynamodb scan": "read",
    "dynamodb query": "read",
  },
});

function secretRead({ shell }: Parameters<Judge>[0]): undefined {
  shell.tally.add({ kinds: ["read"], traits: ["secret-place"], note: "reads a secret" });
  return undefined;
}

/** Copies between places, some of them elsewhere. */
const rclone: Judge = ({ args, shell }) => {
  const options = readOptions(
    args,
    set(
      "--config --exclude --include --filter --transfers --checkers --bwlimit --log-file --max-age --min-age --backup-dir -v0",
    ),
  );
  const [verb = literal(""), from, to] = options.operands;
  const far = (field: Field | undefined): boolean => field !== undefined && /^[\w-]+:/.test(field.text);
  const read = /^(?:ls\w*|size|check|cat|tree|about|version|listremotes|md5sum|sha1sum|hashsum|ncdu|help)$/;
  if (read.test(verb.text)) shell.tally.add({ kinds: ["read"] });
  else if (/^(?:copy|copyto|sync|move|moveto|bisync)$/.test(verb.text)) {
    if (from !== undefined && !far(from)) reads(shell, from);
    if (far(to)) sends(shell, [], "copies to a remote");
    else if (to !== undefined) writes(shell, to);
    if (!verb.text.startsWith("copy") || options.given.some(({ name }) => name.startsWith("--delete")))
      shell.tally.add({
        kinds: ["delete"],
        traits: ["sweeping"],
        routine: false,
        note: "deletes what is not on the other side",
      });
  } else return service()({ args, shell, name: "rclone", input: OPAQUE });
  return OPAQUE;
};

/** `gh api` is a request like any other. */
const api: Judge = ({ args, shell, name }) => {
  const options = readOptions(
    args,
    set(
      "-X --method -f -F --field --raw-field --input -H --header -q --jq -t --template --hostname -p --preview --cache",
    ),
  );
  const body = hasOption(options, "-f", "-F", "--field", "--raw-field", "--input");
  const host = name.startsWith("glab") ? "gitlab.com" : "api.github.com";
  const urls = options.operands
    .slice(0, 1)
    .map((one) => ({ ...one, text: `https://${host}/${one.text.replace(/^\//, "")}` }));
  const graph = (urls[0]?.text ?? "").endsWith("/graphql");
  const queries =
    graph &&
    valuesOf(options, "-f", "-F", "--field", "--raw-field").every((one) => !/^query=\s*mutation/.test(one.text));
  const method = valuesOf(options, "-X", "--method")[0]?.text ?? (body && !queries ? "POST" : "GET");
  requests(shell, { urls, method, body: body && !queries });
  return OPAQUE;
};

const forge = service({
  globals: "-R --repo --hostname --group -g",
  known: {
    api,
    "auth status": "read",
    "auth token": secretRead,
    "pr checks": "read",
    "pr checkout": ({ shell }) => {
      shell.tally.add({ kinds: ["write"], note: "checks out a branch" });
      return undefined;
    },
    "mr checkout": ({ shell }) => {
      shell.tally.add({ kinds: ["write"], note: "checks out a branch" });
      return undefined;
    },
    "repo clone": ({ shell }) => {
      shell.tally.add({ kinds: ["write"], note: "clones a repository" });
      return undefined;
    },
    "run download": ({ shell }) => {
      shell.tally.add({ kinds: ["write"], note: "downloads" });
      return undefined;
    },
    "release download": ({ shell }) => {
      shell.tally.add({ kinds: ["write"], note: "downloads" });
      return undefined;
    },
    // What is an action elsewhere is a thing here.
    ...Object.fromEntries(
      ["issue list", "issue view", "issue status", "run list", "run view", "run watch", "label list"].map(
        (one) => [one, "read"] as const,
      ),
    ),
    browse: "read",
    "secret list": "read",
    "ci status": "read",
    "ci view": "read",
    "ci lint": "read",
    "repo archive": "change",
  },
});

/** Programs that keep secrets. */
const VAULTS =
  "vault bao op doppler infisical chamber sops akeyless conjur bw bws lpass keepassxc-cli pass gopass security secret-tool keyctl berglas teller envkey dotenvx-vault cyberark phase";
/** What others depend on: clouds, forges, CI, monitoring, mail, payment, flags, names, delivery. */
const SERVICES =
  "az gcloud ibmcloud oci aliyun tccli hcloud doctl linode-cli vultr-cli scw flyctl fly heroku railway render vercel netlify wrangler surge now firebase supabase appwrite amplify eb ecs-cli copilot cf bx pscale neonctl turso " +
  "circleci jenkins-cli jenkins travis drone buildkite-agent bk tkn concourse fly-ci woodpecker-cli teamcity gitlab-runner act0 argo-cd codefresh semaphore sem harness spinnaker spin bitrise appcenter fastlane eas " +
  "stripe paypal braintree square twilio sendgrid mailgun postmark mailchimp slack slack-cli discord telegram-send resend courier customerio " +
  "datadog-ci datadog dog newrelic sentry-cli honeycomb grafana-cli grafanactl promtool0 amtool logcli pd pagerduty opsgenie splunk prometheus0 lightstep statuspage " +
  "ldcli launchdarkly flagsmith unleash flipt split configcat growthbook optimizely statsig " +
  "cloudflare flarectl dnscontrol octodns cli53 nsupdate rndc pdnsutil certbot acme.sh lego fastly akamai bunny cloudfront powerdns route53 godaddy namecheap gandi haproxyctl kong deck traefik nginx apachectl apache2ctl httpd caddy envoy varnishadm " +
  "mc s3cmd s5cmd b2 azcopy swift gdrive dropbox minio " +
  "restic borg borgmatic duplicity duplicacy kopia bacula bconsole barman pgbackrest wal-g rdiff-backup rsnapshot tarsnap timeshift snapper tmutil burp attic bup zbackup rear velero ark k10tools percona xtrabackup mariabackup stash " +
  "nats rabbitmqctl rabbitmqadmin rabbitmq-plugins rabbitmq-diagnostics rpk kcat pulsar-admin pulsar-client pulsar mqadmin nsqadmin redpanda stan natscli mosquitto_pub mosquitto_sub activemq artemis celery temporal tctl airflow prefect dagster flower sidekiq zkCli.sh zookeeper-shell etcdctl consul-kv confluent kafkactl kaf aiven " +
  "elasticsearch-plugin opensearch-plugin elasticdump esctl algolia meilisearch meilitool typesense solr bin-solr vespa sphinx searchd indexer manticore quickwit " +
  "jira linear trello asana notion-cli clickup zendesk salesforce sf sfdx hubspot shopify wp drush magento0 sanity contentful strapi hasura " +
  "auth0 okta keycloak kcadm.sh ory authentik ldapadd ldapdelete ldapmodify ldappasswd samba-tool ipa kadmin kinit realm adcli step vault-ssh " +
  "snyk tfsec checkov0 cosign rekor notation codecov coveralls sonar fossa renovate dependabot hf huggingface-cli wandb mlflow dvc kaggle modal replicate runpodctl sky ray sagemaker openai ollama llm";

/** The family of Kafka's scripts: what they do is among their options. */
const kafka: Judge = service({ byOptions: true });

export const SERVICE_TABLE: Table = {
  ...each(
    SERVICES,
    service({
      globals:
        "--project --account --region --zone -g --resource-group --subscription -s --server --profile --org -o --output --app -a --team --scope --token --config -c --context --host -H -u --user -p --password --vhost -V --port -P -n -N --namespace --endpoints -r --repo --repository --format --stage --env -e",
      known: {
        "secret get": secretRead,
        "secrets get": secretRead,
        "auth print-access-token": secretRead,
        "restic snapshots": "read",
        snapshots: "read",
      },
    }),
  ),
  ...each("gh glab tea bb hub0 jj0", forge),
  aws,
  awslocal: aws,
  gsutil: (run) => s3({ ...run, args: run.args.filter((one) => one.text !== "-m") }),
  s4cmd: s3,
  rclone,
  ...each(
    VAULTS,
    service({
      secret: true,
      globals: "-address --address -namespace --vault --account --project --config -p -c --token --env --path",
      known: {
        run: gives,
        "item get": secretRead,
        read: secretRead,
        "kv get": secretRead,
        "secrets get": secretRead,
        exec: gives,
        status: "read",
        "kv list": "read",
        "vault list": "read",
        whoami: "read",
      },
    }),
  ),
  ...each(
    "kafka-topics kafka-consumer-groups kafka-configs kafka-acls kafka-delete-records kafka-reassign-partitions kafka-leader-election kafka-streams-application-reset kafka-log-dirs kafka-features kafka-cluster kafka-metadata-quorum kafka-transactions kafka-delegation-tokens kafka-storage kafka-broker-api-versions kafka-get-offsets kafka-run-class",
    kafka,
  ),
  ...each(
    "kafka-topics.sh kafka-consumer-groups.sh kafka-configs.sh kafka-acls.sh kafka-delete-records.sh kafka-reassign-partitions.sh kafka-leader-election.sh kafka-streams-application-reset.sh kafka-log-dirs.sh",
    kafka,
  ),
  ...each(
    "kafka-console-producer kafka-console-producer.sh kafka-producer-perf-test kafka-verifiable-producer kafka-mirror-maker",
    ({ shell }): Flow => {
      sends(shell, [], "puts messages on a topic");
      return OPAQUE;
    },
  ),
  ...each("claude gemini codex aider cursor-agent opencode goose openclaw amp qwen crush", ({ shell }) => {
    shell.tally.add({ kinds: ["delegate", "execute"], routine: false, note: "hands work to another agent" });
    return OPAQUE;
  }),
  ...each("kafka-console-consumer kafka-console-consumer.sh", { operands: "text" }),
  ...each(
    "gpg gpg2 age openssl ssh-keygen ssh-add ssh-agent ssh-copy-id ssh-keyscan keytool certtool mkcert pass-otp gpgconf",
    ({ args, shell, name }) => {
      const options = readOptions(
        args,
        set("-o --output -out -in -f -C -t -b -N -r -i -u --recipient -inkey -pass -keyout"),
        name === "openssl" ? "long" : "bundled",
      );
      for (const file of valuesOf(options, "-o", "--output", "-out", "-keyout")) writes(shell, file);
      for (const file of valuesOf(options, "-in", "-inkey", "-i")) reads(shell, file);
      if (name === "ssh-keygen")
        for (const file of valuesOf(options, "-f"))
          if (hasOption(options, "-l", "-y", "-F", "-L", "-B")) reads(shell, file);
          else writes(shell, file);
      const [word = ""] = words(args);
      const looks =
        /^(?:x509|version|dgst|rand|verify|ciphers|s_client|asn1parse|md5|sha256|req|enc|base64|prime|speed|list)$/.test(
          word,
        ) ||
        args.some((one) => /^--(?:verify|list-\w+|version|fingerprint|list)$|^-(?:l|lf|k|K|e|d|L)$/.test(one.text));
      if (
        args.some((one) => /delete|^--(?:edit|import|gen|full|quick|send|export-secret)|^-D$|^-R$/.test(one.text)) ||
        /^ssh-(?:copy-id|add)$/.test(name)
      )
        shell.tally.add({ kinds: ["administer"], note: "changes keys" });
      else shell.tally.add(looks ? { kinds: ["read"] } : { kinds: ["write"], note: "makes or reads keys" });
      if (word === "s_client" || name === "ssh-copy-id")
        sends(
          shell,
          args.filter((one) => exact(one) && /[.:@]/.test(one.text)).map((one) => one.text.replace(/^.*@/, "")),
        );
      return OPAQUE;
    },
  ),
  ...each("tar bsdtar gtar", ({ args, shell, input }) => tar(args, shell, input)),
};
