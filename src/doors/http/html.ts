import { createHash } from "node:crypto";

/** Text made safe to stand in a page; made only here. */
export interface Html {
  readonly html: string;
}

/** `html\`…\``: every value is escaped unless it is Html already, or a list of it. */
export function html(
  strings: TemplateStringsArray,
  ...values: readonly (string | number | Html | readonly Html[])[]
): Html {
  return { html: strings.map((part, i) => part + (i < values.length ? render(values[i] ?? "") : "")).join("") };
}

function render(value: string | number | Html | readonly Html[]): string {
  if (typeof value === "object") return "html" in value ? value.html : value.map((one) => one.html).join("");
  return escape(String(value));
}

/** Characters that hide or reorder text are shown as what they are. */
function escape(text: string): string {
  return text
    .replaceAll(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`)
    .replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, (char) =>
      char === "\n" ? char : `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`,
    );
}

export const STYLE = `
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; }
body { margin: 2rem auto; max-width: 70rem; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid #8884; vertical-align: top; }
code, pre { font: 13px/1.4 ui-monospace, monospace; white-space: pre-wrap; overflow-wrap: anywhere; }
article { border: 1px solid #8888; border-radius: .5rem; padding: .8rem 1rem; margin: .8rem 0; }
button { font: inherit; padding: .3rem 1rem; margin-right: .5rem; }
form { display: inline; }
time, td:last-child { white-space: nowrap; }
.permit { color: #187a3c; } .deny { color: #b3261e; } .ask { color: #946200; }
.trouble { border-left: .3rem solid #b3261e; padding-left: .8rem; }
`;

/** Nothing but the page itself: no script, nothing from elsewhere, no framing. */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  "content-type": "text/html; charset=utf-8",
  "content-security-policy": `default-src 'none'; style-src 'sha256-${createHash("sha256").update(STYLE).digest("base64")}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`,
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cache-control": "no-store",
  "cross-origin-opener-policy": "same-origin",
};

export function page(title: string, body: Html, head: Html = { html: "" }): string {
  return `<!doctype html>\n${
    html`<html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width" />
        <title>${title} · Writ</title>
        ${head} ${{ html: `<style>${STYLE}</style>` }}
      </head>
      <body>
        ${body}
      </body>
    </html>`.html
  }`;
}
