import { type EffectKind, type Effects, NO_EFFECTS, type Trait } from "../../domain/effect.ts";
import { networkOf } from "../http/network.ts";
import { sentence } from "./says.ts";

/** One thing that a command would do. */
export interface Act {
  readonly kinds: readonly EffectKind[];
  readonly traits?: readonly Trait[];
  readonly paths?: readonly string[];
  readonly hosts?: readonly string[];
  readonly recipients?: readonly string[];
  /** Nothing but what work in a workspace always does. Default: it is, where it only reads or writes. */
  readonly routine?: boolean;
  /** For the sentence a person reads: what it does, in a verb and a name. */
  readonly note?: string;
}

/** A command that would run, for the sentence. */
export interface Ran {
  readonly name: string;
  readonly notes: string[];
}

const QUIET: readonly EffectKind[] = ["read", "write"];

/** What has been found so far. */
export class Tally {
  readonly #kinds = new Set<EffectKind>();
  readonly #traits = new Set<Trait>();
  readonly #paths = new Set<string>();
  readonly #hosts = new Set<string>();
  readonly #recipients = new Set<string>();
  readonly #ran: Ran[] = [];
  #routine = true;
  /** A file with content of this text's own making was written: whatever runs the project's code may run that. */
  #planted = false;
  #runsProject = false;

  /** What follows is the doing of the command `name`. */
  begin(name: string): void {
    this.#ran.push({ name, notes: [] });
  }

  add(act: Act): void {
    for (const kind of act.kinds) this.#kinds.add(kind);
    for (const trait of act.traits ?? []) this.#traits.add(trait);
    for (const path of act.paths ?? []) this.#paths.add(path);
    for (const host of act.hosts ?? []) this.#hosts.add(host);
    for (const recipient of act.recipients ?? []) this.#recipients.add(recipient);
    const routine = act.routine ?? act.kinds.every((kind) => QUIET.includes(kind));
    this.#routine &&= routine;
    if (routine && act.kinds.includes("execute")) this.#runsProject = true;
    const notes = this.#ran.at(-1)?.notes;
    if (act.note !== undefined && notes !== undefined && notes.length < 4) notes.push(act.note);
  }

  plant(): void {
    this.#planted = true;
  }

  effects(): Effects {
    const kinds: EffectKind[] = this.#kinds.size === 0 ? ["read"] : [...this.#kinds];
    return {
      ...NO_EFFECTS,
      kinds,
      reversible: kinds.every((kind) => kind === "read"),
      hosts: [...this.#hosts],
      paths: [...this.#paths],
      recipients: [...this.#recipients],
      statements: this.#ran.length,
      traits: [
        ...new Set([
          ...this.#traits,
          ...[...this.#hosts].flatMap((host) => networkOf(host.replace(/^([^:]+|\[.*\]):\d+$/, "$1"), true)),
        ]),
      ],
      routine: this.#routine && !(this.#planted && this.#runsProject),
      says: sentence(this.#ran),
    };
  }
}
