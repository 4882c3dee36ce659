import { each, type Judge, type Run, type Table } from "../entry.ts";
import { exact, type Field, known, literal } from "../field.ts";
import { reads, writes } from "../files.ts";
import { readOptions, set, valuesOf } from "../options.ts";
import { type Flow, OPAQUE, type Shell, unknown } from "../state.ts";
import { saysDelete, tokens } from "../verbs.ts";

interface Client {
  /** Options with statements, with a file of statements, and others with a value. */
  readonly statements: string;
  readonly files: string;
  readonly takes: string;
  readonly writes?: string;
  /** The first operands are places; what follows is statements. Null where none does. */
  readonly after: number | null;
}

/** A program that gives statements to a database. They are read by their first words: what is not plainly a reading is a
 *  change, and whoever needs to tell tables apart gives statements to a tool that says so. */
function client({ statements, files, takes, writes: output = "", after }: Client): Judge {
  const all = set([statements, files, takes, output].filter((one) => one !== "").join(" "));
  return ({ args, shell, input }) => {
    const options = readOptions(args, all);
    for (const file of valuesOf(options, ...set(output))) writes(shell, file);
    const files_ = valuesOf(options, ...set(files));
    if (files_.length > 0) {
      for (const file of files_) reads(shell, file);
      shell.tally.add({ kinds: ["execute"], routine: false, note: "runs statements from a file" });
    }
    const given: Field[] = [...valuesOf(options, ...set(statements))];
    if (after !== null) given.push(...options.operands.slice(after));
    for (const one of given) statement(shell, exact(one) || !one.many ? one.text : null);
    if (given.length === 0 && files_.length === 0) {
      if (input.kind === "text") statement(shell, input.text);
      else if (input.kind === "none" || options.given.some(({ name }) => /^(?:-l|--list|--version|-V)$/.test(name)))
        shell.tally.add({ kinds: ["read"] });
      else unknown(shell, "runs whatever statements it is given");
    }
    return OPAQUE;
  };
}

const READS =
  /^(?:select|show|explain|describe|desc|table|values|with|\\[dlzc?](?!opy)\w*\+?|\.(?:tables|schema|databases|indexes|mode|headers?|dump|help|width)|pragma\s+\w+(?:\s*\(\s*\w+\s*\))?$)/i;
const HIDDEN =
  /\b(?:insert|update|delete|drop|truncate|alter|create|grant|revoke|into|copy|call|do|merge|replace|lo_\w+|pg_(?:read|write|terminate|cancel|reload|ls)\w*|set_config|dblink\w*|nextval|setval|load_file|outfile|dumpfile|load_extension|writefile|readfile|edit|xp_\w+|sp_\w+|exec|execute|vacuum|reindex|program|analyze|attach|detach)\b/i;

/** One text of statements. */
function statement(shell: Shell, text: string | null): void {
  if (text === null || !known(text)) return unknown(shell, "statements that are made up while it runs");
  const bare = text.replaceAll(/'(?:[^']|'')*'/g, "''").replaceAll(/--[^\n]*|\/\*[^]*?\*\//g, " ");
  for (const one of bare.split(";")) {
    const words = one.trim();
    if (words === "") continue;
    if (/\b(?:drop|truncate|delete|purge|detach)\b/i.test(words) && !READS.test(words))
      shell.tally.add({ kinds: ["delete"], routine: false, note: "deletes from a database" });
    else if (READS.test(words) && !HIDDEN.test(words)) shell.tally.add({ kinds: ["read"], note: "asks a database" });
    else if (
      /^(?:\\!|\\copy|\.(?:shell|system|import|output|once|save|restore|load|read|backup|clone|excel)|\\o|\\g|\\i|system\b|source\b|\\\.)/i.test(
        words,
      )
    )
      unknown(shell, "a statement that runs a command or writes a file");
    else if (HIDDEN.test(words) && READS.test(words)) unknown(shell, "a statement that does more than select");
    else shell.tally.add({ kinds: ["administer"], routine: false, note: "changes a database" });
  }
}

/** Commands of Redis that only look. */
const REDIS =
  /^(?:get|mget|exists|keys|scan|ttl|pttl|type|strlen|llen|lrange|lindex|hget|hgetall|hmget|hkeys|hvals|hlen|hexists|hscan|smembers|scard|sismember|sscan|zrange|zrangebyscore|zcard|zscore|zrank|zscan|info|dbsize|ping|time|memory|object|randomkey|lastsave|command|echo|xlen|xrange|xread|xinfo|pfcount|getrange|bitcount|geopos|geodist|zcount|slowlog|latency)$/i;

