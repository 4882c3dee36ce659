/** Thrown where the engine is to be asked: a value or an operation on which this code has nothing certain to say, errors
 *  of evaluation among them. One object for all, so that throwing it is cheap. */
export const DOUBT: unique symbol = Symbol("the engine is to be asked");

/** An entity by its name. */
export class Entity {
  readonly type: string;
  readonly key: string;

  constructor(type: string, id: string) {
    this.type = type;
    this.key = `${type}\0${id}`;
  }
}

/** A decimal as the integer of its ten-thousandths. */
export class Decimal {
  readonly scaled: bigint;

  constructor(scaled: bigint) {
    this.scaled = scaled;
  }
}

/** Cedar's values, as they come in JSON or out of an operation. A long is a `number` where that is exact, and a `bigint`
 *  only beyond; an array is a set, members repeated or not; any other object is a record, of its own members only. What
 *  is inside an array or a record may still be JSON: `lift` it when it is taken out. */
export type Value = string | boolean | number | bigint | Entity | Decimal | readonly unknown[] | Members;
export type Members = { readonly [name: string]: unknown };

const LONG_MAX = 9_223_372_036_854_775_807n;
const LONG_MIN = -9_223_372_036_854_775_808n;

/** The value that a piece of Cedar's JSON stands for; values stay what they are. */
export function lift(given: unknown): Value {
  switch (typeof given) {
    case "string":
    case "boolean":
      return given;
    case "number":
      if (!Number.isSafeInteger(given)) throw DOUBT;
      return given;
    case "bigint":
      return given;
    case "object":
      if (given === null) throw DOUBT;
      if (Array.isArray(given) || given instanceof Entity || given instanceof Decimal) return given;
      return liftMembers(given as Members);
    default:
      throw DOUBT;
  }
}

/** A record, or what an escape stands for. */
function liftMembers(given: Members): Value {
  const escaped = Object.hasOwn(given, "__entity") || Object.hasOwn(given, "__extn") || Object.hasOwn(given, "__expr");
  if (!escaped) return given;
  if (Object.keys(given).length !== 1) throw DOUBT;
  if (Object.hasOwn(given, "__entity")) return entityOf(given["__entity"]);
  const call = given["__extn"];
  if (!isMembers(call) || call["fn"] !== "decimal" || typeof call["arg"] !== "string") throw DOUBT;
  return decimal(call["arg"]);
}

/** The entity of `{type, id}`. */
export function entityOf(given: unknown): Entity {
  if (!isMembers(given)) throw DOUBT;
  const { type, id } = given;
  if (typeof type !== "string" || typeof id !== "string") throw DOUBT;
  return new Entity(type, id);
}

/** `decimal("…")`: up to four places, and ten-thousandths that fit a 64-bit integer. */
export function decimal(text: string): Decimal {
  const parts = /^(-?)(\d+)\.(\d{1,4})$/.exec(text);
  if (parts === null) throw DOUBT;
  const [, sign = "", units = "", places = ""] = parts;
  const size = BigInt(units + places.padEnd(4, "0"));
  return new Decimal(inRange(sign === "-" ? -size : size));
}

/** The long of an exact integer, or the error of an overflow. */
export function long(value: bigint): number | bigint {
  const small = Number(inRange(value));
  return Number.isSafeInteger(small) ? small : value;
}

function inRange(value: bigint): bigint {
  if (value > LONG_MAX || value < LONG_MIN) throw DOUBT;
  return value;
}

export function isLong(value: Value): value is number | bigint {
  return typeof value === "number" || typeof value === "bigint";
}

export function isSet(value: Value): value is readonly unknown[] {
  return Array.isArray(value);
}

export function isRecord(value: Value): value is Members {
  return (
    typeof value === "object" && !Array.isArray(value) && !(value instanceof Entity) && !(value instanceof Decimal)
  );
}

/** `==`: values of different kinds are different, and that is no error. */
export function equal(a: Value, b: Value): boolean {
  if (typeof a !== "object" || typeof b !== "object") return a === b;
  if (a instanceof Entity) return b instanceof Entity && a.key === b.key;
  if (a instanceof Decimal) return b instanceof Decimal && a.scaled === b.scaled;
  if (isSet(a)) return isSet(b) && containsAll(a, b) && containsAll(b, a);
  if (!isRecord(b)) return false;
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => Object.hasOwn(b, name) && equal(lift((a as Members)[name]), lift(b[name])))
  );
}

/** What is inside is looked at to the last, as the engine does: a value it would refuse must not pass for want of a look. */
export function contains(set: readonly unknown[], member: Value): boolean {
  let found = false;
  for (const one of set) if (equal(lift(one), member)) found = true;
  return found;
}

/** Past this many comparisons members are looked up instead, where they are plain. */
const FEW = 1_024;

export function containsAll(set: readonly unknown[], members: readonly unknown[]): boolean {
  if (set.length * members.length <= FEW) return members.every((member) => contains(set, lift(member)));
  const held = new Set(set.map(plain));
  return members.map(plain).every((member) => held.has(member));
}

export function containsAny(set: readonly unknown[], members: readonly unknown[]): boolean {
  if (set.length * members.length <= FEW) return members.map((member) => contains(set, lift(member))).includes(true);
  const held = new Set(set.map(plain));
  return members.map(plain).some((member) => held.has(member));
}

/** Large sets come from callers: comparing each with each would be theirs to make us do. */
function plain(given: unknown): Value {
  const value = lift(given);
  if (typeof value === "object") throw DOUBT;
  return value;
}

function isMembers(value: unknown): value is Members {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
