import { WritError } from "../domain/error.ts";
import type { Launch } from "../ports/configuration.ts";
import type { Minted } from "../ports/credentials.ts";

/** Too short to tell from chance; every credential of ours is longer. */
const SHORTEST = 8;

/** The header lines that carry the call's credential to its upstream; none where the upstream asks for none.
 *  @throws WritError `credential_absent` when the upstream needs a credential and none was made for this call. */
export function inject(launch: Launch, minted: Pick<Minted, "token"> | null): Record<string, string> {
  if (!needsOperation(launch)) return {};
  if (minted === null) {
    throw new WritError({
      code: "credential_absent",
      status: 500,
      message: "the server asks for an operation credential, and this call has none",
      hint: "the call did not leave; an operator reads `writ why`",
    });
  }
  return { authorization: `Bearer ${minted.token}` };
}

/** True when a call to this upstream needs a credential of its own. */
export function needsOperation(launch: Launch): boolean {
  return launch.kind === "http" && launch.credential === "operation";
}

/** What an upstream could still use once the call is over; the record of every call says it. */
export function remains(launch: Launch): string {
  if (needsOperation(launch)) return "operation credential: nothing stands after 30 s";
  return launch.kind === "http" ? "none: the server asks for nothing" : "none: the server is a program of its own";
}

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
