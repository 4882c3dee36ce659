/** Names that a program has given a meaning, at one place in it. A scope within another sees what that one has. */
export class Names {
  readonly #own = new Set<string>();
  readonly #around: Names | null;

  constructor(around: Names | null = null) {
    this.#around = around;
  }

  within(names: readonly string[] = []): Names {
    const scope = new Names(this);
    for (const name of names) scope.add(name);
    return scope;
  }

  add(name: string): void {
    this.#own.add(name);
  }

  has(name: string): boolean {
    return this.#own.has(name) || (this.#around?.has(name) ?? false);
  }
}
