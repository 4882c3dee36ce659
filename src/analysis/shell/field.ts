/** Stands in a text for what cannot be told before it runs. Control characters are refused before, so it is nothing else. */
export const HOLE = "\u0000";
/** The same for what is known to be one plain word: a date, a number, the name of a machine. No blank, no slash, and it
 *  does not begin with a dash. */
export const NAME = "\u0001";

/** One argument as the command would get it, as far as it can be told. */
export interface Field {
  readonly text: string;
  /** It may come to several arguments, or to none. */
  readonly many: boolean;
  /** It holds a pattern that files are matched with. */
  readonly glob: boolean;
}

export function literal(text: string): Field {
  return { text, many: false, glob: false };
}

export const UNKNOWN_FIELD: Field = { text: HOLE, many: true, glob: false };

/** Its text is all there is to it. */
export function exact(field: Field): boolean {
  return !field.glob && !field.many && known(field.text);
}

/** No part of the text is made up while it runs. */
export function known(text: string): boolean {
  return !text.includes(HOLE) && !text.includes(NAME);
}

/** The texts of `fields` up to the first that is not exact. */
export function words(fields: readonly Field[]): readonly string[] {
  const at = fields.findIndex((field) => !exact(field));
  return (at < 0 ? fields : fields.slice(0, at)).map((field) => field.text);
}
