/** What the subcommands of service tools say they do: most are a verb, or one with a noun. */
export type Verb = "read" | "delete" | "change" | "noun";

const DELETES = new Set(
  (
    "delete del destroy remove rm purge prune drop reset revoke terminate forget cancel disable wipe erase clear flush truncate " +
    "deregister unregister unsubscribe detach dissociate disassociate uninstall rollback undo abort kill stop down evict drain " +
    "expire expunge obliterate trash archive deactivate decommission shutdown suspend void refund nuke rb rmi rdelete unlink " +
    "unset unlock reject deprovision teardown recreate deletion removal purgequeue unpublish yank deprecate dismiss discard " +
    "empty cleanup unpin untag"
  ).split(" "),
);
const READS = new Set(
  (
    "get list ls describe show view cat find lookup query inspect check validate verify diff explain print whoami help version " +
    "head tail fetch scan peek count stat describe-all download-url outputs graph wait watch ping doctor dump export-env lint fmt " +
    "test-iam-permissions preview plan ps top which select filter batchget estimate simulate completion compare exists read dry-run"
  ).split(" "),
);
/** Both a verb that reads and the name of a thing: it decides only where nothing after it does. */
const EITHER = new Set(
  "logs log status events event history config search info usage metrics report reports health env secrets secret tags quota images image".split(
    " ",
  ),
);
const CHANGES = new Set(
  (
    "create put set update apply add edit patch modify replace import restore start run exec execute deploy push publish send post " +
    "enable attach associate register subscribe grant invite assign move mv cp copy sync rename upgrade install scale resize tag label " +
    "annotate promote merge approve close reopen transfer lock pin login logout auth authenticate configure init sign encrypt decrypt " +
    "upload write rekey seal unseal trigger retry rerun resume pause backup snapshot clone fork alter invoke call raise request confirm " +
    "accept link generate issue renew migrate switch use rewrite reindex expose autoscale bootstrap join leave mount umount " +
    "restart reboot rotate vacuum compact rebuild rollout gc cordon taint failover demote"
  ).split(" "),
);

/** The words of a name: `delete-objects`, `doDelete`, `delete_vhost`, `DeleteQueue`. */
export function tokens(name: string): readonly string[] {
  return name
    .replaceAll(/([a-z0-9])([A-Z])/g, "$1-$2")
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((one) => one !== "");
}

export function saysDelete(name: string): boolean {
  return tokens(name).some((token) => DELETES.has(token));
}

/** What one word says. In a name made of several, the first tells what is done; a deletion tells anywhere. */
export function verbOf(word: string): Verb | "either" {
  // `deploy/web` is the name of something.
  if (word.includes("/")) return "noun";
  const parts = tokens(word);
  const [first = ""] = parts;
  if (READS.has(first))
    return parts.length === 1 || !parts.slice(1).some((part) => part === "delete") ? "read" : "delete";
  if (parts.some((part) => DELETES.has(part))) return "delete";
  if (CHANGES.has(first)) return "change";
  return EITHER.has(first) ? "either" : "noun";
}
