import type { EffectKind, Trait } from "../../../domain/effect.ts";

/** What a function of PostgreSQL or of its usual extensions does beside computing. Each is `volatile` as well, but for
 *  the ones that only use a sequence. */
export interface FunctionEffect {
  readonly kinds: readonly EffectKind[];
  readonly traits?: readonly Trait[];
  /** Which argument names a file of the database's machine. */
  readonly path?: number;
  /** Which argument says what to connect to. */
  readonly host?: number;
  /** Which argument names a sequence, and what is done with it. */
  readonly sequence?: { readonly argument: number; readonly verb: "read" | "update" };
  /** Which argument names a table, all of which is read. */
  readonly table?: number;
  /** It is not let through: it runs a text as a statement. */
  readonly refused?: string;
}

const FILE: FunctionEffect = { kinds: ["read"], traits: ["outside"], path: 0 };
const SERVER_FILES: FunctionEffect = { kinds: ["read"], traits: ["outside"] };
const LARGE_READ: FunctionEffect = { kinds: ["read"] };
const LARGE_WRITE: FunctionEffect = { kinds: ["write"] };
const ADMINISTER: FunctionEffect = { kinds: ["administer"] };
const WAIT: FunctionEffect = { kinds: ["read"] };
const REMOTE: FunctionEffect = { kinds: ["send", "execute"], traits: ["dynamic"], host: 0 };
const RUNS_TEXT: FunctionEffect = { kinds: ["execute"], refused: "it runs a text as a statement" };
const READS_ALL: FunctionEffect = { kinds: ["read"], refused: "it reads every table there is" };
const TABLE: FunctionEffect = { kinds: ["read"], table: 0 };

const GROUPS: readonly (readonly [FunctionEffect, string])[] = [
  [FILE, "pg_read_file pg_read_binary_file pg_stat_file pg_ls_dir"],
  [
    SERVER_FILES,
    `pg_ls_logdir pg_ls_waldir pg_ls_tmpdir pg_ls_archive_statusdir pg_ls_replslotdir pg_ls_logicalsnapdir
     pg_ls_logicalmapdir pg_ls_summariesdir pg_current_logfile pg_hba_file_rules pg_ident_file_mappings
     pg_show_all_file_settings`,
  ],
  [{ kinds: ["read", "write"], traits: ["outside"], path: 0 }, "lo_import"],
  [{ kinds: ["read", "write"], traits: ["outside"], path: 1 }, "lo_export"],
  [{ kinds: ["write"], traits: ["outside"], path: 0 }, "pg_file_write pg_file_sync"],
  [{ kinds: ["delete"], traits: ["outside"], path: 0 }, "pg_file_unlink pg_file_rename"],
  [LARGE_READ, "lo_get loread lo_open lo_close lo_lseek lo_lseek64 lo_tell lo_tell64"],
  [LARGE_WRITE, "lo_creat lo_create lo_from_bytea lo_put lowrite lo_truncate lo_truncate64"],
  [{ kinds: ["delete"] }, "lo_unlink lo_manage"],
  [
    ADMINISTER,
    `pg_terminate_backend pg_cancel_backend pg_reload_conf pg_rotate_logfile pg_rotate_logfile_old pg_promote
     pg_switch_wal pg_create_restore_point pg_backup_start pg_backup_stop pg_wal_replay_pause pg_wal_replay_resume
     pg_create_logical_replication_slot pg_create_physical_replication_slot pg_drop_replication_slot
     pg_copy_logical_replication_slot pg_copy_physical_replication_slot pg_replication_slot_advance
     pg_sync_replication_slots pg_replication_origin_create pg_replication_origin_drop pg_replication_origin_advance
     pg_replication_origin_session_setup pg_replication_origin_session_reset pg_replication_origin_xact_setup
     pg_replication_origin_xact_reset pg_log_backend_memory_contexts pg_log_standby_snapshot
     pg_import_system_collations pg_stat_reset pg_stat_reset_shared pg_stat_reset_slru
     pg_stat_reset_single_table_counters pg_stat_reset_single_function_counters pg_stat_reset_backend_stats
     pg_stat_reset_replication_slot pg_stat_reset_subscription_stats pg_stat_force_next_flush
     pg_restore_relation_stats pg_restore_attribute_stats pg_clear_relation_stats pg_clear_attribute_stats
     brin_summarize_new_values brin_summarize_range brin_desummarize_range gin_clean_pending_list
     pg_extension_config_dump pg_stat_statements_reset pg_export_snapshot`,
  ],
  [{ kinds: ["administer"], traits: ["elevated"] }, "set_config"],
  [
    WAIT,
    `pg_sleep pg_sleep_for pg_sleep_until pg_advisory_lock pg_advisory_lock_shared pg_advisory_xact_lock
     pg_advisory_xact_lock_shared pg_advisory_unlock pg_advisory_unlock_shared pg_advisory_unlock_all
     pg_try_advisory_lock pg_try_advisory_lock_shared pg_try_advisory_xact_lock pg_try_advisory_xact_lock_shared`,
  ],
  [{ kinds: ["send"] }, "pg_notify"],
  [{ kinds: ["write"] }, "pg_logical_emit_message pg_logical_slot_get_changes pg_logical_slot_get_binary_changes"],
  [REMOTE, "dblink dblink_exec dblink_open dblink_connect dblink_connect_u dblink_send_query"],
  [
    RUNS_TEXT,
    `query_to_xml query_to_xmlschema query_to_xml_and_xmlschema cursor_to_xml cursor_to_xmlschema ts_stat crosstab
     crosstab2 crosstab3 crosstab4 crosstabn connectby xpath_table plpgsql_call_handler plpgsql_inline_handler
     cron_schedule`,
  ],
  [
    READS_ALL,
    `schema_to_xml schema_to_xmlschema schema_to_xml_and_xmlschema database_to_xml database_to_xmlschema
     database_to_xml_and_xmlschema`,
  ],
  [TABLE, "table_to_xml table_to_xmlschema table_to_xml_and_xmlschema"],
];

const SEQUENCES: readonly (readonly [string, FunctionEffect])[] = [
  ["nextval", { kinds: ["write"], sequence: { argument: 0, verb: "update" } }],
  ["setval", { kinds: ["write"], sequence: { argument: 0, verb: "update" } }],
  ["currval", { kinds: ["read"], sequence: { argument: 0, verb: "read" } }],
];

export const DANGEROUS: ReadonlyMap<string, FunctionEffect> = new Map([
  ...GROUPS.flatMap(([effect, names]) => names.split(/\s+/).map((name) => [name, effect] as const)),
  ...SEQUENCES,
]);