const redis: Judge = ({ args, shell, input }) => {
  const options = readOptions(
    args,
    set("-h -p -a -u -n -r -i -s --user --pass --tls --cacert --cert --key --eval -x0 --pipe-timeout -d -t"),
    "bundled",
    "operand",
  );
  const [word, next] = options.operands;
  if (
    valuesOf(options, "--eval").length > 0 ||
    options.given.some(({ name }) => /^--(?:pipe|rdb|functions-rdb|eval)$/.test(name))
  )
    unknown(shell, "runs a script there");
  else if (word === undefined) {
    if (input.kind === "none") shell.tally.add({ kinds: ["read"] });
    else unknown(shell, "runs whatever it is given");
  } else if (!exact(word)) unknown(shell, "a command that is not known");
  else if (
    REDIS.test(word.text) ||
    (/^(?:config|client|cluster|acl)$/i.test(word.text) &&
      /^(?:get|list|info|nodes|whoami|slots)$/i.test(next?.text ?? ""))
  )
    shell.tally.add({ kinds: ["read"] });
  else if (
    /^(?:del|unlink|flush\w*|expire\w*|pexpire\w*|getdel|[lrsz]?rem\w*|[lrsz]?pop\w*|hdel|ltrim|xdel|xtrim|z\w*rem\w*|shutdown|rename\w*|restore|swapdb|reset|script|function)$/i.test(
      word.text,
    )
  )
    shell.tally.add({ kinds: ["delete"], routine: false, note: "deletes there" });
  else shell.tally.add({ kinds: ["administer"], routine: false, note: "changes what it holds" });
  return OPAQUE;
};

/** Programs in the database's own script. */
const mongo: Judge = ({ args, shell, input }) => {
  const options = readOptions(
    args,
    set("--eval -u -p --host --port --username --password --authenticationDatabase -f --file --db"),
  );
  const texts = valuesOf(options, "--eval");
  const scripts = [...valuesOf(options, "-f", "--file"), ...options.operands.slice(1)];
  for (const one of texts) script(shell, exact(one) ? one.text : null);
  if (scripts.length > 0) shell.tally.add({ kinds: ["execute"], routine: false, note: "runs a script there" });
  if (texts.length === 0 && scripts.length === 0) {
    if (input.kind === "text") script(shell, input.text);
    else if (input.kind === "none") shell.tally.add({ kinds: ["read"] });
    else unknown(shell, "runs whatever it is given");
  }
  return OPAQUE;
};

