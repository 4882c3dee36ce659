import type { ToolRule } from "../../ports/configuration.ts";
import { each, HARMLESS, type Profile, READS } from "./profile.ts";

const READS_FILE: ToolRule = { ...READS, path: ["$.path"] };

export const filesystem: Profile = {
  runs: [
    { from: "npm", name: "@modelcontextprotocol/server-filesystem" },
    { from: "image", name: "mcp/filesystem" },
  ],
  tools: {
    ...each("read_file read_text_file", { ...READS_FILE, content: true }),
    ...each(
      `read_media_file list_directory list_directory_with_sizes directory_tree search_files
       get_file_info`,
      READS_FILE,
    ),
    read_multiple_files: { ...READS_FILE, path: ["$.paths"] },
    list_allowed_directories: HARMLESS,
    create_directory: { effects: ["write"], path: ["$.path"], reversible: true },
    write_file: { effects: ["write"], path: ["$.path"], body: ["$.content"], reversible: false },
    edit_file: { effects: ["write"], path: ["$.path"], body: ["$.edits[*].newText"], reversible: false },
    move_file: { effects: ["write", "delete"], path: ["$.source", "$.destination"], reversible: true },
  },
};
