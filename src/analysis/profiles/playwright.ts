import type { ToolRule } from "../../ports/configuration.ts";
import { each, type Profile, READS } from "./profile.ts";

/** A page that is looked at; where a file is named for it, it goes there. */
const LOOKS: ToolRule = { ...READS, output: ["$.filename"] };
/** What a click does, the page decides. */
const ACTS: ToolRule = { effects: ["write"], reversible: false };
/** What is typed, the page gets, and whoever is behind it. */
const TYPES: ToolRule = { effects: ["send"], reversible: false };
/** The browser's own state, of this session. */
const SETS: ToolRule = { effects: ["write"], reversible: true };
/** What a person is signed in with. */
const SIGNED_IN: ToolRule = { ...READS, traits: ["secret-place"] };

export const playwright: Profile = {
  runs: [
    { from: "npm", name: "@playwright/mcp" },
    { from: "image", name: "mcr.microsoft.com/playwright/mcp" },
    { from: "image", name: "mcp/playwright" },
  ],
  tools: {
    browser_navigate: { ...READS, host: ["$.url"] },
    browser_tabs: { ...READS, host: ["$.url"] },
    browser_tab_new: { ...READS, host: ["$.url"] },
    ...each(
      `browser_navigate_back browser_navigate_forward browser_wait_for browser_hover browser_resize browser_close
       browser_mouse_move_xy browser_mouse_wheel browser_tab_list browser_tab_select browser_tab_close browser_find
       browser_highlight browser_hide_highlight browser_annotate browser_generate_locator browser_route_list
       browser_verify_element_visible browser_verify_text_visible browser_verify_list_visible browser_verify_value`,
      LOOKS,
    ),
    ...each(
      `browser_snapshot browser_take_screenshot browser_console_messages browser_network_requests
       browser_network_request browser_pdf_save browser_start_video browser_stop_video browser_video_chapter
       browser_video_show_actions browser_video_hide_actions browser_start_tracing browser_stop_tracing
       browser_start_recording browser_stop_recording`,
      LOOKS,
    ),
    ...each(
      `browser_click browser_drag browser_handle_dialog browser_press_key browser_mouse_click_xy browser_mouse_drag_xy
       browser_mouse_down browser_mouse_up`,
      ACTS,
    ),
    browser_type: { ...TYPES, body: ["$.text"] },
    browser_fill_form: { ...TYPES, body: ["$.fields[*].value"] },
    browser_select_option: { ...TYPES, body: ["$.values"] },
    browser_file_upload: { ...TYPES, attachment: ["$.paths"] },
    browser_drop: { ...TYPES, attachment: ["$.paths"] },
    // In the page, with all that whoever is signed in there may do.
    browser_evaluate: { effects: ["execute", "send"], reversible: false, output: ["$.filename"] },
    // In the server's own process, on its machine.
    browser_run_code_unsafe: { effects: ["execute"], reversible: false, code: ["$.code"], path: ["$.filename"] },
    browser_install: { effects: ["execute"], reversible: false, traits: ["installs"] },
    ...each("browser_cookie_list browser_cookie_get browser_localstorage_list browser_localstorage_get", SIGNED_IN),
    ...each("browser_sessionstorage_list browser_sessionstorage_get", SIGNED_IN),
    browser_storage_state: { ...SIGNED_IN, output: ["$.filename"] },
    browser_set_storage_state: { ...SETS, path: ["$.filename"] },
    ...each("browser_cookie_set browser_localstorage_set browser_sessionstorage_set browser_emulate_media", SETS),
    ...each(
      `browser_cookie_delete browser_cookie_clear browser_localstorage_delete browser_localstorage_clear
       browser_sessionstorage_delete browser_sessionstorage_clear`,
      { effects: ["delete"], reversible: false },
    ),
    ...each("browser_route browser_unroute browser_network_state_set", SETS),
  },
};
