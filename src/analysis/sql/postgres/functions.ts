import type { Json } from "../../../domain/json.ts";
import { tableName } from "../../../domain/sql-name.ts";
import { filePath, type Findings } from "../findings.ts";
import type { Known } from "../known.ts";
import { refuse } from "../refusal.ts";
import { DANGEROUS, type FunctionEffect } from "./dangerous.ts";
import { HARMLESS, OPERATORS } from "./harmless.ts";
import { as, literalOf, unwrap } from "./tree.ts";

/** A call. What is known to be harmless is one of PostgreSQL's own that nobody has made another of, or one that the
 *  catalogue says can change nothing and runs as whoever calls it. */
export function callFunction(name: readonly string[], args: readonly Json[], known: Known, found: Findings): void {
  const plain = name.at(-1) ?? refuse("a function without a name");
  const schema = name.at(-2) ?? null;
  const ours = schema === null || schema === "pg_catalog";
  const others = (known.functions.get(plain) ?? []).filter((one) => schema === null || one.schema === schema);
  const definer = others.some((one) => one.definer);
  const effect = DANGEROUS.get(plain);
  if (effect !== undefined) applyEffect(plain, effect, args, known, found);
  else if (plain === "ts_rewrite" && args.length < 3)
    refuse("ts_rewrite is not let through: it runs a text as a statement");
  const calm = others.every((one) => !one.volatile && !one.definer);
  if (effect === undefined && calm && ((ours && HARMLESS.has(plain)) || others.length > 0)) return;
  if (effect?.sequence !== undefined && others.length === 0 && ours) return;
  found.has("volatile");
  found.functions.add(name.join("."));
  if (effect === undefined || others.length > 0) found.does("execute");
  if (definer) found.has("elevated");
}

/** Names of parts that values made of parts usually have. */
const PARTS = /^(?:key|value|val|path|seq|type|index|f\d+|column\d+|lexeme|positions|weights|ordinality)$/;

/** `value.name`. Where the database's functions are known, and none is called so, it is a part of the value. */
export function callMember(name: string, of: Json | null, known: Known, found: Findings): void {
  const there = name.startsWith("pg_") || DANGEROUS.has(name) || HARMLESS.has(name) || known.functions.has(name);
  if (!there && (known.relations.size > 0 || PARTS.test(name))) return;
  callFunction([name], of === null ? [] : [of], known, found);
}

/** An operator is a function under a sign. One that PostgreSQL does not bring may be anybody's. */
export function useOperator(name: readonly string[], found: Findings): void {
  const sign = name.at(-1) ?? "";
  const schema = name.at(-2) ?? "pg_catalog";
  if (schema === "pg_catalog" && OPERATORS.has(sign)) return;
  found.has("volatile");
  found.does("execute");
  found.functions.add(`operator ${name.join(".")}`);
}

function applyEffect(name: string, effect: FunctionEffect, args: readonly Json[], known: Known, found: Findings): void {
  if (effect.refused !== undefined) refuse(`${name} is not let through: ${effect.refused}`);
  found.does(...effect.kinds);
  found.has(...(effect.traits ?? []));
  if (effect.path !== undefined) {
    const path = argument(args, effect.path);
    if (path === null) found.has("dynamic");
    else found.paths.add(filePath(path));
  }
  if (effect.host !== undefined) addHost(argument(args, effect.host), found);
  if (effect.table !== undefined) {
    const table = argument(args, effect.table);
    if (table === null) refuse(`${name} is not let through: which table it reads is only known when it runs`);
    found.touch(named(table, known), "read", "*");
  }
  if (effect.sequence !== undefined) {
    const sequence = argument(args, effect.sequence.argument);
    if (sequence === null) refuse(`${name} is not let through: which sequence it uses is only known when it runs`);
    found.touch(named(sequence, known), effect.sequence.verb);
  }
}

function argument(args: readonly Json[], at: number): string | null {
  const given = args[at];
  if (args.some((one) => unwrap(one)[0] === "NamedArgExpr")) return null;
  return given === undefined || as(given, "NamedArgExpr") !== null ? null : literalOf(given);
}

/** The host that a text of connection settings names. */
function addHost(text: string | null, found: Findings): void {
  const host = /(?:^|\s)host(?:addr)?\s*=\s*'?([^'\s]+)/i.exec(text ?? "")?.[1];
  const address = /^postgres(?:ql)?:\/\/(?:[^@/]*@)?([^/:?]+)/i.exec(text ?? "")?.[1];
  const named = host ?? address;
  if (named === undefined) found.has("dynamic");
  else found.hosts.add(named.toLowerCase());
}

/** The table or sequence that a text names, read as PostgreSQL reads a `regclass`: it folds only plain letters, and cuts
 *  long names. */
function named(text: string, known: Known): string {
  const parts = [...text.trim().matchAll(/"((?:[^"]|"")*)"|([^".]+)/g)].map(([, quoted, plain]) =>
    quoted === undefined
      ? (plain ?? "").trim().replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase())
      : quoted.replaceAll('""', '"'),
  );
  if (parts.some((part) => Buffer.byteLength(part) > LONGEST_NAME)) refuse("a name is longer than PostgreSQL's are");
  return tableName(known.schema, parts.at(-2) ?? null, parts.at(-1) ?? "");
}

const LONGEST_NAME = 63;
