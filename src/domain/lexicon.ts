/** English, as far as a task and a tool's name need it: what people ask for and what tools are called. Nothing in it is a
 *  name. What it does not know is never taken for harmless. */

/** What a verb is about to do; one verb may mean several. */
export type Act =
  | "look"
  | "send"
  | "pay"
  | "book"
  | "create"
  | "update"
  | "delete"
  | "admit"
  | "run"
  | "ship"
  | "enter";

/** Verbs in their plain form; `verbOf` finds them in others. */
const VERBS: Readonly<Record<string, readonly Act[]>> = table<Act>({
  look: `get list read search find fetch view show check count describe query lookup retrieve browse look see preview
    calculate compute compare convert translate summarize summarise analyze analyse verify validate review tell know
    inspect explain monitor track scan estimate determine display report figure visit watch explore collect gather return
    extract identify examine detect recommend suggest rank sort filter match diff download resolve recall load ls cat head
    tail grep stat pwd whoami
    locate discover consult research learn study crawl scrape remember`,
  send: `send write message dm email mail text reply respond answer notify inform remind announce congratulate contact thank
    forward post publish share tweet broadcast submit ask call invite ping comment upload export deliver greet push alert
    tell
    relay convey communicate wish warn apologize apologise remind mention pass`,
  pay: `pay give transfer refund reimburse donate tip settle compensate repay deposit withdraw buy rebuy purchase order reorder checkout spend
    charge subscribe wire remit redeem invest bid trade sell top_up send
    contribute lend reimburse order`,
  book: `book reserve rent order buy purchase schedule arrange checkout organize organise plan
    rebook hire reschedule move postpone`,
  create: `create make add open start generate draft compose new register save write put insert append include attach upload
    schedule arrange plan organize organise book reserve post record log note submit invite build init initialize
    copy duplicate clone fork import install set_up setup sign_up enroll enrol prepare issue mkdir touch store place star
    follow subscribe like commit push bookmark download file pin
    author jot raise set remember bring spin_up write_down note_down sign_up fill`,
  update: `update change modify edit adjust set rename correct fix replace increase decrease extend mark apply move reschedule
    shift postpone delay complete assign enable disable turn switch configure amend revise append toggle raise lower
    reset rotate renew restore close reopen resolve archive label tag adapt convert format sync put patch write
    reorganize transfer swap upgrade downgrade pause resume activate deactivate submit rate edit finish insert
    reschedule rebook redirect refresh synchronize synchronise fill tweak bump rewrite retitle relabel rearrange swap
    check_off tick react star play skip dim control operate lock bring_forward put_off push_back`,
  delete: `delete remove cancel clear erase drop discard revoke kick unsubscribe uninstall trash empty purge wipe unfollow
    unstar destroy terminate withdraw return ban block expel rm dismiss
    unpin unassign unregister quit leave uninvite unshare`,
  admit: `invite give share grant add allow authorize authorise permit promote assign admit approve accept expose join connect link
    register enable transfer collaborate onboard unlock`,
  run: `run execute install build test compile eval evaluate exec start restart stop trigger invoke dispatch
    spawn kill shutdown reboot
    re_run rerun`,
  ship: `merge deploy release publish promote ship launch rollback roll_back roll_out cut rebase`,
  enter: `login signin log_in sign_in authenticate authorize authorise logout sign_out connect enter verify confirm`,
});

/** Words for one and the same thing; the first stands for all. */
const THINGS: readonly (readonly string[])[] = [
  `transaction payment transfer money bill invoice rent fee share amount difference refund standing debit price deposit bank
    salary funds wire cash donation tip subscription`,
  `message dm chat text note reply answer question greeting feedback inbox conversation thread announcement summary response
    congratulation reminder link sms`,
  `email mail e-mail inbox newsletter reply letter message`,
  `event meeting appointment calendar call lunch dinner session reminder invitation invite conference schedule trip party
    birthday interview workshop class lesson sync standup checkup slot retro demo weekly kickoff follow-up hour minute`,
  `alarm timer reminder notification`,
  `office absence vacation holiday away auto autoreply`,
  `device light lamp lock thermostat heating home door`,
  `song track album playlist music`,
  `photo picture image`,
  `package parcel delivery shipment`,
  `product goods grocery ingredient item`,
  `doctor clinic appointment prescription`,
  `label tag milestone`,
  `permission access right role`,
  `file document doc folder directory attachment spreadsheet note notes report drive text list pdf csv page`,
  `user member person colleague people employee friend teammate contact collaborator participant attendee guest account
    everyone everybody somebody invitee him her them
    recipient receiver sender author owner assignee reviewer username`,
  `channel group room team workspace server`,
  `webpage website page url link site article blog post web form`,
  `password passphrase credential secret pin passcode login`,
  `info information profile account detail details address settings setting data preference preferences`,
  `hotel accommodation room stay lodging`,
  `restaurant table dinner lunch breakfast meal food dish`,
  `car vehicle rental taxi cab ride`,
  `flight plane ticket trip travel`,
  `order purchase cart product item basket shopping`,
  `repository repo project codebase code`,
  `issue ticket bug task todo pr pull`,
  `branch commit merge version`,
  `review rating comment feedback`,
  `key token credential secret`,
  `address location place street city home`,
  `reservation booking appointment`,
].map((line) => line.split(/\s+/));

