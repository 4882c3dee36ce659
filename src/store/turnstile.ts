/** Lets many in together, or one alone, in the order they came: whoever waits to be alone is not overtaken. */
export interface Turnstile {
  together<T>(work: () => Promise<T>): Promise<T>;
  alone<T>(work: () => Promise<T>): Promise<T>;
}

export function createTurnstile(): Turnstile {
  let inside = 0;
  let taken = false;
  const waiting: { readonly alone: boolean; readonly enter: () => void }[] = [];

  function free(alone: boolean): boolean {
    return !taken && (!alone || inside === 0);
  }

  function step(alone: boolean): void {
    if (alone) taken = true;
    else inside += 1;
  }

  function enter(alone: boolean): Promise<void> | undefined {
    if (waiting.length === 0 && free(alone)) {
      step(alone);
      return undefined;
    }
    return new Promise((resolve) => waiting.push({ alone, enter: resolve }));
  }

  function leave(alone: boolean): void {
    if (alone) taken = false;
    else inside -= 1;
    for (let first = waiting[0]; first !== undefined && free(first.alone); first = waiting[0]) {
      waiting.shift();
      step(first.alone);
      first.enter();
    }
  }

  async function pass<T>(alone: boolean, work: () => Promise<T>): Promise<T> {
    await enter(alone);
    try {
      return await work();
    } finally {
      leave(alone);
    }
  }

  return { together: (work) => pass(false, work), alone: (work) => pass(true, work) };
}
