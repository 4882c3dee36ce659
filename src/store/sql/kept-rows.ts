/** The database has to be asked. Kept in the place of a value, it hides an older one below it. */
const UNKNOWN = Symbol("unknown");

/** Where one of the open layers has come to: what a body wrote, what its transaction wrote, what was committed. */
type Layer = Map<string, unknown>;

/** Past it all is forgotten and asked for anew: what is at work comes back with the next call, the rest does not. */
const MOST = 4_096;

/** What needs not be asked again. */
export interface Kept {
  /** What is known under `key`; undefined when nothing is. Null is knowing that there is no such row. */
  get<T>(key: string): T | null | undefined;
  keep(key: string, value: unknown): void;
  forget(key: string): void;
}

/** What the database said to the questions that every call asks, for as long as it would say the same: rows, decoded,
 *  by what they were asked for. What is written inside a transaction is known inside it only, until that commits, and is
 *  never known when it does not. Whoever writes a row keeps or forgets all that is known of it. */
export class KeptRows implements Kept {
  #committed: Layer = new Map();
  /** The state that `#committed` tells of, where the database numbers its states; null when that is not known. */
  #state: number | null = null;
  #transaction: Layer | null = null;
  #body: Layer | null = null;

  get<T>(key: string): T | null | undefined {
    for (const layer of [this.#body, this.#transaction, this.#committed]) {
      const value = layer?.get(key);
      if (value !== undefined) return value === UNKNOWN ? undefined : (value as T | null);
    }
    return undefined;
  }

  keep(key: string, value: unknown): void {
    (this.#body ?? this.#transaction ?? this.#committed).set(key, value);
  }

  forget(key: string): void {
    this.keep(key, UNKNOWN);
  }

  forgetAll(): void {
    this.#committed = new Map();
    this.#state = null;
  }

  /** From here on it tells of `state`: with what is known if that is the state it told of, and nothing otherwise. */
  standAt(state: number): void {
    if (this.#state !== state) this.forgetAll();
    this.#state = state;
  }

  /** What was written in the transaction has made `state` of the state before it. */
  advanceTo(state: number): void {
    this.#state = state;
  }

  /** For one that reads `state` beside a transaction: what is known for as long as it is known of that state. */
  at(state: number): Kept {
    if (this.#transaction === null && (this.#state ?? -1) < state) this.standAt(state);
    return {
      get: <T>(key: string) => (this.#state === state ? (this.#committed.get(key) as T | undefined) : undefined),
      keep: (key, value) => {
        if (this.#state === state && this.#committed.size < MOST) this.#committed.set(key, value);
      },
      forget: () => {},
    };
  }

  beginTransaction(): void {
    this.#transaction = new Map();
  }

  endTransaction(committed: boolean): void {
    for (const [key, value] of (committed && this.#transaction) || []) {
      if (value === UNKNOWN) this.#committed.delete(key);
      else this.#committed.set(key, value);
    }
    this.#transaction = null;
    this.#body = null;
    if (this.#committed.size > MOST) this.forgetAll();
  }

  beginBody(): void {
    this.#body = new Map();
  }

  endBody(kept: boolean): void {
    if (kept) for (const [key, value] of this.#body ?? []) this.#transaction?.set(key, value);
    this.#body = null;
  }
}

/** What rows are kept by. No identifier holds a NUL. */
export const KEY = {
  task: (id: string) => `task\0${id}`,
  session: (id: string) => `session\0${id}`,
  instance: (id: string) => `instance\0${id}`,
  grants: (task: string) => `grants\0${task}`,
  approvalFor: (task: string, digest: string) => `approval\0${task}\0${digest}`,
  call: (id: string) => `call\0${id}`,
  clientKey: (session: string, clientKey: string) => `client key\0${session}\0${clientKey}`,
  /** The highest watermark by the subjects asked about: one map, and a new one after each revocation. */
  watermarks: "watermarks",
  sequence: "sequence",
  ledgerEnd: "ledger end",
} as const;
