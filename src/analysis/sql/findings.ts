import { EFFECT_KINDS, type EffectKind, type Effects, NO_EFFECTS, type Trait } from "../../domain/effect.ts";
import { normalisePath } from "../../domain/path.ts";
import { namePart } from "../../domain/sql-name.ts";
import type { TableAccess, TableVerb } from "../../domain/table-access.ts";
import { refuse } from "./refusal.ts";

/** What no statement that people write comes near. */
const MOST_WORK = 2_000_000;
const MOST_COLUMNS = 5_000;

/** A file of the database's machine. What a relative path starts from there is not known: it stays as it is. */
export function filePath(path: string): string {
  return path.startsWith("/") ? (normalisePath(path, "/") ?? path) : path;
}

/** What has been found out of one statement so far. It grows as the statement is read. */
export class Findings {
  readonly kinds = new Set<EffectKind>();
  readonly traits = new Set<Trait>();
  readonly hosts = new Set<string>();
  readonly paths = new Set<string>();
  /** Functions that are not known to be harmless, by name. */
  readonly functions = new Set<string>();
  readonly #tables = new Set<string>();
  readonly #columns = new Set<string>();
  readonly #access = new Map<string, { table: string; verb: TableVerb; columns: Set<string> | "*" }>();

  #work = 0;

  /** Counts what it takes to find out; a statement for which that is too much is refused. */
  spend(steps: number): void {
    this.#work += steps;
    if (this.#work > MOST_WORK) refuse("it is too intricate to be judged");
  }

  /** A table is touched, and these of its columns with it. */
  touch(table: string, verb: TableVerb, columns: Iterable<string> | "*" = []): void {
    const key = `${verb} ${table}`;
    let found = this.#access.get(key);
    if (found === undefined) {
      found = { table, verb, columns: new Set() };
      this.#access.set(key, found);
    }
    if (columns === "*") found.columns = "*";
    else if (found.columns !== "*") for (const column of columns) found.columns.add(column);
    if (verb === "read") this.kinds.add("read");
    this.behind(table, columns);
  }

  /** A table is reached without being named: no grant has to name it. */
  behind(table: string, columns: Iterable<string> | "*"): void {
    this.#tables.add(table);
    if (this.#columns.size > MOST_COLUMNS) refuse("it touches more columns than can be judged");
    if (columns === "*") this.#columns.add(`${table}.*`);
    else for (const column of columns) this.#columns.add(`${table}.${namePart(column)}`);
  }

  does(...kinds: readonly EffectKind[]): void {
    for (const kind of kinds) this.kinds.add(kind);
  }

  has(...traits: readonly Trait[]): void {
    for (const trait of traits) this.traits.add(trait);
  }

  /** None of it runs: it is only asked how it would be run. What PostgreSQL may call while it plans, it calls. */
  onlyPlanned(): void {
    const calls = this.kinds.has("execute");
    this.kinds.clear();
    this.does("read", ...(calls ? (["execute"] as const) : []));
    this.traits.delete("sweeping");
    this.traits.delete("defines");
  }

  /** Everything that `other` found, but for what a grant has to name. */
  takeIn(other: Effects): void {
    this.does(...other.kinds);
    this.has(...other.traits);
    for (const host of other.hosts) this.hosts.add(host);
    for (const path of other.paths) this.paths.add(path);
    for (const table of other.tables) this.#tables.add(table);
    for (const column of other.columns) this.#columns.add(column);
  }

  /** What a grant has to name, table by table. */
  access(): readonly TableAccess[] {
    return [...this.#access.values()].map(({ table, verb, columns }) => ({
      table,
      verb,
      columns: columns === "*" ? columns : [...columns],
    }));
  }

  effects(says: string): Effects {
    const kinds = EFFECT_KINDS.filter((kind) => this.kinds.has(kind));
    return {
      ...NO_EFFECTS,
      kinds,
      reversible: kinds.every((kind) => kind === "read"),
      hosts: [...this.hosts],
      paths: [...this.paths],
      tables: [...this.#tables],
      columns: [...this.#columns],
      statements: 1,
      traits: [...this.traits],
      routine: false,
      access: this.access(),
      says,
    };
  }
}
