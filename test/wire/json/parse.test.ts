import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonicalize } from "../../../src/wire/json/canonical.ts";
import { decodeUtf8Strict, parseLenient, parseStrict, replaceMember } from "../../../src/wire/json/parse.ts";

const nested = (depth: number): string => "[".repeat(depth) + "]".repeat(depth);

describe("strict reading", () => {
  test.each([
    ["a member given twice", '{"a":1,"a":2}', "duplicate_member", 7],
    ["a member given twice, once escaped", '{"a":1,"\\u0061":2}', "duplicate_member", 7],
    ["a member given twice, far inside", '{"x":[1,{"y":{"a":1,"b":{},"a":2}}]}', "duplicate_member", 27],
    ["`__proto__` given twice", '{"__proto__":1,"__proto__":2}', "duplicate_member", 15],
    ["an empty name given twice", '{"":1,"":2}', "duplicate_member", 6],
    ["2^53", "[9007199254740992]", "number_inexact", 1],
    ["-2^53", "[-9007199254740992]", "number_inexact", 1],
    ["2^53+1 behind a point", "[9007199254740993.0]", "number_inexact", 1],
    ["2^53+1 behind an exponent", '{"n": 9007199254740993e0}', "number_inexact", 6],
    ["1e20, whose canonical digits are beyond 2^53", "1e20", "number_inexact", 0],
    ["a number that overflows", "[1, 1e400]", "number_inexact", 4],
    ["a number that overflows downward", "-1e999", "number_inexact", 0],
    ["an escaped lone surrogate", '["ok","\\ud800"]', "lone_surrogate", 6],
    ["a low surrogate first", '"\\udc00\\ud800"', "lone_surrogate", 0],
    ["a lone surrogate in a name", '{"\\uDFFF":1}', "lone_surrogate", 1],
    ["a raw lone surrogate", '"\ud800"', "lone_surrogate", 0],
    ["a byte order mark", "\ufeff{}", "byte_order_mark", 0],
    ["65 arrays in one another", nested(65), "too_deep", 64],
    ["half a text", '{"a":', "malformed", 5],
    ["text after the value", "{} {}", "malformed", 3],
    ["a trailing comma", "[1,]", "malformed", 3],
    ["a comment", "/* no */1", "malformed", 0],
    ["NaN", "NaN", "malformed", 0],
    ["a leading zero", "01", "malformed", 1],
    ["a bad escape", '{"a":"b\\x"}', "malformed", 7],
    ["an array closed as an object", '{"a":[1,2}', "malformed", 9],
    ["a member without a value", '{"a" 1}', "malformed", 5],
    ["a word it does not know", "[true, nul]", "malformed", 7],
    ["a control character in a string", '"a\nb"', "malformed", 2],
    ["nothing", "", "malformed", 0],
  ])("refuses %s, and says where", (_, text, why, offset) => {
    expect(parseStrict(text)).toEqual({ kind: "refused", why, offset });
  });

  test.each([
    ["the largest exact integers", "[9007199254740991,-9007199254740991]"],
    ["floats that every reader reads alike", "[1.5e300,1e-7,0.1,-0.5,1e21]"],
    ["64 arrays in one another", nested(64)],
    ["one name in two objects", '[{"a":1},{"a":2}]'],
    ["names that only look alike", '{"a":1,"A":2,"\\u00e1":3,"a\\u0301":4}'],
    ["a surrogate pair, escaped", '"\\ud83d\\ude00"'],
    ["an escaped backslash before u", '"\\\\ud800"'],
    ["brackets, quotes and colons inside strings", '{"a":"{\\"b\\":[","c":"]:,\\\\"}'],
    ["digits inside strings", '["9007199254740993","1e400"]'],
  ])("accepts %s", (_, text) => {
    expect(parseStrict(text)).toMatchObject({ kind: "parsed", value: JSON.parse(text) });
  });

  test("reads `__proto__` as a member like any other", () => {
    const parsed = parseStrict('{"__proto__":{"admin":true}}');
    expect(parsed.kind === "parsed" && Object.keys(parsed.value as object)).toEqual(["__proto__"]);
    expect(({} as Record<string, unknown>)["admin"]).toBeUndefined();
  });

  test("counts size in bytes, not characters", () => {
    expect(parseStrict('"éé"', { maxBytes: 6 }).kind).toBe("parsed");
    expect(parseStrict('"éé"', { maxBytes: 5 })).toMatchObject({ kind: "refused", why: "too_large" });
  });

  test("a text nested a hundred thousand deep is refused, and the stack survives", () => {
    expect(parseStrict(nested(100_000))).toMatchObject({ kind: "refused", why: "too_deep" });
    expect(parseStrict("[".repeat(100_000))).toMatchObject({ kind: "refused", why: "malformed" });
  });
});

