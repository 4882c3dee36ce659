import { holdsSecret, masked, secretsIn, secretsOfMember } from "../analysis/secrets/secrets.ts";
import { spokenFor } from "../authority/tasks/spoken.ts";
import type { AccessRequest } from "../domain/access-request.ts";
import { inputOf } from "../domain/call.ts";
import type { Permit } from "../domain/decision.ts";
import type { Grant } from "../domain/grant.ts";
import { qualified, type SessionId, type TaskId } from "../domain/ids.ts";
import { isObject, type JsonObject, own } from "../domain/json.ts";
import { actsOf, verbOf, wordsOfName } from "../domain/lexicon.ts";
import type { LineageHead, LineagePart } from "../domain/lineage.ts";
import { type Narrowing, sizeOf, UNNARROWED } from "../domain/narrowing.ts";
import { type Provenance, type SourceLabels, UNTRACED } from "../domain/provenance.ts";
import type { Derived } from "../domain/memory.ts";
import type { Task } from "../domain/task.ts";
import type { ToolRule } from "../ports/configuration.ts";
import type { ReadTx, WriteTx } from "../ports/store.ts";
import type { Clock, Digests } from "../ports/system.ts";
import { classify, type SecretForms } from "../provenance/classify.ts";
import type { Clearances } from "../provenance/clearance.ts";
import { disclosedBy, holds } from "../provenance/disclosed.ts";
import { type Endorsable, endorsable, groundedInWords } from "../provenance/endorsable.ts";
import { moneyIn } from "../provenance/amounts.ts";
import { derivedFrom } from "../provenance/memory/derived.ts";
import { type Recalled, readRecalled } from "../provenance/memory/recalled.ts";
import { fingerprintUnder } from "../provenance/fingerprint.ts";
import { isOwn, leadsOn } from "../provenance/leads.ts";
import { readResult } from "../provenance/leaves.ts";
import { Lineage } from "../provenance/lineage.ts";
import { narrowed } from "../provenance/narrowed.ts";
import { trace } from "../provenance/trace.ts";
import { rankOf, targetsOf, type Traced } from "../provenance/traced-call.ts";
import { written } from "../provenance/written.ts";
import { withdrawnFrom } from "../provenance/withdrawn.ts";
import { vouchedIn } from "../provenance/vouched.ts";
import { compileWords, NO_WORDS, type Words } from "../provenance/words.ts";

/** What a session has seen, what its owner asked for, and what people said yes to. */
export interface Seen {
  readonly lineage: Lineage;
  readonly words: Words;
  /** Whether there are words of the owner's. */
  readonly declared: boolean;
  /** The task whose words they are, else the root. */
  readonly task: TaskId;
  readonly root: Task;
  /** Every yes that was remembered for these tasks, also those that are over. */
  readonly yeses: readonly Grant[];
  /** Moves with everything above, and only upwards. */
  readonly version: number;
}

/** What a result brings, read and not yet kept. */
export interface Brought {
  readonly part: LineagePart;
  readonly cut: boolean;
}

/** Where the values of calls came from. One lineage for all tasks below one root: what a child reads its parent knows, and
 *  another task in the same session washes nothing. */
export interface Tracing {
  /** As the store has it, and what this gateway read meanwhile. `grants`: the task's own, read in the same look. */
  look(tx: ReadTx, task: Task, grants: readonly Grant[]): Promise<Seen>;
  /** Pure. */
  trace(request: AccessRequest, rule: ToolRule | null, seen: Seen): Provenance;
  /** What a yes to a question about this call would be remembered as, each with what was held against it. Pure. */
  endorsable(request: AccessRequest, rule: ToolRule | null, seen: Seen): readonly Endorsable[];
  /** What a call that writes memory wrote each of these out of. */
  derived(tx: ReadTx, request: AccessRequest, says: readonly (readonly string[] | null)[]): Promise<readonly Derived[]>;
  /** Remembers what a permitted call is aimed at, in the transaction that admits it. */
  use(tx: WriteTx, permit: Permit, rule: ToolRule | null): Promise<void>;
  /** Reads a result; what of it was `recalled` out of a memory is read by who wrote it. From now on this
   *  gateway knows it, before a byte of it is let go. */
  read(request: AccessRequest, rule: ToolRule | null, answer: JsonObject, recalled: Recalled | null): Brought;
  /** Keeps what was brought, in the transaction of the outcome; what is known not to have run was aimed at nothing. */
  settle(tx: WriteTx, request: AccessRequest, brought: Brought | null, notRun: boolean): Promise<void>;
}

/** Sessions whose lineage is kept at hand. */
const MOST_AT_HAND = 256;
const MOST_ORIGINS = 8;
/** What a session saw is forgotten this long after. */
const KEPT_MS = 60 * 24 * 3_600_000;

