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
  ["python", "m = [[1, 2], [3]]\nprint([x for row in m for x in row if x > 1])"],
  [
    "python",
    "def f(n):\n    if n < 2:\n        return n\n    a, b = 0, 1\n    for i in range(n):\n        a, b = b, a + b\n    return a\nprint(f(9))",
  ],
  [
    "python",
    "d = {}\nfor w in 'a b a'.split():\n    d[w] = d.get(w, 0) + 1\nfor k, v in sorted(d.items()):\n    print(k, v)",
  ],
  ["python", "x = 4\nif x % 2:\n    y = 'odd'\n    print(y)\nelse:\n    print('even')"],
  ["python", "print({k: v for k, v in zip('ab', [1, 2])}, {c for c in 'aab'}, sum(i * i for i in range(4)))"],
  ["javascript", "const xs = []; for (const x of [1, 2]) { const y = x + 1; xs.push(y) } console.log(xs)"],
  ["javascript", "let s = ''; while (s.length < 3) { s += 'x' } console.log(s.padStart(5))"],
  ["javascript", "console.log(sum([1, 2])); function sum(xs) { let t = 0; for (const x of xs) t += x; return t }"],
  ["javascript", "const add = (a, b) => a + b; console.log([1, 2].reduce(add, 0))"],
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
  ["python", "g = lambda eval: 0\nmax(['1'], key=eval)"],
  ["python", "g = lambda x, eval=eval: max(['1'], key=eval)"],
  ["python", "def f(eval): return 1\nlist(map(eval, ['1']))"],
  ["python", "def f(x=eval): return list(map(x, ['1']))\nf()"],
  ["python", "def eval(x=list(map(eval, ['1']))): return 1"],
  ["python", "def f():\n    eval = 1\nlist(map(eval, ['1']))"],
  ["python", "if 0:\n    eval = 1\nlist(map(eval, ['1']))"],
  ["python", "while False:\n    eval = 1\nlist(map(eval, ['1']))"],
  ["python", "for eval in []: pass\nlist(map(eval, ['1']))"],
  ["python", "for eval in map(eval, ['1']): print(1)"],
  ["python", "[eval for eval in []]\nlist(map(eval, ['1']))"],
  ["python", "print([1 for eval in map(eval, ['1'])])"],
  ["python", "print([1 for x in [1] for y in map(eval, ['1']) for eval in []])"],
  ["python", "list(map(eval, ['1']))\neval = 1"],
  ["python", "eval = list(map(eval, ['1']))"],
  ["python", "d = {}\nd[eval] = 1\nlist(map(eval, ['1']))"],
  ["python", "os = 1\nimport os\nos.remove('/etc/passwd')"],
  ["python", "def f(os): return 1\nimport os\nos.replace('a', 'b')"],
  ["python", "evil = 1\nimport evil"],
  ["python", "import print"],
  ["python", "import json.json"],
  ["python", "xs = []\nxs.append = 1"],
  ["python", "# a comment\rimport os"],
  ["python", "# coding: utf-7\n#+AAo-import os"],
  ["python", "\n# -*- coding=utf-7 -*-\n#+AAo-import os"],
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
  ["javascript", "const f = (eval) => 1; ['1'].map(eval)"],
  ["javascript", "function f(eval) { return 1 } ['1'].map(eval)"],
  ["javascript", "{ let eval = 1 } ['1'].map(eval)"],
  ["javascript", "for (let eval = 0; eval < 1; eval++) {} ['1'].map(eval)"],
  ["javascript", "for (const eval of []) {} ['1'].map(eval)"],
  ["javascript", "for (eval of []) {} ['1'].map(eval)"],
  ["javascript", "var eval; ['1'].map(eval)"],
  ["javascript", "if (0) { var eval = 1 } ['1'].map(eval)"],
  ["javascript", "f(); var eval = 1; function f() { ['1'].map(eval) }"],
  ["javascript", "const f = (require) => 1; ['fs'].map(require)"],
  ["javascript", "f(); eval = 1; function f() { ['1'].map(eval) }"],
  ["javascript", "const x = []; x.map = 1"],
  ["javascript", "// a comment\u2028process.exit()"],
  ["javascript", "// a comment\rprocess.exit()"],
  ["javascript", "1 <!-- `\nprocess.exit() // `"],
  ["typescript", "declare const x: any; x()"],
];

test.each(OTHER)("of any other program it is not known what it does (%s): %s", (language, text) => {
  expect(kinds(text, language)).toEqual(["unknown"]);
});

test.each([
  "import json\nprint(json.dumps({'a': [1, 2]}, indent=2))",
  "import math, statistics\nprint(math.sqrt(2), statistics.mean([1, 2]))",
])("a module comes from the program's own folder first: %s", (text) => {
  const analysis = analyseCode(text, { ...PLACE, language: "python" });
  expect(analysis).toMatchObject({ effects: { kinds: ["execute"], routine: true } });
});

test("modules from a folder outside the workspace are no ordinary ones, nor are those that the line has just written", () => {
  expect(effectsOf("python3 -c 'import json'").routine).toBe(true);
  expect(effectsOf("cd /opt/other && python3 -c 'import json'").routine).toBe(false);
  expect(effectsOf("echo 'evil()' > json.py && python3 -c 'import json'").routine).toBe(false);
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
        expect(["read", "execute", "unknown"]).toContain(kinds(text + more, language)[0]);
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
  ["node -e \"const f = (eval) => 1; ['1'].map(eval)\"", ["unknown"]],
  ["python3 -c $'os = 1\\nimport os\\nos.remove(\"/etc/passwd\")'", ["unknown"]],
  ["node -e \"require('child_process').execSync('rm -rf /')\"", ["unknown"]],
])("a command line that holds a program is judged by it: %s", (command, expected) => {
  expect(effectsOf(command).kinds).toEqual(expect.arrayContaining(expected));
});
