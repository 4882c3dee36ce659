import { resolve } from "node:path";
import type { Configuration, VaultKeySource } from "../ports/configuration.ts";
import type { Report } from "./config-bounds.ts";
import type { Path } from "./config-problems.ts";
import type { WritYaml } from "./config-schema.ts";

type VaultYaml = NonNullable<WritYaml["vault"]>;

/** Where the vault's key comes from, and came from before. */
export function resolveVault(yaml: VaultYaml | undefined, folder: string, report: Report): Configuration["vault"] {
  const previous = yaml?.previous;
  return {
    key: sourceOf(yaml ?? {}, "WRIT_VAULT_KEY", ["vault"], folder, report),
    previous:
      previous === undefined
        ? null
        : sourceOf(previous, "WRIT_VAULT_KEY_PREVIOUS", ["vault", "previous"], folder, report),
  };
}

function sourceOf(
  yaml: Pick<VaultYaml, "key" | "identity">,
  variable: string,
  path: Path,
  folder: string,
  report: Report,
): VaultKeySource {
  const kind = yaml.key ?? "file";
  if (kind !== "age" && yaml.identity !== undefined) {
    report(
      [...path, "identity"],
      "member_misplaced",
      `\`identity\` means nothing with \`key: ${kind}\``,
      "take it out, or write `key: age`",
      true,
    );
  }
  if (kind === "age" && yaml.identity === undefined) {
    report(
      [...path, "key"],
      "identity_missing",
      "`key: age` needs the file of the identity",
      "add `identity: FILE`, a file that `age-keygen` made",
    );
  }
  switch (kind) {
    case "file":
    case "keyring":
      return { kind };
    case "env":
      return { kind, variable };
    case "age":
      return { kind, identity: resolve(folder, yaml.identity ?? "") };
  }
}