export function createTracing(digests: Digests, clock: Clock, clearances: Clearances): Tracing {
  const atHand = new Map<SessionId, Lineage>();
  const compiled = new Map<string, Words>();
  /** Read here, and perhaps not in the store yet. */
  const roots = new Map<SessionId, SessionId>();

  function handOf(session: SessionId): Lineage {
    const held = atHand.get(session);
    if (held !== undefined) {
      atHand.delete(session);
      atHand.set(session, held);
      return held;
    }
    const key = Buffer.from(digests.keyed(`lineage ${session}`).split(":")[1] ?? "", "base64url");
    const lineage = new Lineage(session, fingerprintUnder([key.readInt32LE(0), key.readInt32LE(4)]));
    bounded(atHand, session, lineage);
    return lineage;
  }

  function wordsOf(text: string, by: Narrowing): Words {
    const key = sizeOf(by) === 0 ? text : `${text}\n\0${JSON.stringify(by)}`;
    const held = compiled.get(key) ?? narrowed(compileWords(text), by);
    bounded(compiled, key, held);
    return held;
  }

  async function follow(tx: ReadTx, session: SessionId): Promise<Lineage> {
    const lineage = handOf(session);
    const head = await tx.document("lineage", session);
    if (head !== null && head.version !== lineage.head.version) {
      for (let at = lineage.read; at < head.parts; at++) {
        const part = await tx.document("lineage_part", `${session}.${at}`);
        if (part !== null) lineage.take(part);
      }
      lineage.follow(head);
    }
    return lineage;
  }

  /** What is private only by the cautious guess classifies nothing: somebody has to have said so. */
  function sourceOf({ server, tool }: AccessRequest["call"], source: SourceLabels): SourceLabels {
    const tools = clearances.servers.find(({ name }) => name === server)?.tools ?? {};
    const said = Object.hasOwn(tools, tool) ? tools[tool] : tools["*"];
    return { ...source, private: said?.private === true };
  }

  async function look(tx: ReadTx, task: Task, grants: readonly Grant[]): Promise<Seen> {
    const { root, speaking, declared, narrowing } = await spokenFor(tx, task);
    bounded(roots, task.session, root.session);
    const words = declared ? wordsOf(speaking.objective, narrowing) : NO_WORDS;
    const lineage = await follow(tx, root.session);
    const yeses = (root.id === task.id ? grants : await tx.grants(root.id)).filter((one) => one.endorses !== undefined);
    const said = yeses.reduce((sum, one) => sum + 1 + one.version, 0);
    const version = lineage.head.version + said + sizeOf(narrowing);
    return { lineage, words, declared, task: speaking.id, root, yeses, version };
  }

  function tracedOf({ call, effects, standing, at }: AccessRequest, rule: ToolRule, seen: Seen): Traced {
    const { server, tool } = call;
    const planned = standing.grants.some(
      (grant) => grant.origin === "plan" && !grant.revoked && grant.tools.includes(qualified(server, tool)),
    );
    const endorsements = seen.yeses.flatMap(({ endorses, revoked, expiresAt }) =>
      endorses === undefined || revoked || at >= expiresAt ? [] : [endorses],
    );
    const { lineage, words, declared, task } = seen;
    return { server, tool, rule, effects, input: inputOf(call), task, declared, planned, words, lineage, endorsements };
  }

  async function put(tx: WriteTx, head: LineageHead): Promise<void> {
    await tx.putDocument("lineage", head.session, head, clock.now() + KEPT_MS);
  }

  /** Whose words stand behind the values it is aimed at. */
  function ground(request: AccessRequest, rule: ToolRule | null, seen: Seen): Provenance {
    if (request.call.method !== "tools/call") return UNTRACED;
    if (rule !== null) return trace(tracedOf(request, rule, seen));
    // Of what nobody knows how to read it is still known what the owner took away: it may be aimed at anything in it.
    const identity = Object.keys(inputOf(request.call)).map((name) => `$.${name}`);
    const origins = withdrawnFrom(tracedOf(request, { effects: [], identity }, seen), false);
    return { ...UNTRACED, withdrawn: origins.length > 0, origins };
  }

  return {
    look,

    trace(request, rule, seen) {
      const { lineage, words } = seen;
      const { says, ...disclosed } = disclosedBy(request, rule, { classified: lineage.classified, words }, clearances);
      const grounded = ground(request, rule, seen);
      // What tells where a value came from shows it; of what is classified nothing is shown.
      const others = grounded.origins.filter((origin) => !holds(lineage.classified, origin));
      const origins = [...says, ...others].slice(0, MOST_ORIGINS).map(masked);
      return { ...grounded, ...disclosed, origins, asOf: seen.version };
    },

    endorsable(request, rule, seen) {
      return rule === null || request.call.method !== "tools/call" ? [] : endorsable(tracedOf(request, rule, seen));
    },

    async derived(tx, { standing: { task, session } }, says) {
      const seen = await look(tx, task, []);
      return says.map((one) => derivedFrom(one, { ...seen, session }));
    },

    async use(tx, { request }, rule) {
      const rank = rankOf(request.effects);
      if (rank === 0 || rule === null) return;
      const seen = await look(tx, request.standing.task, []);
      const { lineage, task } = seen;
      const { call, provenance } = request;
      const traced = tracedOf(request, rule, seen);
      await put(
        tx,
        lineage.used({
          call: call.id,
          tool: qualified(call.server, call.tool),
          task,
          rank,
          ...spentBy(traced),
          wrote: lineage.marks(written({ ...traced, rank })),
          targets: lineage.marks(targetsOf(traced).map(({ value }) => value)),
          ...(provenance.authorised ? { endorses: lineage.seal(groundedInWords(traced)) } : {}),
        }),
      );
    },

    read({ call, effects, source, standing }, rule, answer, recalled) {
      const lineage = handOf(roots.get(standing.task.session) ?? standing.task.session);
      const came = own(answer, "result") ?? answer;
      const result = recalled?.plain ?? came;
      const failed = own(answer, "result") === undefined || (isObject(came) && own(came, "isError") === true);
      const prose = failed || isProse(call.tool, rule);
      const content = readRecalled(readResult(result, prose), recalled?.others ?? []);
      const { declaredBy, objective, narrowed: by } = standing.task;
      const words = declaredBy === "owner" ? wordsOf(objective, by ?? UNNARROWED) : NO_WORDS;
      // A channel, a page or a file that the words name; not everything that answers to a word of theirs in a search.
      // What a change answers is no text that anybody named.
      const input = inputOf(call);
      const places =
        rule === null || rankOf(effects) > 0
          ? []
          : targetsOf({ rule, input }).filter(({ role }) => role !== "identity");
      const named = places.some(({ value }) => words.names(value)) ? standing.task.id : null;
      const { server, tool: name } = call;
      const task = standing.task.id;
      const asked =
        rankOf(effects) === 0 &&
        leadsOn({
          words,
          lineage,
          task,
          server,
          tool: name,
          rule: rule ?? { effects: [] },
          effects,
          input,
          endorsements: [],
          rank: 0,
        });
      const searched = asked ? standing.task.id : null;
      const tool = qualified(call.server, call.tool);
      const { found, lost } = classify(
        own(answer, "result") ?? own(answer, "error") ?? {},
        sourceOf(call, source),
        SECRETS,
      );
      const vouched = isObject(result) ? vouchedIn(result, source, prose) : [];
      const part = {
        ...lineage.pack(call.id, tool, content, {
          prose,
          private: source.private,
          named,
          searched,
          own: rankOf(effects) === 0 && isOwn(call.tool, rule, input),
        }),
        ...lineage.classified.pack(found, lost),
        ...lineage.packVouched(vouched),
        ...lineage.packVia(recalled?.others ?? []),
      };
      lineage.take(part);
      return { part, cut: Lineage.overflows(content, part) };
    },

    async settle(tx, { call, standing }, brought, notRun) {
      if (brought === null && !notRun) return;
      const { lineage } = await look(tx, standing.task, []);
      const { head } = lineage;
      const uses = notRun ? head.uses.filter((use) => use.call !== call.id) : head.uses;
      if (brought === null && uses.length === head.uses.length) return;
      if (brought !== null)
        await tx.putDocument("lineage_part", `${head.session}.${head.parts}`, brought.part, clock.now() + KEPT_MS);
      await put(tx, {
        ...head,
        uses,
        parts: head.parts + (brought === null ? 0 : 1),
        cut: head.cut || brought?.cut === true,
        version: head.version + 1,
      });
    },
  };
}

