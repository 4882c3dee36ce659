import { analyseCode } from "../../src/analysis/code/code.ts";
import type { Timed } from "./case.ts";

const PLACE = { workspace: "/srv/app", home: "/srv/dev" };
const LINE = { javascript: "console.log([1, 2, 3].map((x) => x * 2).join(', '));\n", python: "print(sum(range(9)))\n" };

export function codeCases(): readonly Timed[] {
  return (["javascript", "python"] as const).flatMap((language) =>
    ([1, 75] as const).map((lines) => ({
      analyser: language,
      size: lines === 1 ? "ordinary" : `${lines} lines`,
      run: () => analyseCode(LINE[language].repeat(lines), { ...PLACE, language }),
    })),
  );
}
