import type { Act } from "../act.ts";
import { each, type Judge, type Run, type Table } from "../entry.ts";
import { exact, type Field, words } from "../field.ts";
import { reads, runsProject, writes } from "../files.ts";
import { readOptions, set } from "../options.ts";
import { type Flow, OPAQUE, unknown } from "../state.ts";
import { verbOf } from "../verbs.ts";
import { elsewhere, service } from "./service.ts";

const READS: Act = { kinds: ["read"] };
const STARTS: Act = { kinds: ["execute"], routine: false, note: "runs a container" };
const INSIDE: Act = { kinds: ["execute"], routine: false, note: "runs a command in a container" };
const DELETES: Act = { kinds: ["delete"], routine: false, note: "deletes what a container keeps" };
const PULLS: Act = { kinds: ["write"], traits: ["installs"], note: "fetches an image" };

const GLOBALS = set(
  "-H --host -c --context --config -l --log-level --tlscacert -f --file -p --project-name --env-file --profile --project-directory --url --root --namespace -n --address -a",
);

const LOOKS =
  /^(?:ps|images|logs|inspect|version|info|top|stats|port|diff|history|events|search|ls|list|df|config|convert|wait|help|show|context|manifest)$/;
const RUNS = set(
  "-v --volume -e --env -p --publish --name --network -w --workdir -u --user --mount -l --label --entrypoint -m --memory --cpus --env-file -h --hostname --add-host --device --ipc --pid --restart --ulimit --platform --gpus --cap-add --cap-drop --security-opt --shm-size --tmpfs --dns --link --index --scale --log-driver",
);

const docker: Judge = (run) => {
  const { args, shell } = run;
  const options = readOptions(args, GLOBALS, "bundled", "operand");
  for (const { name } of options.given)
    if (/^(?:-H|--host|-c|--context|--config)$/.test(name))
      shell.tally.add({ kinds: ["administer"], note: "speaks to another engine" });
  const [word, ...rest] = options.operands;
  if (word !== undefined && !exact(word)) {
    unknown(shell, "a subcommand that is made up while it runs");
    return OPAQUE;
  }
  return below(word?.text ?? "help", rest, run);
};

function below(word: string, rest: readonly Field[], run: Run): Flow | undefined {
  const { shell } = run;
  const next = { ...run, args: rest };
  if (word === "cp") {
    const [from, to] = rest.filter((one) => !one.text.startsWith("-"));
    if (from !== undefined && !from.text.includes(":")) reads(shell, from);
    if (to !== undefined && !to.text.includes(":")) writes(shell, to);
  }
  if (word === "compose") return compose(next);
  if (/^(?:exec|run|create)$/.test(word)) {
    shell.tally.add(word === "exec" ? INSIDE : STARTS);
    const harms = rest.some((one) =>
      /^--privileged|docker\.sock|^--(?:pid|net|network|ipc|userns)=host|^--cap-add/.test(one.text),
    );
    if (harms) shell.tally.add({ kinds: ["administer"], traits: ["elevated"], note: "with the rights of the machine" });
    for (const [i, one] of rest.entries()) {
      if (one.text === "--env-file") for (const file of rest.slice(i + 1, i + 2)) reads(shell, file);
      if (one.text.startsWith("--env-file=")) reads(shell, { ...one, text: one.text.slice("--env-file=".length) });
    }
    return elsewhere(1, [...RUNS].join(" "), READS)(next);
  }
  if (/^(?:build|buildx|bake|builder)$/.test(word) && !/^(?:prune|rm)$/.test(words(rest)[0] ?? "")) {
    runsProject(shell, "builds an image");
    if (rest.some((one) => one.text === "--push"))
      shell.tally.add({ kinds: ["send"], routine: false, note: "pushes an image" });
  } else if (
    /^(?:push|login|logout|save|export|trust|plugin|swarm|stack|service|node|secret|config)$/.test(word) &&
    !LOOKS.test(words(rest)[0] ?? "x")
  )
    shell.tally.add({
      kinds: word === "push" ? ["send"] : ["administer"],
      routine: false,
      note: word === "push" ? "pushes an image" : "changes how the engine is set up",
    });
  else if (/^(?:pull|load|import)$/.test(word)) shell.tally.add(PULLS);
  else if (/^(?:start|stop|restart|pause|unpause|tag|rename|attach|commit|update|cp)$/.test(word))
    shell.tally.add({ kinds: ["write"], routine: true, note: "changes a container" });
  else if (/^(?:rm|rmi|kill|prune)$/.test(word)) shell.tally.add(DELETES);
  else if (/^(?:container|image|volume|network|system|machine|pod|secret)$/.test(word))
    return below(words(rest)[0] ?? "ls", rest.slice(1), run);
  else if (LOOKS.test(word) || word.startsWith("-")) shell.tally.add(READS);
  else
    shell.tally.add(
      verbOf(word) === "delete" ? DELETES : { kinds: ["administer"], routine: false, note: "does what is not known" },
    );
  return OPAQUE;
}

