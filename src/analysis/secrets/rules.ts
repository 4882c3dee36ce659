import { rules } from "@secretlint/secretlint-rule-preset-recommend";

/** Reads one text and tells each place in it where a secret stands. */
export interface SecretRule {
  readonly kind: string;
  readonly find: (text: string, found: (start: number, end: number) => void) => void;
  /** The rule finds nothing in a text that, in lower case, holds none of these; null where that is not known. */
  readonly marks: readonly string[] | null;
  /** Each of these in a text may cost the rule a look at ten thousand characters; null where nothing does. */
  readonly dear: string | null;
}

const NAME = /^@secretlint\/secretlint-rule-/;

/** What the patterns of each rule cannot do without, in lower case. A rule that is not listed, as one that comes with a
 *  later version, looks at every text. */
const MARKS: Readonly<Record<string, readonly string[]>> = {
  aws: ["secretaccess", "secret_access"],
  privatekey: ["-----begin"],
  npm: ["npm_", "x-oauth-basic", "_authtoken="],
  slack: ["xox", "xapp-", "hooks.slack.com"],
  basicauth: ["://"],
  openai: ["t3blbkfj"],
  anthropic: ["sk-ant-api0"],
  groq: ["gsk_"],
  huggingface: ["hf_"],
  linear: ["lin_api_"],
  notion: ["ntn_"],
  sendgrid: ["sg."],
  shopify: ["shppa_", "shpca_", "shpat_", "shpss_"],
  stripe: ["sk_live_", "sk_test_", "rk_live_", "rk_test_"],
  github: ["ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"],
  gitlab: ["glpat-"],
  grafana: ["glc_", "glsa_"],
  "1password": ["ops_ey"],
  "database-connection-string": ["mongodb", "mysql", "postgres"],
  "hashicorp-vault": ["hvs.", "hvb.", "hvr."],
  vercel: ["vcp_", "vci_", "vca_", "vcr_", "vck_"],
  databricks: ["dapi"],
  docker: ["dckr_pat_"],
  figma: ["figd_"],
  cloudflare: ["cfk_", "cfut_", "cfat_"],
  tailscale: ["tskey-"],
};

/** A long token of three parts: its beginnings, one behind the other, are each followed to where they fail. */
const DEAR: Readonly<Record<string, string>> = { github: "ghs_" };

/** Not asked: it lets a text itself switch the others off. */
const SWITCH = "filter-comments";
/** It takes a whole JSON file for one secret; the key in it is found by `privatekey`. */
const WHOLE_FILE = "gcp";

/** secretlint's own rules, one at a time: `@secretlint/core` would run them one after the other as well, but only for
 *  somebody who waits, and with the switch. */
export const RULES: readonly SecretRule[] = rules.flatMap((rule) => {
  const kind = rule.meta.id.replace(NAME, "");
  if (kind === SWITCH || kind === WHOLE_FILE) return [];
  let text = "";
  let tell: (start: number, end: number) => void = () => undefined;
  const { file } = rule.create(
    {
      sharedOptions: {},
      createTranslator: () => (id, named) => ({ message: String(id), messageId: String(id), data: named as object }),
      report: ({ range: [start, end], message }) => {
        // Some give where their pattern begins with how long the secret is: it is where it stands from there on.
        const secret = longest(message.data);
        const at = secret === "" ? -1 : text.indexOf(secret, start);
        if (at < 0) tell(start, end);
        else tell(at, at + secret.length);
      },
      ignore: () => undefined,
    },
    {},
  );
  const find: SecretRule["find"] = (given, found) => {
    text = given;
    tell = found;
    for (const name of kind === "npm" ? ["", ".npmrc"] : [""]) void file?.(sourceOf(text, name));
  };
  return [{ kind, find, marks: MARKS[kind] ?? null, dear: DEAR[kind] ?? null }];
});

/** What a rule names in its message is the secret. */
function longest(named: unknown): string {
  const texts = Object.values(named ?? {}).filter((one) => typeof one === "string");
  return texts.toSorted((a, b) => b.length - a.length)[0] ?? "";
}

type Source = Parameters<NonNullable<ReturnType<(typeof rules)[number]["create"]>["file"]>>[0];

/** The text as a rule is given a file. None of them looks for lines and columns. */
function sourceOf(content: string, filePath: string): Source {
  const nowhere = (): never => {
    throw new Error("a secret rule asked for a line");
  };
  return {
    hasBOM: false,
    content,
    filePath,
    ext: "",
    contentType: "text",
    getFilePath: () => filePath,
    getPhysicalFilePath: () => undefined,
    locationToRange: nowhere,
    rangeToLocation: nowhere,
    indexToPosition: nowhere,
    positionToIndex: nowhere,
  } as unknown as Source;
}
