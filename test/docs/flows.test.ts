import { existsSync } from "node:fs";
import { join, relative } from "node:path";
import { describe, expect, test } from "vitest";
import { read, ROOT } from "./pages.ts";
import { FLOW_PAGES, readFlow } from "./flows/page.ts";
import { runFlow } from "./flows/run.ts";

test("there are pages of flows, and each is listed on their first page", () => {
  expect(FLOW_PAGES.length).toBeGreaterThan(0);
  const index = read("docs/flows/README.md");
  expect(FLOW_PAGES.filter((file) => !index.includes(`(${relative("docs/flows", file)})`))).toEqual([]);
});

describe.each(FLOW_PAGES.map((file) => readFlow(file)))("$file", (page) => {
  test("has a diagram, and a transcript or tests that exist", () => {
    const missing = page.shownBy.flatMap(({ file, names }) =>
      existsSync(join(ROOT, file))
        ? names.filter((name) => !read(file).includes(name)).map((name) => `${file} has no "${name}"`)
        : [`${file} does not exist`],
    );
    expect([...page.problems, ...missing]).toEqual([]);
  });

  if (page.steps.length > 0)
    test("says what Writ does, step by step", async () => {
      expect(await runFlow(page)).toEqual([]);
    });
});

const PAGE = (answer: string, shown: string): string => `
\`\`\`http
GET /healthz
\`\`\`

\`\`\`http
HTTP/1.1 ${answer}
\`\`\`

\`\`\`console
$ writ task list
${shown}
\`\`\`
`;

test.each([
  ["another status", "404", "[exit 0]", /shown 404, came 200/],
  ["another member", '200\n\n{"ok": false}', "[exit 0]", /body\.ok: shown false, came true/],
  ["a member that is not there", '200\n\n{"well": true}', "[exit 0]", /body\.well: is not there/],
  ["another header", "200\nContent-Type: text/html", "[exit 0]", /header Content-Type/],
  ["another exit code", '200\n\n{"ok": true}', "…\n[exit 3]", /shown exit 3, came 0/],
  ["another line", '200\n\n{"ok": "{*}"}', "nothing of the kind", /shown "nothing of the kind"/],
])("a page that shows %s fails, and says where", async (_, answer, shown, problem) => {
  const page = readFlow("docs/flows/lying.md", PAGE(answer, shown));
  expect((await runFlow(page)).join("\n")).toMatch(problem);
});

test("a page without a diagram, a response or anything to show it is told so", () => {
  expect(readFlow("p.md", "# Nothing\n").problems).toEqual([
    "p.md: has no diagram",
    "p.md: has neither a transcript nor a test",
  ]);
  expect(readFlow("p.md", "```mermaid\n```\n\n```http\nGET /\n```\n").problems).toContain(
    "p.md:4: this request has no response",
  );
});
