import { fieldsOf } from "./expand.ts";
import { readerFor } from "./reader.ts";
import { type Shell, unknown } from "./state.ts";
import type { TestExpression } from "./syntax.ts";

/** `[[ … ]]` does nothing but what its words substitute. */
export function tested(expression: TestExpression, shell: Shell): void {
  const reader = readerFor(shell);
  switch (expression.type) {
    case "TestUnary":
      fieldsOf(expression.operand, reader);
      return;
    case "TestBinary":
      fieldsOf(expression.left, reader);
      fieldsOf(expression.right, reader);
      return;
    case "TestLogical":
      for (const one of expression.operands) tested(one, shell);
      return;
    case "TestNot":
      tested(expression.operand, shell);
      return;
    case "TestGroup":
      tested(expression.expression, shell);
      return;
    default:
      unknown(shell, "a test that is not known");
  }
}
