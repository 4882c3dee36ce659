import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { type Kind, namesIn } from "./names.ts";
import { readOptions, usage } from "./options.ts";

const ROOT = join(import.meta.dirname, "..", "..");

export interface Source {
  readonly file: string;
  readonly text: string;
}

export interface Hit {
  readonly kind: Kind;
  readonly name: string;
  readonly files: readonly string[];
  /** Why it may stand in all of these; null for nothing that is known. */
  readonly why: string | null;
}

/** Names that stand in the product and mean something else there, in these files and in no other. */
const ALLOWED: readonly { readonly name: RegExp; readonly files: RegExp; readonly why: string }[] = [
  {
    name: /^(?:read_file|list_directory)$/,
    files: /^src\/(?:analysis\/profiles|store\/conformance)\//,
    why: "a tool of @modelcontextprotocol/server-filesystem, in the profile of that server",
  },
  {
    name: /^slack$/i,
    files: /^src\/analysis\/(?:shell\/commands\/services|secrets\/rules)\.ts$/,
    why: "a program, and how that service's secrets begin, among those of many others",
  },
  {
    name: /^(?:qwen|claude)$/i,
    files: /^src\/analysis\/(?:files|shell)\//,
    why: "an agent's program, and the folder it is configured in, among those of many others",
  },
  { name: /^google$/i, files: /^src\/analysis\/files\/named-places\.ts$/, why: "where a browser keeps its profiles" },
  {
    name: /^(?:shopping|rental|monitor|lamp|office)$/i,
    files: /^src\/(?:domain\/lexicon|provenance\/ground|analysis\/shell\/commands\/system)\.ts$/,
    why: "an English word: in the lexicon beside its like, in a comment, or the name of a program",
  },
  { name: /^confirmation$/i, files: /^src\/authority\/tokens\//, why: "what RFC 7800 calls the claim `cnf`" },
  {
    name: /(?:^|[.@])example\.(?:com|net|org)$/i,
    files: /^(?:src|policies)\//,
    why: "reserved for examples (RFC 2606)",
  },
];

/** Every file of the product that decides anything. */
export function productSources(): readonly Source[] {
  return ["src", "policies"].flatMap((folder) => filesIn(join(ROOT, folder)));
}

/** Every word that the documentation's prose writes in small letters, and that a folder of the source is called: what stands
 *  there is English, and nobody's name. */
export function englishOf(): ReadonlySet<string> {
  const prose = documents().map(({ text }) => text.replaceAll(/^```[\s\S]*?^```|`[^`\n]*`|<!--[\s\S]*?-->/gm, " "));
  const folders = readdirSync(join(ROOT, "src"), { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return new Set([
    ...prose.flatMap((text) => text.match(/(?<![\w-])[a-z]{2,}(?![\w-])/g) ?? []),
    ...folders.map(({ name }) => name),
  ]);
}

function documents(): readonly Source[] {
  const top = readdirSync(ROOT).filter((name) => name.endsWith(".md"));
  return [
    ...filesIn(join(ROOT, "docs"), ".md"),
    ...top.map((file) => ({ file, text: readFileSync(join(ROOT, file), "utf8") })),
  ];
}

/** Where names of a folder's data stand in the product. A single English word is no name of the data's. */
export function hitsOf(folder: string, sources: readonly Source[], english: ReadonlySet<string>): readonly Hit[] {
  return [...namesIn(folder)].flatMap(([kind, names]) =>
    [...names]
      .filter((name) => !isEnglish(name.toLowerCase(), english))
      .flatMap((name) => {
        const pattern = new RegExp(`(?<![\\w.@-])${name.replaceAll(/[.*+?^${}()|[\]\\/]/g, "\\$&")}(?![\\w@-])`, "iu");
        const files = sources.filter(({ text }) => pattern.test(text)).map(({ file }) => file);
        const allowed = ALLOWED.find((one) => one.name.test(name) && files.every((file) => one.files.test(file)));
        return files.length === 0 ? [] : [{ kind, name, files, why: allowed?.why ?? null }];
      }),
  );
}

function isEnglish(word: string, english: ReadonlySet<string>): boolean {
  return english.has(word) || english.has(word.replace(/s$/, ""));
}

/** Whether anything of a folder's data is known to the product by name. Resolves to 1 where it is. */
export function guard(args: readonly string[]): Promise<number> {
  const given = readOptions(args);
  if (typeof given === "string") {
    process.stderr.write(`${given}\n${usage("guard ")}\n`);
    return Promise.resolve(2);
  }
  const sources = productSources();
  const looked = [...namesIn(given.data)].map(([kind, names]) => [kind, names.size] as const);
  const hits = hitsOf(given.data, sources, englishOf());
  if (given.json)
    console.log(JSON.stringify({ files: sources.length, looked: Object.fromEntries(looked), hits }, null, 2));
  else {
    console.log(
      `${sources.length} files of src/ and policies/; ${looked.map(([kind, n]) => `${kind} ${n}`).join(", ")}`,
    );
    for (const { kind, name, files, why } of hits)
      console.log(
        `${why === null ? "FOUND" : "allowed"} ${kind} ${name}: ${files.join(" ")}${why === null ? "" : ` (${why})`}`,
      );
  }
  return Promise.resolve(hits.some(({ why }) => why === null) ? 1 : 0);
}

function filesIn(folder: string, end = ""): readonly Source[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(end))
    .map((entry) => join(entry.parentPath, entry.name))
    .map((file) => ({ file: relative(ROOT, file), text: readFileSync(file, "utf8") }));
}