/** A name says what a text is only where the text does not say it itself. */
const SECRETS: SecretForms = {
  anyIn: holdsSecret,
  in(name, text) {
    const found = secretsIn(text);
    return found.length > 0 ? found : secretsOfMember(name, text);
  },
};

function spentBy(call: Traced): { readonly spent?: number } {
  const amounts = [...moneyIn(call).values()];
  return amounts.length === 0 ? {} : { spent: Math.max(...amounts) };
}

const LISTS = new Set(["list", "search", "find", "ls", "stat", "tree", "query", "count", "check"]);

/** Whether the whole result is what somebody wrote: what is at an address, or in a file. */
function isProse(tool: string, rule: ToolRule | null): boolean {
  if ((rule?.host ?? []).length + (rule?.path ?? []).length === 0) return false;
  const words = wordsOfName(tool);
  const verb = words.map(verbOf).find((one) => one !== null) ?? "";
  return !LISTS.has(verb) && !words.some((word) => LISTS.has(word)) && (verb === "" || actsOf(verb).includes("look"));
}

function bounded<K, V>(map: Map<K, V>, key: K, value: V): void {
  map.delete(key);
  map.set(key, value);
  if (map.size <= MOST_AT_HAND) return;
  const [oldest] = map.keys();
  if (oldest !== undefined) map.delete(oldest);
}
