import type { PolicyJson } from "../cedar.ts";
import { isRecord as isNode } from "../expression.ts";
import { bareUid } from "../slice.ts";
import { matcher } from "./like.ts";
import { member, type Request } from "./request.ts";
import {
  contains,
  containsAll,
  containsAny,
  Decimal,
  decimal,
  DOUBT,
  Entity,
  entityOf,
  equal,
  isLong,
  isRecord,
  isSet,
  lift,
  long,
  type Members,
  type Value,
} from "./value.ts";

/** Whether the policy holds for the request. @throws DOUBT where the engine is to be asked, also for each error of
 *  evaluation: how an error reads, and what it means, is the engine's to say. */
export type Program = (request: Request) => boolean;

type Term = (request: Request) => Value;
type Node = Readonly<Record<string, unknown>>;

/** The policy as functions over a request; null for one that uses what is not known here (templates, addresses, dates,
 *  whole numbers that JavaScript rounds): the engine judges it. Conditions are looked at in their order and no further than
 *  Cedar does (Cedar's `&&`, `||` and `if` never look at what cannot matter). */
export function compile(policy: PolicyJson): Program | null {
  try {
    const tests = [
      scope("principal", policy.principal),
      scope("action", policy.action),
      scope("resource", policy.resource),
      ...policy.conditions.map(({ kind, body }) => {
        const holds = flag(term(body));
        return kind === "unless" ? (request: Request) => !holds(request) : holds;
      }),
    ].filter((test) => test !== null);
    return (request) => tests.every((test) => test(request));
  } catch (cause) {
    if (cause === DOUBT) return null;
    throw cause;
  }
}

type Variable = "principal" | "action" | "resource";

/** Null for a scope that takes everything. */
function scope(variable: Variable, given: PolicyJson[Variable]): Program | null {
  if (given.op === "All") return null;
  if (given.op === "is") {
    const type = given.entity_type;
    const inside =
      given.in === undefined ? null : scope(variable, { op: "in", ...given.in } as PolicyJson["principal"]);
    return (request) => request[variable].type === type && (inside === null || inside(request));
  }
  if ("slot" in given) throw DOUBT;
  const named = ("entities" in given ? given.entities : [given.entity]).map((uid) => entityOf(bareUid(uid)));
  return given.op === "=="
    ? (request) => named.some((one) => one.key === request[variable].key)
    : (request) => named.some((one) => request.within(request[variable], one));
}

function term(node: unknown): Term {
  if (!isNode(node)) throw DOUBT;
  const [operator, ...more] = Object.keys(node);
  if (operator === undefined || more.length > 0) throw DOUBT;
  const given = node[operator];
  switch (operator) {
    case "Value":
      return constant(given);
    case "Var":
      return variable(given);
    case "Set":
      return set(given);
    case "Record":
      return record(given);
    case "decimal":
    case "lessThan":
    case "lessThanOrEqual":
    case "greaterThan":
    case "greaterThanOrEqual":
      return decimals(operator, given);
    default:
      if (!isNode(given)) throw DOUBT;
      return operation(operator, given);
  }
}

