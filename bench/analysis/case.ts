/** One input of one analyser, to be timed. */
export interface Timed {
  readonly analyser: string;
  /** In words: `ordinary`, `4 kB`, `64 kB`. */
  readonly size: string;
  readonly run: () => unknown;
}
