import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { effectsOf, stopped } from "./kit.ts";

/** One command a line; `\n` and `\t` stand for what they are in Bash's own quotes. */
const COMMANDS = readFileSync(new URL("stopped.txt", import.meta.url), "utf8")
  .split("\n")
  .filter((line) => line !== "")
  .map((line) => line.replaceAll("\\n", "\n").replaceAll("\\t", "\t"));

test("none of a thousand commands that harm, send, install or hide what they run goes through without a person", () => {
  expect(COMMANDS.length).toBeGreaterThan(1_000);
  expect(COMMANDS.filter((command) => !stopped(effectsOf(command)))).toEqual([]);
});

test("what is built to exhaust whoever reads it comes to an end, and is not taken for harmless", () => {
  const roots = "a ".repeat(3_000);
  for (const text of [
    `${"sudo ".repeat(12_000)}rm -rf src`,
    `${"env ".repeat(15_000)}rm -rf src`,
    `env -S '${"env ".repeat(14_000)}rm -rf src'`,
    `rm -rf src; echo $((${"1+".repeat(30_000)}1))`,
    `while ls; do (( ${"a=1+".repeat(12_000)}1 )); rm -rf src; done`,
    `rm -rf src; echo ${"'a'\"b\"".repeat(9_000)}`,
    `rm -rf src; ls ${"*".repeat(60_000)}`,
    `find ${roots}${"-exec rm {} \\; ".repeat(3_000)}`,
    `${"cd a;".repeat(12_000)}rm -rf ../..`,
    `${Array.from({ length: 4_000 }, (_, i) => `v${i}=x`).join(";")};${"(ls)|(rm -rf src);".repeat(1_500)}`,
    `${"if ls; then ".repeat(2_000)}rm -rf src;${"fi;".repeat(2_000)}`,
  ])
    expect(stopped(effectsOf(text)), text.slice(0, 40)).toBe(true);
});

test("a value that a loop or a sum may have changed is not the one it was", () => {
  for (const text of [
    "c=ls; f() { c=rm; }; while true; do $c -rf ~; f; done",
    "x=/etc/passwd; (( x )); rm $x",
    "x=a.txt; (( y = x )); rm $x$y",
  ])
    expect(stopped(effectsOf(text)), text).toBe(true);
});
