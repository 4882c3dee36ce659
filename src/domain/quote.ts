const LONGEST = 80;

/** A name that somebody else chose, to stand in a sentence of ours: in quotation marks that it cannot close, with every
 *  character that is not seen, or that turns the line around, written out, and no longer than a name needs to be. */
export function quoted(name: string, longest = LONGEST): string {
  const chars = Array.from(name.slice(0, longest * 2 + 2));
  return `"${chars.slice(0, longest).map(seen).join("")}${chars.length > longest ? "…" : ""}"`;
}

/** How many there are, and the first few of them. */
export function listed(names: readonly string[], most = 3): string {
  const first = names.slice(0, most).map((name) => quoted(name));
  const more = names.length - first.length;
  return `${first.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

const UNSEEN = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800"\\]|(?! )\p{Zs}/u;

function seen(char: string): string {
  return UNSEEN.test(char) ? `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}` : char;
}
