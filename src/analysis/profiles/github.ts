import type { ToolRule } from "../../ports/configuration.ts";
import { each, type Profile, READS } from "./profile.ts";

const FILES: ToolRule = { effects: ["write"], reversible: false, recipient: ["$.owner"] };
/** Others are told, and get to read it. */
const TELLS: ToolRule = { effects: ["send"], reversible: false, recipient: ["$.owner"], body: ["$.title", "$.body"] };
const CHANGES: ToolRule = { effects: ["write"], reversible: false };
const OWN: ToolRule = { effects: ["write"], reversible: true };

/** The hosted server, its program, its image, and the reference server before it. */
export const github: Profile = {
  runs: [
    { from: "npm", name: "@modelcontextprotocol/server-github" },
    { from: "image", name: "ghcr.io/github/github-mcp-server" },
    { from: "image", name: "mcp/github" },
    { from: "command", name: "github-mcp-server" },
    { from: "origin", name: "https://api.githubcopilot.com" },
  ],
  tools: {
    ...each(
      `get_me get_team_members get_teams search_repositories search_code search_issues search_users search_orgs
       search_pull_requests list_commits get_commit commit_read list_branches list_tags get_tag tag_read list_releases
       get_latest_release get_release_by_tag release_read list_issues get_issue get_issue_comments issue_read
       list_sub_issues list_issue_types list_label get_label list_pull_requests get_pull_request pull_request_read
       get_pull_request_files get_pull_request_status get_pull_request_comments get_pull_request_reviews
       get_pull_request_diff list_discussions get_discussion get_discussion_comments list_discussion_categories
       list_workflows list_workflow_runs get_workflow_run get_workflow_run_logs get_workflow_run_usage
       list_workflow_jobs get_job_logs list_workflow_run_artifacts download_workflow_run_artifact
       list_code_scanning_alerts get_code_scanning_alert list_dependabot_alerts get_dependabot_alert
       list_notifications get_notification_details list_gists get_gist list_projects get_project list_project_fields
       get_project_field list_project_items get_project_item list_starred_repositories get_repository_tree
       list_global_security_advisories get_global_security_advisory list_repository_security_advisories
       list_org_repository_security_advisories github_support_docs_search get_copilot_space list_copilot_spaces
       actions_get actions_list checks_read projects_get projects_list`,
      READS,
    ),
    ...each("list_secret_scanning_alerts get_secret_scanning_alert", { ...READS, traits: ["secret-place"] }),
    get_file_contents: { ...READS, path: ["$.path"] },
    create_or_update_file: { ...FILES, path: ["$.path"], body: ["$.content", "$.message"] },
    push_files: { ...FILES, path: ["$.files[*].path"], body: ["$.files[*].content", "$.message"] },
    file_write: {
      ...FILES,
      effects: ["write", "delete"],
      path: ["$.path", "$.files[*].path"],
      body: ["$.content", "$.files[*].content", "$.message"],
    },
    delete_file: { ...FILES, effects: ["delete"], path: ["$.path"] },
    create_branch: { ...CHANGES, reversible: true },
    ...each("merge_pull_request update_pull_request_branch fork_repository", CHANGES),
    ...each("label_write sub_issue_write update_project_item add_project_item", CHANGES),
    delete_project_item: { effects: ["delete"], reversible: false },
    create_repository: { effects: ["administer"], reversible: false },
    ...each("create_issue update_issue issue_write create_pull_request update_pull_request add_issue_comment", {
      ...TELLS,
      recipient: ["$.owner", "$.assignees", "$.reviewers"],
    }),
    ...each(
      `create_pull_request_review pull_request_review_write add_comment_to_pending_review
       add_reply_to_pull_request_comment`,
      TELLS,
    ),
    ...each("create_gist update_gist", { ...TELLS, recipient: [], body: ["$.content", "$.description"] }),
    ...each("run_workflow rerun_workflow_run rerun_failed_jobs", {
      effects: ["execute"],
      reversible: false,
    }),
    // One tool for several methods does the worst of them.
    actions_run_trigger: { effects: ["execute", "delete"], reversible: false },
    projects_write: { effects: ["write", "delete"], reversible: false, body: ["$.body"] },
    cancel_workflow_run: CHANGES,
    delete_workflow_run_logs: { effects: ["delete"], reversible: false },
    // Another agent goes to work, in its own name.
    ...each("assign_copilot_to_issue request_copilot_review create_pull_request_with_copilot", {
      effects: ["delegate"],
      reversible: false,
      body: ["$.problem_statement", "$.title"],
    }),
    ...each(
      `dismiss_notification manage_notification_subscription manage_repository_notification_subscription
       mark_all_notifications_read star_repository unstar_repository`,
      OWN,
    ),
  },
};
