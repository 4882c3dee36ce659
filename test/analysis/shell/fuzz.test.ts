import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { expect, test } from "vitest";
import { analyseShell } from "../../../src/analysis/shell/shell.ts";
import { ESCAPES } from "./escapes.ts";
import { effectsOf, PLACE, stopped } from "./kit.ts";
import { ORDINARY } from "./ordinary.ts";

const HIDDEN = Object.values(ESCAPES).flatMap((cases) => cases.map(([, command]) => command));
/** Those that are whole: what is put behind an open quote may well close it. */
const WHOLE = HIDDEN.filter((command) => !(ESCAPES["what is not understood"] ?? []).some(([, one]) => one === command));
const CORPUS = [...HIDDEN, ...ORDINARY];

const token = fc.constantFrom(
  ..."rm -rf src ; && || | & ( ) { } $( ` ' \" \\ \n $x ${x:- } <<EOF EOF < > >( <( [[ ]] (( )) ! if then fi for in do done case esac * ? ~ # = += @ eval sh -c function f() \u0000 é 😀 \ud800".split(
    " ",
  ),
  " ",
);
const shellish = fc.array(token, { maxLength: 40 }).map((tokens) => tokens.join(""));
/** A text of the corpus with one part of it cut out, doubled or replaced. */
const mutant = fc
  .tuple(fc.constantFrom(...CORPUS), fc.nat(), fc.nat({ max: 6 }), fc.oneof(token, fc.constant("")))
  .map(([text, at, length, put]) => {
    const from = at % (text.length + 1);
    return text.slice(0, from) + put + text.slice(from + length);
  });

test("any text whatever comes to effects", () => {
  const any = fc.oneof(fc.string({ unit: "binary", maxLength: 200 }), fc.string({ maxLength: 200 }), shellish, mutant);
  fc.assert(
    fc.property(any, (text) => {
      const analysis = analyseShell(text, PLACE);
      if (analysis.kind !== "understood") return;
      expect(analysis.effects.kinds.length).toBeGreaterThan(0);
      expect(analysis.effects.says).not.toBeNull();
    }),
    { numRuns: 3_000 },
  );
});

test("nothing that is put behind a command which is stopped makes it harmless", () => {
  const suffix = fc.oneof(shellish, fc.constantFrom(...CORPUS), fc.string({ maxLength: 40 }));
  const ends = fc.constantFrom("\n", ";", " && ", " || ", " & ", "; # ", "\n: '");
  fc.assert(
    fc.property(fc.constantFrom(...WHOLE), ends, suffix, (command, end, rest) => {
      expect(stopped(effectsOf(command + end + rest))).toBe(true);
    }),
    { numRuns: 1_500 },
  );
});

test("nothing that is put before a command which deletes makes it harmless", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...ORDINARY.filter((one) => !one.includes("<<"))),
      fc.constantFrom("\n", "; ", " && ", " || "),
      (before, end) => {
        expect(stopped(effectsOf(`${before}${end}rm -rf /srv/data`))).toBe(true);
      },
    ),
    { numRuns: 500 },
  );
});

test("a text that is too long, or too deep, is not understood", () => {
  for (const text of ["ls ".repeat(30_000), `${"(".repeat(200)}ls${")".repeat(200)}`, "$(".repeat(5_000)])
    expect(effectsOf(text)).toMatchObject({ kinds: ["execute", "unknown"], traits: ["dynamic"] });
});

test("texts that multiply themselves come to an end", () => {
  const doubling = Array.from({ length: 20 }, (_, i) => `f${i + 1}() { f${i}; f${i}; }`).join("\n");
  const appending = `a=xxxxxxxxxxxxxxxx\n${'a+="$a"\n'.repeat(40)}echo $a`;
  const handed = Array.from({ length: 22 }, (_, i) => `g${i + 1}() { g${i} "$1$1$1$1"; }`).join("\n");
  const captured = `a=xxxxxxxxxxxxxxxx\n${'a=$(echo "$a$a")\n'.repeat(40)}$a`;
  const wide = `a=${"x".repeat(9_000)}\nf() { echo ${"$a ".repeat(9_000)}; }\n${"f\n".repeat(3_000)}`;
  const growing = `a=xxxxxxxxxxxxxxxx\n${'a="$a$a"\n'.repeat(40)}echo $a`;
  for (const text of [
    `f0() { ls; }\n${doubling}\nf20`,
    growing,
    appending,
    `g0() { ls; }\n${handed}\ng22 xxxx`,
    captured,
    wide,
    `echo ${"{a,b}".repeat(30)}`,
  ])
    expect(effectsOf(text).kinds.length).toBeGreaterThan(0);
});

const bash = spawnSync("bash", ["--version"]).error === undefined;

test.skipIf(!bash)("a text that Bash itself refuses is never let through (needs `bash`)", () => {
  const seen: string[] = [];
  fc.assert(
    fc.property(mutant, (text) => {
      if (text.includes("\u0000") || !text.isWellFormed() || stopped(effectsOf(text))) return;
      // What is harmless even where it is read otherwise is no concern.
      if (effectsOf(text).kinds.every((kind) => kind === "read")) return;
      const { status } = spawnSync("bash", ["-n"], { input: text });
      seen.push(text);
      expect(status, JSON.stringify(text)).toBe(0);
    }),
    // The parser may still take texts that Bash refuses: other mutants are tried with other seeds.
    { numRuns: 600, seed: Number(process.env["FUZZ_SEED"] ?? 7) },
  );
  expect(seen.length).toBeGreaterThan(30);
});

if (!bash) console.warn("bash is not here: what it refuses was not compared");
