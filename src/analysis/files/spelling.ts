/** Layers of percent-encoding that are taken off; what has more hides something. */
const LAYERS = 3;
/** What is longer is read once, as it stands: as good as no system opens it. */
const LONGEST = 4_096;

/** There is one way to read this. */
const PLAIN = /^[\w ./~@+=,()-]*$/;

export interface Spellings {
  /** Every text that a reader of paths may take this one for; the first is the text as it stands. */
  readonly texts: readonly string[];
  /** Not everything in it could be read. */
  readonly hidden: boolean;
}

/** What a text for a path may be read as: percent-encoded or not, with either slash, composed and compatible Unicode,
 *  as a `file:` address, or as a member of an archive. A path is judged by all of them, for nobody knows which of them
 *  its reader takes. */
export function spellings(given: string): Spellings {
  if (given.length > LONGEST) return { texts: [given], hidden: true };
  if (PLAIN.test(given)) return { texts: [given], hidden: false };
  const address = withoutAddress(given);
  const texts = new Set<string>();
  let hidden = address.elsewhere;
  for (const text of address.texts) hidden = spelt(text, texts) || hidden;
  return { texts: [...texts], hidden };
}

/** Adds every reading of a text; true when there is more to it than these. */
function spelt(text: string, texts: Set<string>): boolean {
  let hidden = false;
  let layer = text;
  for (let taken = 0; taken <= LAYERS; taken++) {
    for (const form of [layer, layer.normalize("NFC"), layer.normalize("NFKC")]) {
      // Some characters are many in another form.
      if (form.length > LONGEST) hidden = true;
      else for (const path of [form, withSlashes(form)]) withMember(path, texts);
    }
    const next = decoded(layer);
    if (next === layer) return hidden;
    layer = next;
  }
  return true;
}

/** Adds a path; of a member of an archive the archive too. */
function withMember(path: string, texts: Set<string>): void {
  texts.add(path);
  const member = path.search(/!(?=\/)/);
  if (member > 0) texts.add(path.slice(0, member));
}

const FILE_ADDRESS = /^[\p{Cc}\s]*(?:(?:jar|zip|view-source):)*file:/iu;

/** Whether a text is an address of a file, as the web's own reader takes one. */
export function isFileAddress(text: string): boolean {
  return FILE_ADDRESS.test(text.replaceAll(/[\t\n\r]/g, ""));
}

interface Unaddressed {
  readonly texts: readonly string[];
  readonly elsewhere: boolean;
}

/** A `file:` address, also inside `jar:`, as the paths it names: to who parses it, and to who cuts off its beginning. One
 *  with a host names a file of another machine. */
function withoutAddress(given: string): Unaddressed {
  const text = given.replaceAll(/[\t\n\r]/g, "");
  const found = FILE_ADDRESS.exec(text);
  if (found === null) return { texts: [given], elsewhere: false };
  const rest = text.slice(found[0].length).replaceAll("\\", "/");
  const [, host = "", path = rest] = /^\/\/([^/]*)(\/.*)?$/s.exec(rest) ?? [];
  const [name = ""] = path.split(/[?#]/, 1);
  const texts = [...new Set([decoded(name), decoded(path)])];
  return { texts, elsewhere: host !== "" && host.toLowerCase() !== "localhost" };
}

/** One layer of `%41`, `%u0041`, and the overlong forms of the dot and the slash. What is no encoding stays. */
function decoded(text: string): string {
  if (!text.includes("%")) return text;
  return text
    .replaceAll(/%c0%ae|%e0%80%ae/gi, ".")
    .replaceAll(/%c0%af|%e0%80%af|%c1%9c/gi, "/")
    .replaceAll(/%u([0-9a-f]{4})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replaceAll(/(?:%[0-9a-f]{2})+/gi, (run) => {
      try {
        return decodeURIComponent(run);
      } catch {
        return run.replaceAll(/%[0-7][0-9a-f]/gi, (one) => String.fromCharCode(Number.parseInt(one.slice(1), 16)));
      }
    });
}

function withSlashes(text: string): string {
  const slashed = text.replaceAll("\\", "/");
  return /^[a-z]:\//i.test(slashed) ? `/${slashed}` : slashed;
}