function operation(operator: string, given: Node): Term {
  const of = (name: string): Term => term(given[name]);
  switch (operator) {
    case "&&":
      return both(flag(of("left")), flag(of("right")));
    case "||":
      return either(flag(of("left")), flag(of("right")));
    case "!": {
      const holds = flag(of("arg"));
      return (request) => !holds(request);
    }
    case "if-then-else": {
      const [test, then, otherwise] = [flag(of("if")), of("then"), of("else")];
      return (request) => (test(request) ? then(request) : otherwise(request));
    }
    case "==":
      return pair(of("left"), of("right"), equal);
    case "!=":
      return pair(of("left"), of("right"), (a, b) => !equal(a, b));
    case "<":
      return longs(of("left"), of("right"), (a, b) => a < b);
    case "<=":
      return longs(of("left"), of("right"), (a, b) => a <= b);
    case ">":
      return longs(of("left"), of("right"), (a, b) => a > b);
    case ">=":
      return longs(of("left"), of("right"), (a, b) => a >= b);
    case "+":
      return longs(of("left"), of("right"), (a, b) => exact(a, b, "+"));
    case "-":
      return longs(of("left"), of("right"), (a, b) => exact(a, b, "-"));
    case "*":
      return longs(of("left"), of("right"), (a, b) => exact(a, b, "*"));
    case "neg":
      return longs(
        () => 0,
        of("arg"),
        (a, b) => exact(a, b, "-"),
      );
    case "contains":
      return pair(asSet(of("left")), of("right"), contains);
    case "containsAll":
      return pair(asSet(of("left")), asSet(of("right")), containsAll);
    case "containsAny":
      return pair(asSet(of("left")), asSet(of("right")), containsAny);
    case "isEmpty": {
      const items = asSet(of("arg"));
      return (request) => items(request).length === 0;
    }
    case "in":
      return within(asEntity(of("left")), of("right"));
    case "is": {
      const entity = asEntity(of("left"));
      const { entity_type: type } = given;
      const inside = given["in"] === undefined ? null : within(entity, of("in"));
      return (request) => entity(request).type === type && (inside === null || inside(request));
    }
    case ".":
      return attribute(of("left"), given["attr"]);
    case "has":
      return presence(of("left"), given["attr"]);
    case "getTag":
    case "hasTag":
      return tag(operator, asEntity(of("left")), of("right"));
    case "like": {
      const text = of("left");
      const matches = matcher(given["pattern"]);
      return (request) => {
        const value = text(request);
        if (typeof value !== "string") throw DOUBT;
        return matches(value);
      };
    }
    default:
      throw DOUBT;
  }
}

function constant(given: unknown): Term {
  const value = deep(given);
  return () => value;
}

/** A literal with all that is in it, so that nothing of it is left to doubt later. */
function deep(given: unknown): Value {
  const value = lift(given);
  if (isSet(value)) return value.map(deep);
  if (isRecord(value)) return recordOf(Object.entries(value).map(([name, one]) => [name, deep(one)]));
  return value;
}

function variable(name: unknown): Term {
  switch (name) {
    case "principal":
    case "action":
    case "resource":
    case "context":
      return (request) => request[name];
    default:
      throw DOUBT;
  }
}

function set(given: unknown): Term {
  if (!Array.isArray(given)) throw DOUBT;
  const items = given.map(term);
  if (given.every(isConstant)) {
    const value = items.map((item) => item(NO_REQUEST));
    return () => value;
  }
  return (request) => items.map((item) => item(request));
}

function isConstant(node: unknown): boolean {
  return isNode(node) && Object.hasOwn(node, "Value");
}

/** Constants ask nothing of a request. */
const NO_REQUEST = Object.freeze({}) as Request;

function record(given: unknown): Term {
  if (!isNode(given)) throw DOUBT;
  const members = Object.entries(given).map(([name, node]) => [name, term(node)] as const);
  return (request) => recordOf(members.map(([name, one]) => [name, one(request)]));
}

/** No prototype: a member is there when the policy put it there. */
function recordOf(members: readonly (readonly [string, Value])[]): Members {
  const made = Object.create(null) as Record<string, Value>;
  for (const [name, value] of members) made[name] = value;
  return made;
}

function decimals(operator: string, given: unknown): Term {
  if (!Array.isArray(given)) throw DOUBT;
  const [first, second] = given.map(term);
  if (first === undefined) throw DOUBT;
  if (operator === "decimal") {
    if (given.length !== 1) throw DOUBT;
    return (request) => {
      const text = first(request);
      if (typeof text !== "string") throw DOUBT;
      return decimal(text);
    };
  }
  if (second === undefined || given.length !== 2) throw DOUBT;
  const test = COMPARE[operator];
  if (test === undefined) throw DOUBT;
  return pair(first, second, (a, b) => {
    if (!(a instanceof Decimal) || !(b instanceof Decimal)) throw DOUBT;
    return test(a.scaled, b.scaled);
  });
}

