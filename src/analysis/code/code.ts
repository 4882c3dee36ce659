import { createRequire } from "node:module";
import { Lang, parse, registerDynamicLanguage } from "@ast-grep/napi";
import { type Effects, NO_EFFECTS, UNKNOWN_EFFECTS } from "../../domain/effect.ts";
import type { Analysers } from "../analysis.ts";
import { JAVASCRIPT, PYTHON, type Plain } from "./languages.ts";
import { type Nature, natureOf } from "./plain-program.ts";

/** Programs that are handed over in an argument are short, and each node of one costs a step into the parser. */
const LONGEST = 4_096;

type Language = Parameters<Analysers["code"]>[1]["language"];
const LANGUAGES: Readonly<Record<Language, { readonly parser: string; readonly plain: Plain; readonly says: string }>> =
  {
    javascript: { parser: Lang.JavaScript, plain: JAVASCRIPT, says: "a JavaScript program" },
    typescript: { parser: Lang.TypeScript, plain: JAVASCRIPT, says: "a TypeScript program" },
    python: { parser: "python", plain: PYTHON, says: "a Python program" },
  };

/** What an inline program would do. One that is known to compute and print, and nothing else, reads; one that brings
 *  modules in besides runs whatever its folder holds under their names; of every other it is not known what it does
 *  (`unknown`, `dynamic`). Total, in bounded time. */
export const analyseCode: Analysers["code"] = (text, { language }) => {
  const { parser, plain, says } = LANGUAGES[language];
  const read = text.length <= LONGEST && text.isWellFormed() && !plain.odd.test(text) && readable(parser);
  const nature = read ? natureOf(rootOf(parser, text), plain) : "other";
  return { kind: "understood", effects: effectsOf(nature, says), forward: null };
};

function effectsOf(nature: Nature, says: string): Effects {
  switch (nature) {
    case "computes":
      return { ...NO_EFFECTS, kinds: ["read"], says: `runs ${says} that computes and prints` };
    case "imports":
      return { ...NO_EFFECTS, kinds: ["execute"], reversible: false, says: `runs ${says} that brings in modules` };
    case "other":
      return { ...UNKNOWN_EFFECTS, traits: ["dynamic"], says: `runs ${says}` };
  }
}

function rootOf(parser: string, text: string): ReturnType<ReturnType<typeof parse>["root"]> {
  return parse(parser, text).root();
}

let python: boolean | null = null;

/** The grammar of Python comes as a library for this kind of machine; where there is none, no program in it is read. */
function readable(parser: string): boolean {
  if (parser !== "python") return true;
  if (python === null) {
    try {
      registerDynamicLanguage({ python: createRequire(import.meta.url)("@ast-grep/lang-python") });
      python = true;
    } catch {
      python = false;
    }
  }
  return python;
}