const KINDS = new Map<string, readonly number[]>();
for (const [i, words] of THINGS.entries()) {
  for (const word of words) KINDS.set(word, [...(KINDS.get(word) ?? []), i]);
}

/** What a word may stand for: itself, and the kinds of things it names. */
export function thingsOf(word: string): readonly string[] {
  const plain = singular(word);
  const kinds = KINDS.get(plain) ?? KINDS.get(word) ?? [];
  return [plain, ...kinds.map((kind) => `#${kind}`)];
}

export function isVerb(word: string): boolean {
  return verbOf(word) !== null;
}

/** The acts that a word can mean as a verb, in any of its forms; null for what is none we know. */
export function actsOf(word: string): readonly Act[] {
  const verb = verbOf(word);
  return verb === null ? [] : (VERBS[verb] ?? []);
}

/** The plain form of a verb we know. */
export function verbOf(word: string): string | null {
  for (const form of forms(word)) if (Object.hasOwn(VERBS, form)) return form;
  return null;
}

const ODD: Readonly<Record<string, string>> = {
  sent: "send",
  wrote: "write",
  written: "write",
  paid: "pay",
  bought: "buy",
  made: "make",
  told: "tell",
  found: "find",
  ran: "run",
  began: "start",
  put: "put",
  got: "get",
  gave: "give",
  giving: "give",
};

function forms(word: string): readonly string[] {
  const odd = Object.hasOwn(ODD, word) ? ODD[word] : undefined;
  if (odd !== undefined) return [odd];
  const all = [word];
  if (word.endsWith("ies")) all.push(`${word.slice(0, -3)}y`);
  if (word.endsWith("ied")) all.push(`${word.slice(0, -3)}y`);
  if (word.endsWith("es")) all.push(word.slice(0, -2), word.slice(0, -1));
  else if (word.endsWith("s") && !word.endsWith("ss")) all.push(word.slice(0, -1));
  for (const ending of ["ing", "ed"]) {
    if (!word.endsWith(ending) || word.length - ending.length < 2) continue;
    const stem = word.slice(0, -ending.length);
    all.push(stem, `${stem}e`);
    if (stem.at(-1) === stem.at(-2)) all.push(stem.slice(0, -1));
  }
  return all;
}

/** A noun in the singular, as far as endings tell. */
export function singular(word: string): string {
  if (word.length < 4 || word.endsWith("ss") || word.endsWith("us") || word.endsWith("is")) return word;
  if (word.endsWith("ies")) return `${word.slice(0, -3)}y`;
  if (/(?:ses|xes|zes|ches|shes)$/.test(word)) return word.slice(0, -2);
  return word.endsWith("s") ? word.slice(0, -1) : word;
}

/** Words that stand in every sentence and name nothing. */
const COMMON = new Set(
  `a an the this that these those my your our his her its their me you us him it them i we he she they who whom which what
  where when why how and or but if then than so as at by for from in into of on onto off out over to up with without within
  about after before during until be is are was were been being am do does did done have has had having can could will would
  shall should may might must not no yes please make sure also just only very too more most much many some any all each
  every both few other another same such new old first last next there here now today tomorrow yesterday total number value
  name id one two three following via per using use based let need want like dear hi hello thanks thank mr mrs ms`.split(
    /\s+/,
  ),
);

export function isCommon(word: string): boolean {
  return COMMON.has(word);
}

/** The words of a name as programmers write them: `sendDirectMessage`, `send-direct-message`, `v2.send_message`. */
export function wordsOfName(name: string): readonly string[] {
  return name
    .replaceAll(/([a-z0-9])([A-Z])/g, "$1 $2")
    .replaceAll(/([A-Z]+)([A-Z][a-z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== "");
}

function table<V extends string>(lines: Readonly<Record<V, string>>): Record<string, V[]> {
  const all: Record<string, V[]> = {};
  for (const [value, words] of Object.entries(lines) as [V, string][]) {
    for (const word of words.split(/\s+/)) {
      const held = (all[word] ??= []);
      if (!held.includes(value)) held.push(value);
    }
  }
  return all;
}
