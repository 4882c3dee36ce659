import { type Reason, reason } from "../../domain/reason.ts";

/** Ends the judging of one statement from wherever it is met. It never leaves the analyser: it becomes its answer. */
export class Refusal extends Error {
  readonly reason: Reason;

  constructor(given: Reason) {
    super(given.code);
    this.reason = given;
  }
}

export function refuse(why: string): never {
  throw new Refusal(reason("query_refused", { why }));
}