const MONGO = /^(?:db|rs|sh|use\s+\w+|show\s+\w+|print|printjson)(?:\.(?:[\w$]+)|\((?:[^()]*)\)|\[["']?\w+["']?\])*$/;
const MONGO_READS =
  /^(?:find\w*|count\w*|distinct|stats|getcollection\w*|getname|version|status|explain|limit|sort|skip|pretty|toarray|length|size|help|conf|listcollections|getindexes|databasesize|serverstatus|hello|ismaster|foreach|printjson|print|map|tojson|hasnext|next|projection|admincommand0)$/i;

function script(shell: Shell, text: string | null): void {
  if (text === null || !known(text)) return unknown(shell, "a script that is made up while it runs");
  const called = [...text.matchAll(/([\w$]+)\s*\(/g)].map((found) => found[1] ?? "");
  if (called.some((name) => saysDelete(name)) || /\b(?:findAndModify|findOneAnd\w+)\b/.test(text))
    shell.tally.add({ kinds: ["delete"], routine: false, note: "deletes from a database" });
  else if (MONGO.test(text.trim().replace(/;$/, "")) && called.every((name) => MONGO_READS.test(name)))
    shell.tally.add({ kinds: ["read"], note: "asks a database" });
  else shell.tally.add({ kinds: ["administer", "execute"], routine: false, note: "changes a database" });
}

/** Programs that are named by what they do: `dropdb`, `pg_restore`, `createuser`. */
const named =
  (kind: "delete" | "administer" | "read") =>
  ({ args, shell }: Run): Flow => {
    const options = readOptions(args, set("-f --file -h -p -U -d -t -n -o --out --result-file -r"));
    for (const file of valuesOf(options, "-f", "--file", "-o", "--out", "--result-file", "-r")) writes(shell, file);
    const cleans = options.given.some(({ name }) => /^(?:-c|--clean|--drop)$/.test(name));
    if (cleans && kind !== "read")
      shell.tally.add({ kinds: ["delete"], routine: false, note: "deletes what was there" });
    shell.tally.add({
      kinds: [kind],
      routine: kind === "read",
      note: kind === "read" ? "copies out of a database" : "changes a database",
    });
    return OPAQUE;
  };

const sqlite: Judge = (run) =>
  client({ statements: "-cmd", files: "-init", takes: "-separator -nullvalue -newline -mmap", after: 1 })({
    ...run,
    args: run.args.map((one) =>
      /^-(?:header|csv|json|column|line|list|html|markdown|box|table|readonly|bail|batch|quote|tabs)$/.test(one.text)
        ? literal("-q")
        : one,
    ),
  });

export const DATABASES: Table = {
  ...each(
    "psql pgcli",
    client({
      statements: "-c --command",
      files: "-f --file",
      takes: "-h --host -p --port -U --username -d --dbname -v --set -P --pset -F -R -T --variable",
      writes: "-o --output -L --log-file",
      after: null,
    }),
  ),
  ...each(
    "mysql mariadb mycli",
    client({
      statements: "-e --execute --init-command",
      files: "",
      takes: "-h --host -P --port -u --user -D --database -S --socket --default-character-set",
      writes: "--tee",
      after: null,
    }),
  ),
  ...each("sqlite3 sqlite duckdb litecli", sqlite),
  ...each(
    "clickhouse clickhouse-client",
    client({
      statements: "-q --query",
      files: "--queries-file",
      takes: "-h --host --port -u --user --password -d --database --format",
      after: null,
    }),
  ),
  ...each(
    "sqlcmd bcp osql mssql-cli",
    client({ statements: "-Q -q --query", files: "-i", takes: "-S -U -P -d -s -h -W", writes: "-o", after: null }),
  ),
  ...each("cqlsh", client({ statements: "-e --execute", files: "-f --file", takes: "-u -p -k", after: null })),
  ...each(
    "cockroach",
    client({ statements: "-e --execute", files: "-f", takes: "--host --certs-dir --url -d", after: null }),
  ),
  ...each(
    "sqlplus bq snowsql influx presto trino beeline hive spark-sql isql usql db2 nodetool neo4j-admin cypher-shell mongodump0 surreal dolt",
    ({ args, shell }) => {
      const text = args.map((one) => one.text).join(" ");
      const looks =
        /\b(?:select|show|list|ls|describe|status|info)\b/i.test(text) &&
        !HIDDEN.test(text) &&
        !tokens(text).some((one) => one === "rm" || one === "mk" || one === "cp");
      if (args.some((one) => !exact(one))) unknown(shell, "statements that are made up while it runs");
      else if (saysDelete(text))
        shell.tally.add({ kinds: ["delete"], routine: false, note: "deletes from a database" });
      else
        shell.tally.add(
          looks ? { kinds: ["read"] } : { kinds: ["administer"], routine: false, note: "changes a database" },
        );
      return OPAQUE;
    },
  ),
  ...each("redis-cli valkey-cli keydb-cli", redis),
  ...each("mongosh mongo", mongo),
  ...each("dropdb dropuser mysqladmin pg_resetwal pg_archivecleanup", named("delete")),
  ...each(
    "createdb createuser pg_restore mongorestore mysqlimport pg_ctl pg_ctlcluster initdb pgbench vacuumdb reindexdb clusterdb pg_upgrade pg_basebackup mongoimport psqldef alembic flyway liquibase dbmate goose atlas migrate sqitch",
    (run) => {
      if (
        /\b(?:status|info|history|current|heads|show|validate|lint|version|new|create|inspect)\b/.test(
          run.args[0]?.text ?? "",
        ) &&
        !/^(?:createdb|createuser|initdb)$/.test(run.name)
      ) {
        run.shell.tally.add({ kinds: ["read"] });
        return OPAQUE;
      }
      const gone = run.args.some((one) =>
        /^(?:clean|down|drop|undo|rollback|downgrade|reset|drop-all|dropAll|stop)$/.test(one.text),
      );
      return named(gone ? "delete" : "administer")(run);
    },
  ),
  ...each(
    "pg_dump pg_dumpall mysqldump mariadb-dump mongodump mongoexport pg_isready pg_config mysqlshow mysqlcheck pg_lsclusters",
    named("read"),
  ),
};
