import { javascriptScope } from "./scopes-javascript.ts";
import { pythonScope } from "./scopes-python.ts";
import type { Special } from "./scopes.ts";

/** What of a language only computes and prints: everything else is not read. */
export interface Plain {
  /** Kinds of nodes that may stand in such a program. */
  readonly kinds: ReadonlySet<string>;
  /** Names that are there from the start, and harmless whatever they are called with. */
  readonly globals: ReadonlySet<string>;
  /** Names behind a dot, harmless on whatever such a program can come by. */
  readonly members: ReadonlySet<string>;
  readonly call: string;
  readonly member: string;
  /** Where a name is given a new meaning: the kind, and the field that holds what is named. */
  readonly binds: readonly (readonly [kind: string, field: string])[];
  /** Of those, the ones that make a function of the program's own. */
  readonly functions: ReadonlySet<string>;
  readonly scope: Special;
  /** Modules that may be brought in. */
  readonly modules: ReadonlySet<string>;
  /** What its parser and whatever runs it may read differently. */
  readonly odd: RegExp;
}

const words = (text: string): ReadonlySet<string> => new Set(text.split(/\s+/));

export const JAVASCRIPT: Plain = {
  kinds: words(
    "program expression_statement call_expression member_expression arguments identifier property_identifier string " +
      "string_fragment escape_sequence template_string template_substitution number true false null undefined " +
      "binary_expression unary_expression update_expression ternary_expression parenthesized_expression " +
      "sequence_expression array object pair shorthand_property_identifier spread_element lexical_declaration " +
      "variable_declarator arrow_function function_declaration formal_parameters statement_block " +
      "return_statement if_statement else_clause for_statement for_in_statement while_statement break_statement " +
      "continue_statement empty_statement assignment_expression augmented_assignment_expression new_expression comment " +
      "regex regex_pattern regex_flags",
  ),
  globals: words(
    "console JSON Math Number String Boolean Array Object Date Map Set BigInt parseInt parseFloat isNaN isFinite NaN " +
      "Infinity undefined encodeURIComponent decodeURIComponent",
  ),
  members: words(
    "log info warn error table stringify parse length map filter reduce forEach join split slice concat sort toSorted " +
      "reverse toReversed flat flatMap includes indexOf find findIndex some every keys values entries fromEntries at push " +
      "pop toFixed toString toUpperCase toLowerCase trim padStart padEnd replace replaceAll startsWith endsWith repeat " +
      "match test charCodeAt codePointAt fromCharCode isInteger isArray from max min abs floor ceil round sqrt pow sign " +
      "trunc random PI E now getTime getFullYear getMonth getDate getDay toISOString has get set add size",
  ),
  call: "call_expression",
  member: "member_expression",
  binds: [
    ["variable_declarator", "name"],
    ["function_declaration", "name"],
    ["assignment_expression", "left"],
    ["augmented_assignment_expression", "left"],
    ["update_expression", "argument"],
    ["for_in_statement", "left"],
    ["arrow_function", "parameter"],
    ["arrow_function", "parameters"],
    ["function_declaration", "parameters"],
  ],
  functions: words("function_declaration"),
  scope: javascriptScope,
  modules: new Set(),
  odd: /\r(?!\n)|[\0\f\v\u2028\u2029]|<!--|-->/,
};

export const PYTHON: Plain = {
  kinds: words(
    "module expression_statement call attribute argument_list identifier string string_start string_content string_end " +
      "escape_sequence interpolation type_conversion format_specifier integer float true false none binary_operator " +
      "boolean_operator comparison_operator unary_operator not_operator parenthesized_expression list tuple dictionary " +
      "pair set assignment augmented_assignment for_statement while_statement if_statement elif_clause else_clause block " +
      "return_statement function_definition parameters default_parameter lambda lambda_parameters list_comprehension " +
      "dictionary_comprehension set_comprehension generator_expression for_in_clause if_clause conditional_expression " +
      "subscript slice comment keyword_argument expression_list pattern_list tuple_pattern pass_statement break_statement " +
      "continue_statement import_statement dotted_name concatenated_string",
  ),
  globals: words(
    "print len range sum min max sorted reversed enumerate zip map filter any all abs round divmod pow int float str bool " +
      "list dict set tuple frozenset chr ord hex bin oct repr isinstance json math statistics itertools collections " +
      "datetime decimal fractions string textwrap",
  ),
  members: words(
    "append extend insert pop remove index count sort reverse keys values items get update add join split splitlines strip " +
      "lstrip rstrip replace startswith endswith upper lower title capitalize zfill ljust rjust center find isdigit " +
      "isalpha dumps loads sqrt pi e floor ceil log log2 log10 exp sin cos tan factorial gcd mean median stdev chain " +
      "product permutations combinations accumulate Counter defaultdict deque most_common datetime date timedelta now " +
      "today isoformat strftime year month day days Decimal Fraction ascii_lowercase ascii_uppercase digits wrap dedent",
  ),
  call: "call",
  member: "attribute",
  binds: [
    ["assignment", "left"],
    ["augmented_assignment", "left"],
    ["for_statement", "left"],
    ["for_in_clause", "left"],
    ["function_definition", "name"],
    ["function_definition", "parameters"],
    ["lambda", "parameters"],
  ],
  functions: words("function_definition"),
  scope: pythonScope,
  modules: words("json math statistics itertools collections datetime decimal fractions string textwrap"),
  // A line may end where its parser sees none, and a comment may say that it is written in other letters.
  odd: /\r(?!\n)|[\0\f\v\u001a]|#[^\n]*coding[:=]/,
};
