/** The one spelling that two texts are compared in. */

/** What a value is, by its form: an address of any kind is worth tracing wherever it stands, a plain word only as a whole. */
export type Form = "url" | "email" | "account" | "number" | "plain";

export interface Atom {
  readonly form: Form;
  /** Compared with others; never shown. */
  readonly key: string;
  /** Of a URL or an e-mail address; null for anything else. */
  readonly host: string | null;
}

const MOST = 64_000;
const EMAIL = /^(?:mailto:)?([^\s@:/=&?]{1,64}@[a-z0-9_-]+(?:\.[a-z0-9_-]+)+)$/;
const URL_LIKE =
  /^(?:[a-z][a-z0-9+.-]{1,20}:\/\/)?([^\s@/]*@)?((?:[\p{L}\p{N}_-]+\.)+\p{L}{2,}|\d{1,3}(?:\.\d{1,3}){3}|localhost)(:\d{1,5})?([/?#].*)?$/u;
/** What a name of a file ends in, and a name of a host seldom. */
const FILE_END =
  /\.(?:txt|md|csv|tsv|json|ya?ml|xml|html?|pdf|docx?|xlsx?|pptx?|png|jpe?g|gif|zip|tar|gz|py|js|ts|rs|go|java|c|h|cpp|rb|sh|log|ini|cfg|toml|eml|ics)$/;
const SCHEME = /^[a-z][a-z0-9+.-]{1,20}:\/\//;

/** One spelling of letters, widths and spaces; what cannot be seen is left out. */
export function plain(text: string): string {
  return text
    .slice(0, MOST)
    .normalize("NFKC")
    .replaceAll(/[\p{Cf}\p{Cc}\p{Variation_Selector}]/gu, (char) => (/\s/.test(char) ? " " : ""))
    .toLowerCase()
    .replaceAll(/\s+/g, " ")
    .trim();
}

/** The words of a text, in order. */
export function wordsOf(text: string): readonly string[] {
  return plain(text)
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== "");
}

/** Without the marks of a sentence around it. */
function bare(text: string): string {
  let from = 0;
  let to = text.length;
  while (from < to && "<(\"'`[".includes(text[from] ?? "x")) from++;
  while (to > from && ">)\"'`].,;:!?".includes(text[to - 1] ?? "x")) to--;
  return text.slice(from, to);
}

/** What a whole text is. */
export function atomOf(text: string): Atom {
  const one = bare(plain(text));
  const email = EMAIL.exec(one)?.[1];
  if (email !== undefined) return { form: "email", key: email, host: email.slice(email.indexOf("@") + 1) };
  const url = URL_LIKE.exec(one);
  if (url !== null && (SCHEME.test(one) || !FILE_END.test(one) || url[4] !== undefined)) {
    const host = `${(url[2] ?? "").replace(/\.$/, "")}${[":80", ":443"].includes(url[3] ?? "") ? "" : (url[3] ?? "")}`;
    const rest = (url[4] ?? "").replace(/#.*$/s, "").replace(/\/+$/, "");
    // Who is let in by what stands before the host is at no page that anybody named.
    const user = url[1] ?? "";
    return { form: "url", key: user + host + rest, host: user === "" ? host : null };
  }
  const number = numberOf(one);
  if (number !== null) return { form: "number", key: number, host: null };
  const close = one.replaceAll(/[\s\-.()/_]/g, "");
  const digits = close.replaceAll(/\D/g, "").length;
  if (/^\+?[a-z0-9]{9,40}$/.test(close) && digits >= 6 && digits * 2 >= close.length && !/^\d{4}-\d\d-\d\d/.test(one))
    return { form: "account", key: close, host: null };
  return { form: "plain", key: wordsOf(one).join(" "), host: null };
}

function numberOf(text: string): string | null {
  const bare = text.replaceAll(/[$€£¥]|(?:usd|eur|gbp|chf)$/g, "").trim();
  if (!/^[-+]?\d{1,15}(?:[.,]\d{3})*(?:[.,]\d{1,6})?$/.test(bare)) return null;
  const grouped = /^[-+]?\d{1,3}(?:,\d{3})+(?:\.\d+)?$/.test(bare) ? bare.replaceAll(",", "") : bare.replace(",", ".");
  const value = Number(grouped);
  return Number.isFinite(value) && grouped.replaceAll(/\D/g, "").length <= 8 ? String(value) : null;
}

export function isStrong({ form }: Atom): boolean {
  return form === "url" || form === "email" || form === "account";
}

export interface Found extends Atom {
  /** As it stands there. */
  readonly text: string;
}

const PIECE = /[^\s<>"'`()[\]{}|,;*]+/g;
const MOST_PIECES = 20_000;

/** Every address of some kind in a text, those written with spaces and those under another coding included. */
export function atomsIn(text: string, depth = 0): readonly Found[] {
  const found: Found[] = [];
  const pieces = plain(text).match(PIECE)?.slice(0, MOST_PIECES) ?? [];
  for (const [i, piece] of pieces.entries()) {
    const atom = atomOf(piece);
    if (isStrong(atom)) found.push({ ...atom, text: piece });
    // `to=ida@example.org`, `IBAN:DE89…`
    const after = /^[\w.-]{1,40}[=:]([^/=].*)$/.exec(piece)?.[1];
    const inner = after === undefined ? null : atomOf(after);
    if (inner !== null && isStrong(inner)) found.push({ ...inner, text: after ?? "" });
    const run = runAt(pieces, i);
    if (run !== null) found.push(run);
  }
  if (depth < 2) {
    for (const coded of text
      .slice(0, MOST)
      .match(/[^\s<>"'`()[\]{}|,;*]{8,}/g)
      ?.slice(0, 500) ?? []) {
      for (const clear of decoded(coded)) found.push(...atomsIn(clear, depth + 1));
    }
  }
  return found;
}

/** An account, card or phone number written in groups that begins at `from`. */
function runAt(pieces: readonly string[], from: number): Found | null {
  const parts: string[] = [];
  for (let i = from; i < pieces.length && parts.length < 10; i++) {
    const part = (pieces[i] ?? "").replace(/[.,;:!?]+$/, "");
    // The letters of a bank stand right behind country and check digits; anywhere else they are a word.
    const bank = /^[a-z]{4}$/.test(part) && parts.length === 1 && /^[a-z]{2}\d\d$/.test(parts[0] ?? "");
    if (!bank && !/^\+?[a-z]{0,2}\d{1,6}[a-z]{0,4}$/.test(part)) break;
    parts.push(part);
  }
  if (parts.length < 2 || (from > 0 && /^\+?[a-z]{0,2}\d{1,6}$/.test(pieces[from - 1] ?? ""))) return null;
  const atom = atomOf(parts.join(""));
  const least = atom.key.startsWith("+") ? 9 : 12;
  return atom.form === "account" && atom.key.length >= least ? { ...atom, text: parts.join(" ") } : null;
}

const PRINTABLE = /^[\p{L}\p{N}\p{P}\p{S}\s]{3,}$/u;

/** What a text may stand for under the codings that are usual: percent, hexadecimal, base64. */
export function decoded(text: string): readonly string[] {
  if (text.length > 4_096) return [];
  const clear: string[] = [];
  if (/%[0-9a-f]{2}/i.test(text)) {
    try {
      clear.push(decodeURIComponent(text));
    } catch {
      // No text under this coding.
    }
  }
  if (text.length >= 8 && text.length % 2 === 0 && /^(?:[0-9a-f]{2})+$/i.test(text)) keep(Buffer.from(text, "hex"));
  if (text.length >= 8 && /^[A-Za-z0-9+/_-]+={0,2}$/.test(text) && /[A-Z]/.test(text) && /[a-z]/.test(text))
    keep(Buffer.from(text, "base64"));
  return clear;

  function keep(bytes: Buffer): void {
    const read = bytes.toString("utf8");
    if (PRINTABLE.test(read) && !read.includes("\ufffd")) clear.push(read);
  }
}
