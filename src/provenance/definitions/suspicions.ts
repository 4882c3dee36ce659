import { qualified } from "../../domain/ids.ts";
import type { ToolDefinition } from "../../domain/tool.ts";
import { markInvisible } from "../result/invisible.ts";
import { isDisguised, skeleton } from "./skeleton.ts";
import { type DefinitionText, textsOf } from "./texts.ts";

/** Characters of one text that a person reads through. */
const LONGEST = 16_384;
/** A blob that nobody reads, and a model may decode. */
const BLOB = /[A-Za-z0-9+/_-]{160,}/g;
const BLOB_HAS = [/\d/, /[a-z]/, /[A-Z]/];
/** Something in tags that is no piece of markup: a note for whoever parses tags, and that is a model. */
const TAGGED = /<([A-Za-z][\w-]{2,40})>[^<]{24,}<\/\1>/g;
const MARKUP = new Set(
  "html body head div span table tbody thead tr td th ul ol li pre code strong em b i p a h1 h2 h3 h4 svg xml script style title form input button select option section article main nav header footer note img".split(
    " ",
  ),
);
/** What is to happen around the use of tools, and not in it. */
const ORDERS =
  /\b(?:before|prior to|instead of|after|whenever|each time)\b[^.\n]{0,60}\b(?:us(?:e|ing)|call(?:ing)?|invok(?:e|ing)|respond(?:ing)?|any other|other tools?|this tool)\b/i;
/** Things that a tool which does not read them has no business with. */
const REACHES =
  /(?:~\/|\/etc\/|\/home\/|\.ssh\b|\bid_rsa\b|\.env\b|\.aws\b|\bpasswords?\b|\bprivate keys?\b|\bapi[ _-]?keys?\b|\bcredentials?\b|\baccess tokens?\b|\bsecrets?\b|\b(?:chat|conversation) history\b|\bsystem prompt\b|https?:\/\/|\b[\w.+-]{1,64}@[\w-]{1,64}\.\w)/i;
/** What is not to be told to whom it concerns. */
const CONCEALS =
  /\b(?:do not|don't|never|without)\b[^.\n]{0,30}\b(?:tell|mention|inform|show|reveal|notify|telling|mentioning|informing|showing|asking)\b[^.\n]{0,40}\b(?:user|human|person|anyone|anybody|owner)\b/i;
const COMMANDS = /\b(?:must|always|never|first|required to|make sure)\b/i;
/** Words of a sentence, where a name or a value has one or two. */
const MOST_WORDS_OF_A_NAME = 4;
const MOST_WORDS_OF_A_VALUE = 24;

/** What is odd about a definition, each in one sentence; none for a plain one. These raise suspicion and nothing else: a
 *  definition that fools them is as untrusted as before, and a person's look at a pin is what decides. `others` are the
 *  tools of other servers, `taken` those whose very names it may not have. */
export function suspicionsOf(
  definition: ToolDefinition,
  others: readonly ToolDefinition[],
  taken: readonly ToolDefinition[] = [],
): readonly string[] {
  const { texts, whole } = textsOf(definition.body);
  const found = new Set<string>(whole ? [] : ["it is larger than what a person reads"]);
  if (isDisguised(definition.name)) found.add("its name is written in letters that look like others");
  const twin = others.find((one) => one.name !== definition.name && skeleton(one.name) === skeleton(definition.name));
  if (twin !== undefined && definition.name !== skeleton(definition.name))
    found.add(`its name looks like \`${qualified(twin.server, twin.name)}\``);
  const shadowed = taken.find(({ name }) => name === definition.name);
  if (shadowed !== undefined)
    found.add(
      `its name is that of \`${qualified(shadowed.server, shadowed.name)}\` too (\`same_names\` says where that is fine)`,
    );
  const foreign = namesOf(definition, others);
  for (const one of texts) for (const why of oddities(one, foreign)) found.add(`\`${one.at.slice(0, 120)}\` ${why}`);
  return [...found].slice(0, MOST_TOLD);
}

const MOST_TOLD = 20;

function oddities({ text, role }: DefinitionText, foreign: readonly string[]): readonly string[] {
  const found: string[] = [];
  if (markInvisible(text).marked > 0) found.push("holds characters that nobody sees");
  if (text.length > LONGEST) found.push(`is longer than ${LONGEST} characters`);
  const looked = text.slice(0, LONGEST);
  if ((looked.match(BLOB) ?? []).some((run) => BLOB_HAS.every((kind) => kind.test(run))))
    found.push("holds a blob that nobody can read");
  for (const [, tag = ""] of looked.matchAll(TAGGED))
    if (!MARKUP.has(tag.toLowerCase())) found.push(`holds something in <${tag}> for whoever parses it`);
  const words = looked.split(/\s+/, MOST_WORDS_OF_A_VALUE + 1).length;
  if (role === "name" && words > MOST_WORDS_OF_A_NAME) found.push("is a name that is a sentence");
  if (role === "value" && words > MOST_WORDS_OF_A_VALUE) found.push("is a value that is a text");
  if (CONCEALS.test(looked)) found.push("asks that something is not told");
  const orders = ORDERS.test(looked) && COMMANDS.test(looked);
  if (orders && REACHES.test(looked))
    found.push("orders something around the use of tools, and names things it has no business with");
  const theirs = foreign.find((name) => mentions(looked, name));
  if (theirs !== undefined) found.push(`speaks of \`${theirs}\`, which is another server's`);
  return found;
}

/** Names of other servers' tools that are names and not words, and not its own server's too. */
function namesOf(definition: ToolDefinition, others: readonly ToolDefinition[]): readonly string[] {
  const names = others.flatMap((one) => [
    qualified(one.server, one.name),
    ...(/[a-z0-9][_-][a-z0-9]/i.test(one.name) && one.name.length >= 6 ? [one.name] : []),
  ]);
  return [...new Set(names)].filter((name) => name !== definition.name);
}

function mentions(text: string, name: string): boolean {
  for (let at = text.indexOf(name); at >= 0; at = text.indexOf(name, at + 1)) {
    if (!/[\w-]/.test(text.charAt(at - 1)) && !/[\w-]/.test(text.charAt(at + name.length))) return true;
  }
  return false;
}
