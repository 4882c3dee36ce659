import type { Effects, EffectKind } from "../domain/effect.ts";
import { listed, quoted } from "../domain/quote.ts";
import { isWithin } from "../domain/path.ts";

const VERBS: Readonly<Record<EffectKind, string>> = {
  read: "reads",
  write: "writes",
  delete: "deletes",
  execute: "runs",
  send: "sends",
  spend: "spends",
  administer: "administers",
  delegate: "delegates",
  unknown: "does something unknown",
};

/** What a plain call names, each thing under the one name that people know it by. */
export interface Named extends Pick<Effects, "kinds" | "hosts" | "recipients" | "tables"> {
  readonly files: readonly string[];
  readonly attached: readonly string[];
  readonly amounts: readonly string[];
}

/** The call in one sentence, made from what its arguments name; null where they name nothing. Every name stands in
 *  quotation marks that it cannot close: no argument changes what the sentence says around it. */
export function wordsFor(named: Named, workspace: string): string | null {
  const { kinds, recipients, tables } = named;
  const does = kinds.length === 0 ? "touches" : kinds.map((kind) => VERBS[kind]).join(" and ");
  const hosts = [...new Set(named.hosts.map((host) => host.replace(/(?<!^\[[^\]]*):\d+$/, "")))];
  const parts = [
    counted(
      named.files.map((path) => relative(path, workspace)),
      "file",
    ),
    counted(tables, "table"),
    recipients.length === 0 ? null : `to ${counted(recipients, "recipient")}`,
    hosts.length === 0 ? null : `at ${counted(hosts, "host")}`,
    named.attached.length === 0
      ? null
      : `with ${counted(
          named.attached.map((path) => relative(path, workspace)),
          "attachment",
        )}`,
    named.amounts.length === 0
      ? null
      : `amount ${named.amounts
          .map((amount) => quoted(amount, 24))
          .slice(0, 3)
          .join(", ")}`,
  ].filter((part) => part !== null);
  return parts.length === 0 ? null : `${does} ${parts.join(", ")}`;
}

function counted(names: readonly string[], what: string): string | null {
  const once = [...new Set(names)];
  return once.length === 0 ? null : `${once.length} ${what}${once.length === 1 ? "" : "s"} (${listed(once)})`;
}

function relative(path: string, workspace: string): string {
  if (workspace === "/" || !isWithin(path, workspace)) return path;
  return path === workspace ? "." : path.slice(workspace.length + 1);
}
