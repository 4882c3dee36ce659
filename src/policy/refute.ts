import type { PolicyJson } from "./cedar.ts";
import type { CedarValue } from "./context.ts";
import { contextPath, isRecord } from "./expression.ts";

type Context = { readonly [key: string]: CedarValue };
/** True or false where it surely is; null where only the engine can tell. */
type Test = (context: Context) => boolean | null;
/** Null for a value that is not there, or that nothing is said of here. */
type Term = (context: Context) => CedarValue | null;

/** Tells of a policy whether its conditions surely do not hold: what they begin with, read as the engine reads it, is
 *  false and has all it asks for. Such a policy can neither decide nor fail, and need not be put before the engine,
 *  which judges all others. Plain comparisons with the context are understood; anything else is a doubt, and a doubt is
 *  never passed over to something after it. */
export function refuter(policy: PolicyJson): (context: Context) => boolean {
  const tests = policy.conditions.map(({ kind, body }) => (kind === "unless" ? not(testOf(body)) : testOf(body)));
  return (context) => {
    for (const test of tests) {
      const says = test(context);
      if (says !== true) return says === false;
    }
    return false;
  };
}

const DOUBT: Test = () => null;

function testOf(node: unknown): Test {
  if (!isRecord(node)) return DOUBT;
  const [operator = ""] = Object.keys(node);
  const operands = node[operator];
  if (operator === "Value") return () => (typeof operands === "boolean" ? operands : null);
  if (operator === ".") return flag(termOf(node));
  if (!isRecord(operands)) return DOUBT;
  const { left, right, arg } = operands;
  switch (operator) {
    case "&&":
      return both(testOf(left), testOf(right));
    case "||":
      return not(both(not(testOf(left)), not(testOf(right))));
    case "!":
      return not(testOf(arg));
    case "==":
      return compare(left, right, equal);
    case "!=":
      return not(compare(left, right, equal));
    case "<":
      return compare(
        left,
        right,
        numbers((a, b) => a < b),
      );
    case "<=":
      return compare(
        left,
        right,
        numbers((a, b) => a <= b),
      );
    case ">":
      return compare(
        left,
        right,
        numbers((a, b) => a > b),
      );
    case ">=":
      return compare(
        left,
        right,
        numbers((a, b) => a >= b),
      );
    case "contains":
      return compare(left, right, (set, one) => (isTexts(set) && typeof one === "string" ? set.includes(one) : null));
    case "isEmpty":
      return compare(arg, arg, (set) => (Array.isArray(set) ? set.length === 0 : null));
    default:
      return DOUBT;
  }
}

/** The second is only looked at when the first holds. */
function both(first: Test, second: Test): Test {
  return (context) => {
    const says = first(context);
    return says === true ? second(context) : says;
  };
}

function not(test: Test): Test {
  return (context) => {
    const says = test(context);
    return says === null ? null : !says;
  };
}

function flag(term: Term): Test {
  return (context) => {
    const value = term(context);
    return typeof value === "boolean" ? value : null;
  };
}

type Comparison = (left: CedarValue, right: CedarValue) => boolean | null;

function compare(left: unknown, right: unknown, as: Comparison): Test {
  const [one, other] = [termOf(left), termOf(right)];
  return (context) => {
    const a = one(context);
    const b = other(context);
    return a === null || b === null ? null : as(a, b);
  };
}

function equal(a: CedarValue, b: CedarValue): boolean | null {
  if (isTexts(a) && isTexts(b)) return a.every((one) => b.includes(one)) && b.every((one) => a.includes(one));
  return typeof a === typeof b && typeof a !== "object" ? a === b : null;
}

function numbers(as: (a: number, b: number) => boolean): Comparison {
  return (a, b) => (typeof a === "number" && typeof b === "number" ? as(a, b) : null);
}

function termOf(node: unknown): Term {
  const path = contextPath(node);
  if (path !== null) return (context) => at(context, path);
  const literal = literalOf(node);
  return () => literal;
}

/** A whole number that JavaScript cannot hold exactly is not what the policy says. */
function literalOf(node: unknown): CedarValue | null {
  if (!isRecord(node)) return null;
  const value = node["Value"];
  if (typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number") return Number.isSafeInteger(value) ? value : null;
  const items = node["Set"];
  const texts = Array.isArray(items) ? items.map(literalOf) : null;
  return texts !== null && isTexts(texts) ? texts : null;
}

function at(context: Context, path: readonly string[]): CedarValue | null {
  let here: CedarValue = context;
  for (const name of path) {
    if (!isRecord(here) || !Object.hasOwn(here, name)) return null;
    here = here[name] as CedarValue;
  }
  return here;
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === "string");
}
