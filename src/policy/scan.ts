/** One policy as it stands in its file. Positions are UTF-16 offsets into the file. */
export interface Chunk {
  /** From the first token to the `;`. */
  readonly text: string;
  readonly start: number;
  readonly tokens: readonly Token[];
}

export interface Token {
  readonly kind: "word" | "string" | "number" | "slot" | "mark";
  readonly text: string;
  readonly start: number;
}

export interface Flaw {
  readonly code: "policy_syntax" | "policy_too_deep" | "policy_too_large" | "literal_too_large" | "policy_template";
  readonly at: number;
  readonly message: string;
  readonly hint: string;
}

const MAX_POLICY = 64 * 1024;
/** The engine descends with the text; far beyond this it would run out of stack. */
const MAX_DEPTH = 64;
const MAX_CHAIN = 2_000;
const MAX_INTEGER = BigInt(Number.MAX_SAFE_INTEGER);

/** Cuts Cedar text into its policies. Only strings and comments can hide a `;`, so the cut is exact; what a policy
 *  means is the engine's to say. */
export function scan(text: string): { readonly chunks: readonly Chunk[]; readonly flaws: readonly Flaw[] } {
  const { tokens, flaws } = tokenise(text);
  const chunks: Chunk[] = [];
  let from = 0;
  for (const [i, token] of tokens.entries()) {
    // Text after the last `;` is a policy that is not finished, for the engine to say so; behind a string that is
    // not closed there is nothing to cut.
    const last = i === tokens.length - 1 && flaws.length === 0;
    if (!last && !(token.kind === "mark" && token.text === ";")) continue;
    const own = tokens.slice(from, i + 1);
    const start = own[0]?.start ?? token.start;
    chunks.push({ text: text.slice(start, token.start + token.text.length), start, tokens: own });
    from = i + 1;
  }
  return { chunks, flaws: [...flaws, ...chunks.flatMap(flawsOf)] };
}

/** Blank or comment; string; number; slot; word; mark. */
const LEXEME =
  /((?:\s+|\/\/[^\n]*)+)|("(?:[^"\\]|\\[\s\S])*")|(\d+)|(\?[A-Za-z_]\w*)|([A-Za-z_]\w*)|(::|==|!=|<=|>=|&&|\|\||[^\s"])/y;
const KINDS = ["string", "number", "slot", "word", "mark"] as const;

function tokenise(text: string): { tokens: readonly Token[]; flaws: readonly Flaw[] } {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    LEXEME.lastIndex = at;
    const found = LEXEME.exec(text);
    if (found === null) {
      const message = "a string is not closed";
      return { tokens, flaws: [{ code: "policy_syntax", at, message, hint: 'close it with `"`' }] };
    }
    if (found[1] === undefined) {
      const kind = KINDS.find((_, i) => found[i + 2] !== undefined) ?? "mark";
      tokens.push({ kind, text: found[0], start: at });
    }
    at += found[0].length;
  }
  return { tokens, flaws: [] };
}

/** What the engine would take badly, or take and not carry exactly. */
function flawsOf(chunk: Chunk): readonly Flaw[] {
  const flaws: Flaw[] = [];
  if (chunk.text.length > MAX_POLICY) {
    flaws.push({
      code: "policy_too_large",
      at: chunk.start,
      message: `a policy has ${chunk.text.length} characters`,
      hint: `split it: at most ${MAX_POLICY}`,
    });
  }
  let depth = 0;
  let chain = 0;
  for (const { kind, text, start } of chunk.tokens) {
    if (kind === "mark") {
      if ("([{".includes(text)) depth++;
      if (")]}".includes(text)) depth--;
      chain++;
    } else if (text === "if" || text === "then" || text === "else") chain++;
    if (depth > MAX_DEPTH || chain > MAX_CHAIN) {
      flaws.push({
        code: "policy_too_deep",
        at: start,
        message: "a policy is nested too deep or too long",
        hint: "split it into several policies",
      });
      break;
    }
    if (kind === "number" && BigInt(text) > MAX_INTEGER) {
      flaws.push({
        code: "literal_too_large",
        at: start,
        message: `the number ${text.slice(0, 40)} cannot be held exactly`,
        hint: `use one between -${MAX_INTEGER} and ${MAX_INTEGER}`,
      });
    }
    if (kind === "slot") {
      flaws.push({
        code: "policy_template",
        at: start,
        message: `\`${text}\` makes this a template, and templates are not taken`,
        hint: "write the entity itself in its place",
      });
    }
  }
  return flaws;
}

/** What a string token says: Cedar's escapes undone. Null for an escape that Cedar does not have. */
export function unquote(token: string): string | null {
  let bad = false;
  const plain = token
    .slice(1, -1)
    .replaceAll(
      /\\(?:u\{([0-9A-Fa-f]{1,6})\}|x([0-9A-Fa-f]{2})|([\s\S]))/g,
      (_, u: string | undefined, x: string | undefined, one: string | undefined) => {
        const code = u ?? x;
        if (code !== undefined) {
          const point = Number.parseInt(code, 16);
          if (point <= 0x10ffff) return String.fromCodePoint(point);
          bad = true;
          return "";
        }
        const simple = SIMPLE[one ?? ""];
        if (simple === undefined) bad = true;
        return simple ?? "";
      },
    );
  return bad ? null : plain;
}

const SIMPLE: Readonly<Record<string, string>> = {
  n: "\n",
  r: "\r",
  t: "\t",
  "0": "\0",
  "\\": "\\",
  '"': '"',
  "'": "'",
  "*": "*",
};
