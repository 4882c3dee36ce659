import { type Reason, reason } from "../../domain/reason.ts";

/** The longest text that is judged, in bytes as the database counts them. */
const LARGEST = 65_536;

const SIGNS = /[~!@#^&|`?+\-*/%<>=]{256}/;

/** What keeps a text from being read at all; null for one that may be parsed. A control character can end a text early
 *  for one reader and not for another, and half a character is another one for each. */
export function textFault(text: string): Reason | null {
  if (text.length > LARGEST || Buffer.byteLength(text) > LARGEST)
    return reason("text_too_large", { what: "statement", limit: `at most ${LARGEST} bytes` });
  // eslint-disable-next-line no-control-regex
  const control = text.search(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/);
  if (control >= 0)
    return reason("query_unparsed", { why: `there is a control character at offset ${control}`, offset: control });
  // PostgreSQL reads such a run again from each of its characters: a text full of them takes minutes.
  const run = text.search(SIGNS);
  if (run >= 0)
    return reason("query_unparsed", { why: `there is an overlong row of signs at offset ${run}`, offset: run });
  if (!text.isWellFormed())
    return reason("query_unparsed", { why: "it holds half a character (a lone surrogate)", offset: 0 });
  return null;
}
