/** Too short to tell from chance; every credential of ours is longer. */
const SHORTEST = 8;

/** True when `text`, a result on its way to the agent, shows `secret`: as it is, escaped for JSON or a URL, in hex
 *  or in base64. A token shows when its signature does, since the rest is no use without it. */
export function reflects(secret: string, text: string): boolean {
  const tell = tellOf(secret);
  if (tell.length < SHORTEST) return false;
  const forms = formsOf(tell);
  if (forms.some((form) => text.includes(form))) return true;
  if (!text.includes("\\u00")) return false;
  const plain = text.replace(/\\+u00([0-9a-fA-F]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return forms.some((form) => plain.includes(form));
}

/** The part to look for: of a compact JWS the signature. */
function tellOf(secret: string): string {
  const parts = secret.split(".");
  const last = parts.at(-1) ?? "";
  return parts.length === 3 && last.length >= 40 ? last : secret;
}

function formsOf(tell: string): readonly string[] {
  const hex = Buffer.from(tell).toString("hex");
  const escaped = [JSON.stringify(tell).slice(1, -1), encodeURIComponent(tell)];
  return [...new Set([tell, ...escaped, hex, hex.toUpperCase(), ...base64Forms(tell)])];
}

/** Base64 of a text that holds `tell` somewhere: three alignments, the characters that neighbours reach left out. */
function base64Forms(tell: string): readonly string[] {
  return [0, 1, 2].flatMap((offset) => {
    const encoded = Buffer.from("\0".repeat(offset) + tell)
      .toString("base64")
      .replace(/=+$/, "");
    const inner = encoded.slice(offset === 0 ? 0 : offset + 1, -2);
    return [inner, inner.replaceAll("+", "-").replaceAll("/", "_")];
  });
}
