import type { ToolRule } from "../../ports/configuration.ts";
import { each, HARMLESS, type Profile, READS } from "./profile.ts";

const LOOKS: ToolRule = { ...READS, output: ["$.filePath"] };
const ACTS: ToolRule = { effects: ["write"], reversible: false };
const TYPES: ToolRule = { effects: ["send"], reversible: false };
const PUBLIC: ToolRule = { effects: ["read"], private: false, untrusted: true };

export const everything: Profile = {
  runs: [
    { from: "npm", name: "@modelcontextprotocol/server-everything" },
    { from: "image", name: "mcp/everything" },
  ],
  tools: {
    ...each(
      `echo get-annotated-message get-resource-links get-resource-reference get-structured-content get-sum
       get-tiny-image trigger-long-running-operation toggle-simulated-logging toggle-subscriber-updates
       simulate-research-query`,
      HARMLESS,
    ),
    // It calls itself read-only, and returns every variable of its process.
    "get-env": { effects: ["read"], private: true, untrusted: false, traits: ["secret-place"] },
    "gzip-file-as-resource": { ...READS, host: ["$.data"] },
  },
};

export const chromeDevtools: Profile = {
  runs: [{ from: "npm", name: "chrome-devtools-mcp" }],
  tools: {
    ...each(
      `get_console_message get_css_styles list_console_messages list_network_requests list_pages
       performance_analyze_insight performance_stop_trace performance_start_trace screencast_start screencast_stop
       select_page wait_for hover resize_page close_page take_heapsnapshot take_screenshot take_snapshot`,
      LOOKS,
    ),
    get_network_request: { ...READS, output: ["$.requestFilePath", "$.responseFilePath"] },
    lighthouse_audit: { ...READS, output: ["$.outputDirPath"] },
    new_page: { ...READS, host: ["$.url"] },
    // It can bring a script along that runs in the page.
    navigate_page: { effects: ["read", "execute"], reversible: false, host: ["$.url"], private: true, untrusted: true },
    ...each("click drag handle_dialog press_key emulate", ACTS),
    fill: { ...TYPES, body: ["$.value"] },
    type_text: { ...TYPES, body: ["$.text"] },
    fill_form: { ...TYPES, body: ["$.elements[*].value"] },
    upload_file: { ...TYPES, attachment: ["$.filePaths"] },
    evaluate_script: {
      effects: ["execute", "send"],
      reversible: false,
      path: ["$.sourcePath"],
      output: ["$.filePath"],
    },
  },
};

export const notion: Profile = {
  runs: [
    { from: "npm", name: "@notionhq/notion-mcp-server" },
    { from: "image", name: "mcp/notion" },
    { from: "origin", name: "https://mcp.notion.com" },
  ],
  tools: {
    // Searches and queries are POSTs, and are annotated as if they destroyed something.
    ...each(
      `API-get-user API-get-users API-get-self API-post-search API-get-block-children API-retrieve-a-block
       API-retrieve-a-page API-retrieve-a-page-property API-retrieve-a-comment API-query-data-source
       API-retrieve-a-data-source API-list-data-source-templates API-retrieve-a-database API-retrieve-page-markdown
       notion-search notion-fetch notion-get-comments notion-get-teams notion-get-users notion-get-user
       notion-get-self`,
      READS,
    ),
    ...each(
      `API-patch-block-children API-update-a-block API-patch-page API-post-page API-update-a-data-source
       API-create-a-data-source API-move-page API-update-page-markdown notion-create-pages notion-update-page
       notion-move-pages notion-duplicate-page notion-create-database notion-update-database`,
      { effects: ["write"], reversible: true },
    ),
    "API-delete-a-block": { effects: ["delete"], reversible: true },
    ...each("API-create-a-comment notion-create-comment", { effects: ["send"], reversible: false }),
  },
};

export const context7: Profile = {
  runs: [
    { from: "npm", name: "@upstash/context7-mcp" },
    { from: "image", name: "mcp/context7" },
    { from: "origin", name: "https://mcp.context7.com" },
  ],
  tools: each("resolve-library-id query-docs get-library-docs", PUBLIC),
};

export const sequentialThinking: Profile = {
  runs: [
    { from: "npm", name: "@modelcontextprotocol/server-sequential-thinking" },
    { from: "image", name: "mcp/sequentialthinking" },
  ],
  tools: { sequentialthinking: HARMLESS },
};

export const fetching: Profile = {
  runs: [
    { from: "pypi", name: "mcp-server-fetch" },
    { from: "image", name: "mcp/fetch" },
  ],
  tools: { fetch: { ...READS, host: ["$.url"] } },
};
