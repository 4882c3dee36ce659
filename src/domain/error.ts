export type Facts = Readonly<Record<string, string | number | boolean | readonly string[]>>;

export interface ErrorShape {
  /** Stable, snake_case; what scripts and tests match on. */
  code: string;
  /** The HTTP status a door answers with. */
  status: number;
  facts?: Facts;
  /** One lower-case sentence; names only what the caller already knows. */
  message: string;
  /** What to do next. */
  hint: string;
  /** For the log only, never for a wire. */
  cause?: unknown;
}

/** We could not do what was asked: bad input, a fault of ours, or the world failing.
 *  A refusal by the gate is not an error but a `Decision`. */
export class WritError extends Error {
  readonly code: string;
  readonly status: number;
  readonly facts: Facts;
  readonly hint: string;

  constructor(shape: ErrorShape) {
    super(shape.message, shape.cause === undefined ? undefined : { cause: shape.cause });
    this.name = "WritError";
    this.code = shape.code;
    this.status = shape.status;
    this.facts = shape.facts ?? {};
    this.hint = shape.hint;
  }
}
