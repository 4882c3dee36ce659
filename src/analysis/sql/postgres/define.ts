import type { Json } from "../../../domain/json.ts";
import { refuse } from "../refusal.ts";
import { NOWHERE, type Reader } from "./scope.ts";
import { spelled } from "./tables.ts";
import { type Node, nodes, object, stringsOf, textOf, unwrap } from "./tree.ts";

/** Statements that change what tables, and the things around them, are. */
const DEFINES = words(`
  CreateStmt CreateForeignTableStmt AlterTableStmt AlterTableMoveAllStmt RenameStmt DropStmt IndexStmt ViewStmt
  RefreshMatViewStmt CreateSeqStmt AlterSeqStmt CreateSchemaStmt CreateTrigStmt RuleStmt CreatePolicyStmt
  AlterPolicyStmt CreateFunctionStmt AlterFunctionStmt CreateEnumStmt AlterEnumStmt CreateDomainStmt AlterDomainStmt
  CompositeTypeStmt CreateRangeStmt AlterTypeStmt DefineStmt CommentStmt CreateStatsStmt AlterStatsStmt
  AlterObjectSchemaStmt AlterObjectDependsStmt CreateCastStmt CreateOpClassStmt CreateOpFamilyStmt AlterOpFamilyStmt
  AlterOperatorStmt CreateConversionStmt CreateTransformStmt AlterTSConfigurationStmt AlterTSDictionaryStmt
  AlterCollationStmt CreateAmStmt SecLabelStmt ReindexStmt ClusterStmt VacuumStmt
`);

/** Statements about who may do what, and how the database is set up. */
const ADMINISTERS = words(`
  GrantStmt GrantRoleStmt AlterDefaultPrivilegesStmt CreateRoleStmt AlterRoleStmt AlterRoleSetStmt DropRoleStmt
  AlterOwnerStmt DropOwnedStmt ReassignOwnedStmt CreatedbStmt AlterDatabaseStmt AlterDatabaseSetStmt
  AlterDatabaseRefreshCollStmt DropdbStmt AlterSystemStmt CreateExtensionStmt AlterExtensionStmt
  AlterExtensionContentsStmt CreateFdwStmt AlterFdwStmt CreateForeignServerStmt AlterForeignServerStmt
  CreateUserMappingStmt AlterUserMappingStmt DropUserMappingStmt ImportForeignSchemaStmt CreatePublicationStmt
  AlterPublicationStmt CreateSubscriptionStmt AlterSubscriptionStmt DropSubscriptionStmt CreateEventTrigStmt
  AlterEventTrigStmt CreatePLangStmt CreateTableSpaceStmt DropTableSpaceStmt AlterTableSpaceOptionsStmt CheckPointStmt
`);

/** What their parts are. */
const PARTS = words(`
  AccessPriv AlterTableCmd CollateClause ColumnDef Constraint CreateOpClassItem DefElem Float FunctionParameter
  ImportQual IndexElem Integer List ObjectWithArgs PartitionBoundSpec PartitionCmd PartitionElem PartitionRangeDatum
  PartitionSpec PublicationObjSpec PublicationTable ReplicaIdentityStmt RoleSpec StatsElem String TableLikeClause
  TriggerTransition TypeName VacuumRelation Boolean BitString A_Star A_Const VariableSetStmt ReturnStmt RangeVar
  ATAlterConstraint
`);

const QUERIES = words("SelectStmt InsertStmt UpdateStmt DeleteStmt MergeStmt");

/** Reads a statement that defines or administers, and gives a word for it. Both are asked about, and no grant on tables
 *  covers either; so it is enough to know which tables it names and what it would call or run. */
export function readDefinition(type: string, node: Node, reader: Reader): string {
  const defines = DEFINES.has(type);
  if (!defines && !ADMINISTERS.has(type)) refuse(`${type || "what it says"} is not known here`);
  reader.found.does("administer");
  if (defines) reader.found.has("defines");
  if (type === "DropStmt" || type === "DropOwnedStmt" || type === "DropdbStmt") reader.found.does("delete");
  if (type === "DropStmt") dropped(node, reader);
  readParts(node, reader);
  return spoken(type);
}

/** `CreateForeignTableStmt` as people say it. */
function spoken(type: string): string {
  return type
    .replace(/Stmt$/, "")
    .replace(/(?<=[a-z])(?=[A-Z])/g, " ")
    .toUpperCase();
}

function dropped(node: Node, reader: Reader): void {
  if (!/_(?:TABLE|VIEW|MATVIEW|FOREIGN_TABLE|SEQUENCE)$/.test(textOf(node["removeType"]))) return;
  for (const one of nodes(node["objects"])) {
    const names = stringsOf(object(object(one)?.["List"])?.["items"]);
    const relation = { relname: names.at(-1) ?? "", schemaname: names.at(-2) ?? "" };
    reader.found.touch(spelled(relation, reader.known), "define");
  }
}

function readParts(value: Json | undefined, reader: Reader): void {
  if (typeof value !== "object" || value === null) return;
  if (Array.isArray(value)) {
    for (const item of value as readonly Json[]) readParts(item, reader);
    return;
  }
  const node = value as Node;
  if (typeof node["relname"] === "string") reader.found.touch(spelled(node, reader.known), "define");
  if (node["defname"] === "security" && isTrue(node["arg"])) reader.found.has("elevated");
  for (const key in node) {
    const inside = node[key] as Json;
    if (key >= "a") readParts(inside, reader);
    else if (QUERIES.has(key)) reader.query({ [key]: inside }, NOWHERE);
    else if (PARTS.has(key)) readParts(inside, reader);
    else reader.expression({ [key]: inside }, NOWHERE);
  }
}

function isTrue(value: Json | undefined): boolean {
  return unwrap(value)[1]["boolval"] === true;
}

function words(text: string): ReadonlySet<string> {
  return new Set(text.trim().split(/\s+/));
}
