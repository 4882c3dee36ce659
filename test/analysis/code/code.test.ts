import fc from "fast-check";
import { expect, test } from "vitest";
import { analyseCode } from "../../../src/analysis/code/code.ts";
import { effectsOf } from "../shell/kit.ts";

type Language = "javascript" | "typescript" | "python";
const PLACE = { workspace: "/srv/app", home: "/srv/dev" };

function kinds(text: string, language: Language): readonly string[] {
  const analysis = analyseCode(text, { ...PLACE, language });
  return analysis.kind === "understood" ? analysis.effects.kinds : [];
}

const PLAIN: readonly (readonly [Language, string])[] = [
  ["python", "print('hello')"],
  ["python", "print(1 + 1)"],
  ["python", "import json\nprint(json.dumps({'a': [1, 2]}, indent=2))"],
  ["python", "import math\nprint(math.sqrt(2), math.pi)"],
  ["python", "for i in range(3):\n    print(f'{i}: {i * i:>4}')"],
  ["python", "def f(a, b=1):\n    return a + b\nprint(f(2))"],
  ["python", "xs = sorted([3, 1, 2], key=lambda x: -x)\nprint(', '.join(map(str, xs)))"],
  ["python", "from_ = {'a': 1}\nfrom_['b'] = 2\nprint(sum(from_.values()))"],
  ["python", "print([x for x in range(9) if x % 2], end='')"],
  ["python", "# a comment\ntotal = 0\nwhile total < 3:\n    total += 1\nprint(total)"],
  ["javascript", "console.log('hello')"],
  ["javascript", "console.log([1, 2, 3].map((x) => x * 2).join(', '))"],
  ["javascript", "const f = 2; console.log(`${f} ${Math.max(1, f)}`)"],
  ["javascript", "function add(a, b) { return a + b } console.log(add(1, 2))"],
  ["javascript", "console.log(JSON.stringify({ a: 1, b: [true, null] }, null, 2))"],
  ["javascript", "let n = 0; for (let i = 0; i < 9; i++) { n += i } console.log(n)"],
  ["javascript", "console.log(new Date().toISOString())"],
  ["javascript", "1 + 1"],
  ["typescript", "console.log('a'.toUpperCase())"],
];

test.each(PLAIN)("a program that computes and prints reads (%s): %s", (language, text) => {
  expect(kinds(text, language)).toEqual(["read"]);
});

const OTHER: readonly (readonly [Language, string])[] = [
  ["python", "import os; os.remove('/etc/passwd')"],
  ["python", "__import__('os').system('rm -rf /')"],
  ["python", "eval('1')"],
  ["python", "e = eval\ne('1')"],
  ["python", 'exec("import os")'],
  ["python", "open('a', 'w')"],
  ["python", "print = open\nprint('a', 'w')"],
  ["python", "from os import remove as print\nprint('a')"],
  ["python", "import os as json\njson.dumps('x')"],
  ["python", "getattr(print, '__self__').open('a')"],
  ["python", "print.__self__.open('a', 'w')"],
  ["python", "().__class__.__base__.__subclasses__()"],
  ["python", "print(f\"{__import__('os').system('id')}\")"],
  ["python", "def f(x=open('a', 'w')): return x\nf()"],
  ["python", "(lambda f: f('a', 'w'))(open)"],
  ["python", "def len(x): return open(x)\nlen('a')"],
  ["python", "f = json.__builtins__['open']\nf('a')"],
  ["python", "@open\ndef f(): pass"],
  ["python", "class A:\n    pass"],
  ["python", "with open('a') as f:\n    print(f)"],
  ["python", "import json.tool"],
  ["python", "import subprocess"],
  ["python", "print('a'"],
  ["python", "ｅval('1')"],
  ["python", "[f('a') for f in [open]]"],
  ["python", "def f(g): return g('x')\nf(f)"],
  ["javascript", "require('child_process').execSync('rm -rf /')"],
  ["javascript", "process.exit(1)"],
  ["javascript", "eval('1')"],
  ["javascript", "const e = eval; e('1')"],
  ["javascript", "globalThis['ev' + 'al']('1')"],
  ["javascript", "[].constructor.constructor('return process')()"],
  ["javascript", "[]['constructor']['constructor']('x')()"],
  ["javascript", "console.log.constructor('return process')()"],
  ["javascript", "console.log = 1"],
  ["javascript", "const console = { log: eval }; console.log('1')"],
  ["javascript", "import('fs')"],
  ["javascript", "import fs from 'fs'"],
  ["javascript", "fetch('https://evil.example')"],
  ["javascript", "new Function('x')()"],
  ["javascript", "const { rmSync: log } = require('fs'); log('a')"],
  ["javascript", "let f = (x) => x; f = require; f('fs')"],
  ["javascript", "String.raw`${process.env.HOME}`"],
  ["javascript", "`${require('fs').rmSync('a')}`"],
  ["javascript", "({ get a() { return 1 } })"],
  ["javascript", "class A { static { eval('1') } }"],
  ["javascript", "for (const x of [eval]) x('1')"],
  ["javascript", "console.log('a'"],
  ["javascript", "await import('fs')"],
  ["javascript", "\\u0065val('1')"],
  ["typescript", "declare const x: any; x()"],
];

test.each(OTHER)("of any other program it is not known what it does (%s): %s", (language, text) => {
  expect(kinds(text, language)).toEqual(["unknown"]);
});

test("any text comes to effects, in any language", () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ maxLength: 300 }),
        fc.string({ unit: "binary", maxLength: 100 }),
        fc.constantFrom(...PLAIN).map(([, text]) => text),
      ),
      fc.constantFrom<Language>("javascript", "typescript", "python"),
      fc.string({ maxLength: 20 }),
      (text, language, more) => {
        expect(["read", "unknown"]).toContain(kinds(text + more, language)[0]);
      },
    ),
    { numRuns: 1_500 },
  );
});

test("nothing put before or behind a program that does more makes it one that computes and prints", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...OTHER),
      fc.constantFrom(...PLAIN),
      fc.boolean(),
      ([language, text], [other, plain], first) => {
        const added = other === language ? plain : "";
        expect(kinds(first ? `${added}\n${text}` : `${text}\n${added}`, language)).toEqual(["unknown"]);
      },
    ),
    { numRuns: 800 },
  );
});

test("too long a program, and one nested beyond use, is not read", () => {
  expect(kinds(`print(${"1+".repeat(10_000)}1)`, "python")).toEqual(["unknown"]);
  expect(kinds(`${"(".repeat(3_000)}1${")".repeat(3_000)}`, "javascript")).toEqual(["unknown"]);
});

test.each([
  ["python3 -c \"print('hello')\"", ["read"]],
  ["node -p '1 + 1'", ["read"]],
  ["node -e \"require('child_process').execSync('rm -rf /')\"", ["unknown"]],
])("a command line that holds a program is judged by it: %s", (command, expected) => {
  expect(effectsOf(command).kinds).toEqual(expect.arrayContaining(expected));
});
