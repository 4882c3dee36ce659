type Label = "own" | "named" | "quoted" | "pasted";

/** A passage of what an owner wrote, by whose words it holds. */
export interface Span {
  readonly label: Label;
  readonly text: string;
}

const FENCE = /```[\s\S]*?(?:```|$)|~~~[\s\S]*?(?:~~~|$)/;
const TAGGED = /<([a-zA-Z][\w-]*)\b[^>]*>[\s\S]*?(?:<\/\1>|$)/;
const BLOCK = /^[ \t]*>.*(?:\n[ \t]*>.*)*/m;
const HEADERS = /^(?:from|to|subject|date|sent|cc|bcc):.*(?:\n.*)*/im;
const QUOTES =
  /"[^"]*(?:"|$)|“[^”]*(?:”|$)|„[^“”]*(?:[“”]|$)|«[^»]*(?:»|$)|`[^`]*(?:`|$)|(?<![\p{L}\p{N}])['‘](?!s\b)[^'’]*(?:(?:(?<=\p{L})['’](?=\p{L})[^'’]*)*)['’](?![\p{L}\p{N}])/u;
const PASTED = [FENCE, TAGGED, BLOCK, HEADERS];
/** What stands before somebody else's words. */
const SPEECH = /\b(?:says?|said|saying|wrote|writes|reads|states|stated|claims?|claimed)\b[^.!?\n]{0,20}$/i;
const LONGEST_NAME = 64;
const MOST_NAME = 4;

/** The owner's own words, the names in quotation marks, what the owner put in them to be passed on, and what is somebody
 *  else's: fenced, pasted, or said by another. */
export function spansOf(objective: string): readonly Span[] {
  let spans: readonly Span[] = [{ label: "own", text: objective }];
  for (const pattern of PASTED) spans = spans.flatMap((span) => cut(span, pattern, () => "pasted"));
  return spans.flatMap((span) =>
    cut(span, QUOTES, (text, before) => {
      const inner = text.replaceAll(/^.|.$/gsu, "").trim();
      const short = inner.length <= LONGEST_NAME && inner.split(/\s+/).length <= MOST_NAME && !inner.includes("\n");
      if (SPEECH.test(before)) return "pasted";
      return short ? "named" : "quoted";
    }),
  );
}

function cut(span: Span, pattern: RegExp, label: (text: string, before: string) => Label): readonly Span[] {
  if (span.label !== "own") return [span];
  const spans: Span[] = [];
  let rest = span.text;
  for (let found = pattern.exec(rest); found !== null; found = pattern.exec(rest)) {
    const [text] = found;
    if (text === "") break;
    const before = rest.slice(0, found.index);
    if (before !== "") spans.push({ label: "own", text: before });
    spans.push({ label: label(text, before), text });
    rest = rest.slice(found.index + text.length);
  }
  if (rest !== "") spans.push({ label: "own", text: rest });
  return spans;
}