describe("lenient reading", () => {
  test("lets an upstream's large numbers and inner repeats through", () => {
    expect(parseLenient('{"result":{"id":9007199254740993,"a":1,"a":2}}').kind).toBe("parsed");
  });

  test("refuses a repeated member at the top, where what is looked at must be what arrives", () => {
    expect(parseLenient('{"id":1,"result":{},"i\\u0064":2}')).toEqual({
      kind: "refused",
      why: "duplicate_member",
      offset: 20,
    });
  });

  test("refuses nesting beyond the limit", () => {
    expect(parseLenient(nested(65)).kind).toBe("refused");
  });
});

describe("a member's place in the text", () => {
  test("is exact, whatever stands around it", () => {
    const text = ' { "jsonrpc" : "2.0" , "id":17\t,\n "result" : {"a":[1, 2]} , "s":"x\\"y" } ';
    const parsed = parseLenient(text);
    const shown =
      parsed.kind === "parsed"
        ? [...parsed.members].map(([name, { start, end }]) => [name, text.slice(start, end)])
        : [];
    expect(shown).toEqual([
      ["jsonrpc", '"2.0"'],
      ["id", "17"],
      ["result", '{"a":[1, 2]}'],
      ["s", '"x\\"y"'],
    ]);
  });

  test("lets one value be exchanged with every other byte untouched", () => {
    const text = '{"big":12345678901234567890, "id" : 17 ,"z":1.0}';
    const parsed = parseLenient(text);
    const span = parsed.kind === "parsed" ? parsed.members.get("id") : undefined;
    expect(span && replaceMember(text, span, '"c_1"')).toBe('{"big":12345678901234567890, "id" : "c_1" ,"z":1.0}');
  });

  test("spans hold exactly the members' values (property)", () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string({ unit: "binary" }), fc.jsonValue()),
        fc.constantFrom(undefined, 1, "\t"),
        (object, indent) => {
          const value = JSON.parse(JSON.stringify(object)) as Record<string, unknown>;
          const text = JSON.stringify(value, null, indent);
          const parsed = parseLenient(text);
          if (parsed.kind !== "parsed") throw new Error(parsed.why);
          const read = [...parsed.members].map(([name, { start, end }]) => [
            name,
            JSON.parse(text.slice(start, end)) as unknown,
          ]);
          expect(read).toEqual(Object.entries(value));
        },
      ),
    );
  });
});

test("bytes that are not UTF-8 are refused, not repaired", () => {
  expect(decodeUtf8Strict(Uint8Array.of(0x22, 0xff, 0x22))).toBeNull();
  expect(decodeUtf8Strict(Uint8Array.of(0xed, 0xa0, 0x80))).toBeNull();
  expect(decodeUtf8Strict(Uint8Array.of(0xc0, 0x80))).toBeNull();
  expect(decodeUtf8Strict(Buffer.from('"é"'))).toBe('"é"');
  expect(decodeUtf8Strict(Uint8Array.of(0xef, 0xbb, 0xbf, 0x31))).toBe("\ufeff1");
});

test("what is written canonically is read as the same value, and written the same again (property)", () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
      const exact = JSON.parse(JSON.stringify(value), (_, v: unknown) =>
        typeof v === "number" && Math.abs(v) > Number.MAX_SAFE_INTEGER && Math.abs(v) < 1e21 ? 1 : v,
      ) as never;
      const text = canonicalize(exact);
      const parsed = parseStrict(text);
      if (parsed.kind !== "parsed") throw new Error(parsed.why);
      expect(parsed.value).toEqual(JSON.parse(JSON.stringify(exact)));
      expect(canonicalize(parsed.value)).toBe(text);
    }),
  );
});

test("what the engine refuses is refused at a place inside the text (property)", () => {
  fc.assert(
    fc.property(
      fc.json(),
      fc.nat(),
      fc.constantFrom("", ",", "{", "]", '"', "\\", "x", "-", "\u0000", ":"),
      (text, seed, noise) => {
        const at = seed % (text.length + 1);
        const broken = text.slice(0, at) + noise + text.slice(at + 1);
        const parsed = parseStrict(broken);
        if (parsed.kind === "refused" && parsed.why === "malformed") {
          expect(() => JSON.parse(broken)).toThrow();
          expect(parsed.offset).toBeGreaterThanOrEqual(0);
          expect(parsed.offset).toBeLessThanOrEqual(broken.length);
        }
      },
    ),
  );
});

test("a member repeated anywhere is refused (property)", () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 3 }), fc.string(), fc.nat(4), (value, name, depth) => {
      const twice = `{${JSON.stringify(name)}:1,${JSON.stringify(name)}:${canonicalize(JSON.parse(JSON.stringify(value)) as never)}}`;
      const text = '{"in":['.repeat(depth) + twice + "]}".repeat(depth);
      expect(parseStrict(text).kind).toBe("refused");
    }),
  );
});