/** The project's own services, as its file names them. */
function compose(run: Run): Flow | undefined {
  const { shell, args } = run;
  const options = readOptions(
    args,
    set("-f --file -p --project-name --env-file --profile --project-directory"),
    "bundled",
    "operand",
  );
  for (const { value } of options.given)
    if (value !== undefined && /^(?:\/|~|\.\.)/.test(value.text)) reads(shell, value);
  const [word, ...rest] = options.operands;
  const verb = word?.text ?? "help";
  if (/^(?:up|build|start|restart|stop|pull|create|watch)$/.test(verb)) runsProject(shell, `runs compose ${verb}`);
  else if (verb === "down" || verb === "rm") {
    const keeps = rest.every((one) => !/^-[a-z]*v|^--(?:volumes|rmi)/.test(one.text));
    if (verb === "down" && keeps) runsProject(shell, "stops the project's services");
    else shell.tally.add(DELETES);
  } else if (/^(?:exec|run)$/.test(verb)) {
    shell.tally.add(INSIDE);
    return elsewhere(1, [...RUNS].join(" "), READS)({ ...run, args: rest });
  } else if (LOOKS.test(verb)) shell.tally.add(READS);
  else shell.tally.add(verbOf(verb) === "delete" ? DELETES : { kinds: ["administer"], routine: false });
  return OPAQUE;
}

const KUBE =
  "-n --namespace --context --kubeconfig --cluster --user -s --server --token --as --as-group -v --request-timeout --cache-dir --certificate-authority --client-key --client-certificate -o --output -l --selector -f --filename --field-selector";

const exec: Judge = elsewhere(1, `${KUBE} -c --container`, {
  kinds: ["execute"],
  routine: false,
  note: "runs a command in the cluster",
});

const secrets: Judge = ({ shell }) => {
  shell.tally.add({ kinds: ["read"], traits: ["secret-place"], note: "reads secrets of the cluster" });
  return OPAQUE;
};

const kubectl = service({
  globals: KUBE,
  reads: "-f --filename -k --kustomize",
  known: {
    exec,
    debug: exec,
    run: "change",
    "get secret": secrets,
    "get secrets": secrets,
    "describe secret": secrets,
    "config view": "read",
    "config get-contexts": "read",
    "config current-context": "read",
    "auth can-i": "read",
    "rollout status": "read",
    "rollout history": "read",
    "api-resources": "read",
    "api-versions": "read",
    "cluster-info": "read",
    kustomize: "read",
    events: "read",
    "port-forward": "change",
    proxy: "change",
    drain: "delete",
  },
});

const terraform = service({
  globals: "-chdir",
  known: {
    plan: "read",
    validate: "read",
    fmt: "read",
    init: ({ shell }) => {
      runsProject(shell, "fetches the providers the project names", ["installs"]);
      return undefined;
    },
    show: "read",
    output: "read",
    graph: "read",
    providers: "read",
    version: "read",
    "state list": "read",
    "state show": "read",
    "state pull": "read",
    "workspace list": "read",
    "workspace show": "read",
    get: "read",
    test: "change",
    console: "change",
    destroy: "delete",
    "state rm": "delete",
    taint: "change",
    "force-unlock": "delete",
    apply: ({ shell, args }) => {
      const destroys = args.some((one) => /^-{1,2}destroy/.test(one.text) && !one.text.endsWith("=false"));
      shell.tally.add(destroys ? DELETES : { kinds: ["administer"], note: "changes what is running" });
      return undefined;
    },
  },
});

export const CONTAINERS: Table = {
  ...each("docker podman nerdctl buildah finch", docker),
  ...each("docker-compose podman-compose", (run) => compose(run)),
  ...each("kubectl oc k kubectl.exe kubecolor", kubectl),
  ...each("terraform tofu terragrunt", terraform),
  ...each(
    "helm helmfile kustomize",
    service({
      globals: `${KUBE} --kube-context --registry-config --repository-config`,
      reads: "-f --values",
      known: {
        template: "read",
        lint: "read",
        build: "read",
        "dependency build": "change",
        "dependency list": "read",
        "repo list": "read",
        test: "change",
        rollback: "change",
      },
    }),
  ),
  pulumi: service({
    globals: "-C --cwd -s --stack --color --profiling",
    known: {
      preview: "read",
      up: "change",
      "stack ls": "read",
      "stack output": "read",
      "config get": "read",
      destroy: "delete",
      down: "delete",
    },
  }),
  ...each(
    "cdk cdktf sam serverless sls sst amplify copilot chalice zappa up nomad waypoint crossplane tilt0 skaffold devspace werf garden okteto telepresence",
    service({ known: { synth: "read", build: "read", local: "read", package: "read", info: "read" } }),
  ),
  ...each(
    "ansible ansible-playbook ansible-pull ansible-console salt salt-call puppet chef-client chef knife cfengine fab cap pyinfra",
    ({ args, shell }) => {
      const harmless = args.some((one) =>
        /^--(?:syntax-check|list-hosts|list-tasks|list-tags|check|version|noop|test)$/.test(one.text),
      );
      shell.tally.add(
        harmless ? READS : { kinds: ["administer", "execute", "send"], routine: false, note: "changes other machines" },
      );
      return OPAQUE;
    },
  ),
  ...each("ansible-lint ansible-inventory ansible-doc ansible-config", { operands: "read" }),
  ...each("ansible-vault ansible-galaxy", service({ secret: true })),
  ...each(
    "vagrant multipass lxc incus virsh vboxmanage VBoxManage vmrun qm pct limactl colima minikube kind k3d k3s kubeadm kops eksctl rosa kubeadm talosctl flux argocd argo istioctl linkerd cilium velero calicoctl crictl ctr nerdctl0 skopeo crane regctl oras cosign kubectx kubens stern k9s helm-docs rke rancher oci0 packer consul boundary",
    service({
      globals: `${KUBE} --profile -p --kubecontext`,
      known: {
        build: "change",
        ssh: elsewhere(1, "-p", INSIDE),
        "cluster-info": "read",
        manifest: "read",
        digest: "read",
      },
    }),
  ),
};
