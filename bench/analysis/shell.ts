import { analyseShell } from "../../src/analysis/shell/shell.ts";
import type { Timed } from "./case.ts";

const PLACE = { workspace: "/srv/app", home: "/users/dev" };

const ORDINARY = {
  "ordinary look": "git log --oneline -20",
  "ordinary change": 'git add src/index.ts && git commit -m "fix: handle empty input"',
  "ordinary pipeline": "rg -n TODO src | awk -F: '{print $1}' | sort | uniq -c | sort -rn | head -20",
};

/** A script that is long because it does many ordinary things. */
function script(bytes: number): string {
  const line =
    'if [ -f "src/$name.ts" ]; then cp "src/$name.ts" "dist/$name.ts"; fi; echo "copied $name" >> build.log\n';
  return `name=index\n${line.repeat(Math.floor((bytes - 20) / line.length))}`;
}

/** Command lines as agents send them, and as long as they may be. */
export async function shellCases(): Promise<readonly Timed[]> {
  const long = { "4 kB": script(4_096), "16 kB": script(16_384), "64 kB": script(65_536) };
  return Object.entries({ ...ORDINARY, ...long }).map(([size, text]) => ({
    analyser: "shell",
    size,
    run: () => analyseShell(text, PLACE),
  }));
}
