/** Layers of percent-encoding that are taken off; what has more hides something. */
const LAYERS = 3;
/** No system opens a path of this length. */
const LONGEST = 32_768;

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
  const { text, hidden } = withoutAddress(given);
  const texts = new Set<string>();
  let layer = text;
  let more = true;
  for (let taken = 0; more && taken <= LAYERS; taken++) {
    for (const form of [layer, layer.normalize("NFC"), layer.normalize("NFKC")]) {
      for (const path of [form, withSlashes(form)]) {
        texts.add(path);
        const member = path.search(/!(?=\/)/);
        if (member > 0) texts.add(path.slice(0, member));
      }
    }
    const next = decoded(layer);
    more = next !== layer;
    layer = next;
  }
  return { texts: [...texts], hidden: hidden || more };
}

/** A `file:` address, also inside `jar:`, as the path it names. One with a host names a file of another machine. */
function withoutAddress(given: string): { readonly text: string; readonly hidden: boolean } {
  const found = /^\s*(?:(?:jar|zip|view-source):)*file:/i.exec(given);
  if (found === null) return { text: given, hidden: false };
  const rest = given
    .slice(found[0].length)
    .replaceAll(/[\t\n\r]/g, "")
    .replaceAll("\\", "/");
  const [, host = "", path = rest] = /^\/\/([^/]*)(\/.*)?$/s.exec(rest) ?? [];
  const [name = ""] = path.split(/[?#]/, 1);
  return { text: decoded(name), hidden: host !== "" && host.toLowerCase() !== "localhost" };
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
