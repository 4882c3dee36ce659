/** What goes along with a permit: `@obligation("…")` in words of this list, or the policy does not load. */
export type Obligation =
  /** Secrets in the arguments are taken out before they leave. */
  | { readonly kind: "redact-secrets" }
  /** A call whose arguments hold a secret does not leave. */
  | { readonly kind: "block-secrets" }
  /** Secrets in the result are taken out before it is released. */
  | { readonly kind: "redact-result" }
  /** Text of the result is marked as what others wrote. */
  | { readonly kind: "spotlight" }
  /** Invisible characters of the result are made visible. */
  | { readonly kind: "mark-invisible" }
  /** More rows than this are not changed; counted where the statement runs. */
  | { readonly kind: "rows"; readonly most: number };

export const OBLIGATIONS = [
  "redact-secrets",
  "block-secrets",
  "redact-result",
  "spotlight",
  "mark-invisible",
  "rows=N",
] as const;

/** Reads one; null for anything but the words of the list. */
export function readObligation(text: string): Obligation | null {
  const rows = /^rows=(0|[1-9]\d{0,8})$/.exec(text);
  if (rows !== null) return { kind: "rows", most: Number(rows[1]) };
  switch (text) {
    case "redact-secrets":
    case "block-secrets":
    case "redact-result":
    case "spotlight":
    case "mark-invisible":
      return { kind: text };
    default:
      return null;
  }
}

/** The word that a policy has for it. */
export function wordFor(obligation: Obligation): string {
  return obligation.kind === "rows" ? `rows=${obligation.most}` : obligation.kind;
}
