import { addressOf } from "../address.ts";

const LONGEST = 65_536;

/** Those whom a text names, each in one spelling: addresses in lower case and with their domain as the network has it,
 *  telephone numbers without what only divides them, handles in lower case. What is none of these stands as it is. */
export function recipientsOf(text: string): readonly string[] {
  if (text.length > LONGEST) return [text];
  const parts = text
    .split(/[,;\n]/)
    .map((part) => part.trim())
    .filter((part) => part !== "");
  // A quoted name may hold what divides: then all of it is one.
  return parts.length > 1 && /["(]/.test(text) ? [text.trim()] : parts.map(canonical);
}

function canonical(given: string): string {
  const named = /^[^<>]*<([^<>]+)>$/.exec(given)?.[1] ?? given;
  const text = named
    .normalize("NFKC")
    .replaceAll(/\p{Default_Ignorable_Code_Point}/gu, "")
    .trim();
  const plain = text.replace(/^(?:mailto|tel|sms|smsto|sip):/i, "").replace(/\?.*$/s, "");
  const [, local, domain] = /^([^@\s]+)@([^@\s]+)$/.exec(plain) ?? [];
  if (local !== undefined && domain !== undefined) return `${local.toLowerCase()}@${addressOf(domain)?.host ?? domain}`;
  if (/^(?:\+|00)?[\d\s().\-/]{5,}$/.test(plain) && /\d{5}/.test(plain.replaceAll(/\D/g, ""))) {
    const digits = plain.replaceAll(/\D/g, "");
    return plain.startsWith("+") ? `+${digits}` : digits.startsWith("00") ? `+${digits.slice(2)}` : digits;
  }
  return /^[@#]\S+$/.test(text) ? text.toLowerCase() : text;
}
