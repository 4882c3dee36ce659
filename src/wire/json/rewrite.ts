import { CLOSE_ARRAY, CLOSE_OBJECT, COLON, COMMA, endOfString, keyAt, OPEN_ARRAY, OPEN_OBJECT, QUOTE } from "./scan.ts";

/** Gives the text that is to stand in place of `value`; the same one leaves every byte as it is. `keys` leads to it from
 *  the top; `name`: it is the name of a member of what `keys` leads to. */
export type ChangeText = (value: string, keys: readonly string[], name: boolean) => string;

/** A JSON text that JSON.parse has accepted, with its strings exchanged and every other byte as it was: numbers, spaces,
 *  and members that are given twice. */
export function rewriteStrings(text: string, change: ChangeText): string {
  /** What is open: the last name or index in each. */
  const keys: string[] = [];
  const open: ("object" | "array")[] = [];
  let expectsName = false;
  let out = "";
  let copied = 0;

  for (let i = 0; i < text.length; i++) {
    switch (text.charCodeAt(i)) {
      case OPEN_OBJECT:
        open.push("object");
        keys.push("");
        expectsName = true;
        break;
      case OPEN_ARRAY:
        open.push("array");
        keys.push("0");
        expectsName = false;
        break;
      case CLOSE_OBJECT:
      case CLOSE_ARRAY:
        open.pop();
        keys.pop();
        expectsName = false;
        break;
      case COMMA:
        expectsName = open.at(-1) === "object";
        if (!expectsName) keys.push(String(Number(keys.pop()) + 1));
        break;
      case COLON:
        expectsName = false;
        break;
      case QUOTE: {
        const end = endOfString(text, i);
        const says = keyAt(text, i, end);
        if (expectsName) keys[keys.length - 1] = says;
        const changed = change(says, expectsName ? keys.slice(0, -1) : keys, expectsName);
        if (changed !== says) {
          out += text.slice(copied, i) + JSON.stringify(changed);
          copied = end;
        }
        i = end - 1;
        break;
      }
    }
  }
  return copied === 0 ? text : out + text.slice(copied);
}