const COMPARE: Readonly<Record<string, (a: bigint, b: bigint) => boolean>> = {
  lessThan: (a, b) => a < b,
  lessThanOrEqual: (a, b) => a <= b,
  greaterThan: (a, b) => a > b,
  greaterThanOrEqual: (a, b) => a >= b,
};

/** What is no boolean is an error, also on the right of `&&`. */
function flag(of: Term): Program {
  return (request) => {
    const value = of(request);
    if (typeof value !== "boolean") throw DOUBT;
    return value;
  };
}

function both(first: Program, second: Program): Term {
  return (request) => first(request) && second(request);
}

function either(first: Program, second: Program): Term {
  return (request) => first(request) || second(request);
}

function pair<A extends Value, B extends Value>(
  left: (request: Request) => A,
  right: (request: Request) => B,
  as: (a: A, b: B) => Value,
): Term {
  return (request) => as(left(request), right(request));
}

function longs(left: Term, right: Term, as: (a: number | bigint, b: number | bigint) => Value): Term {
  return pair(left, right, (a, b) => {
    if (!isLong(a) || !isLong(b)) throw DOUBT;
    return as(a, b);
  });
}

type Operator = "+" | "-" | "*";

/** Arithmetic without rounding: in numbers while the result is exact, in big integers beyond. */
function exact(a: number | bigint, b: number | bigint, operator: Operator): Value {
  if (typeof a === "number" && typeof b === "number") {
    const quick = operator === "+" ? a + b : operator === "-" ? a - b : a * b;
    if (Number.isSafeInteger(quick)) return quick;
  }
  const [x, y] = [BigInt(a), BigInt(b)];
  return long(operator === "+" ? x + y : operator === "-" ? x - y : x * y);
}

function asSet(of: Term): (request: Request) => readonly unknown[] {
  return (request) => {
    const value = of(request);
    if (!isSet(value)) throw DOUBT;
    return value;
  };
}

function asEntity(of: Term): (request: Request) => Entity {
  return (request) => {
    const value = of(request);
    if (!(value instanceof Entity)) throw DOUBT;
    return value;
  };
}

function within(entity: (request: Request) => Entity, group: Term): Program {
  return (request) => {
    const one = entity(request);
    const over = group(request);
    if (over instanceof Entity) return request.within(one, over);
    if (!isSet(over)) throw DOUBT;
    const groups = over.map(lift);
    if (!groups.every((each) => each instanceof Entity)) throw DOUBT;
    return groups.some((each) => request.within(one, each));
  };
}

/** A record's members, or what is known of an entity; null for an entity that nothing is known of. */
function membersOf(value: Value, request: Request): Members | null {
  if (value instanceof Entity) return request.attrs(value);
  if (!isRecord(value)) throw DOUBT;
  return value;
}

function attribute(of: Term, name: unknown): Term {
  if (typeof name !== "string") throw DOUBT;
  return (request) => {
    const value = member(membersOf(of(request), request), name);
    if (value === null) throw DOUBT;
    return value;
  };
}

/** `x has a`, and `x has a.b`, which is `x has a && x.a has b`. */
function presence(of: Term, attr: unknown): Term {
  const names: readonly unknown[] = Array.isArray(attr) ? attr : [attr];
  if (names.length === 0 || !names.every((name) => typeof name === "string")) throw DOUBT;
  return (request) => {
    let value: Value | null = of(request);
    for (const name of names) {
      value = member(membersOf(value, request), name);
      if (value === null) return false;
    }
    return true;
  };
}

function tag(operator: "getTag" | "hasTag", entity: (request: Request) => Entity, key: Term): Term {
  return (request) => {
    const one = entity(request);
    const name = key(request);
    if (typeof name !== "string") throw DOUBT;
    const value = member(request.tags(one), name);
    if (operator === "hasTag") return value !== null;
    if (value === null) throw DOUBT;
    return value;
  };
}
