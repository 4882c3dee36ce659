import fc from "fast-check";
import { expect, test } from "vitest";
import { createSseParser, encodeComment, encodeSse, type SseEvent } from "../../../src/wire/mcp/sse.ts";

function parse(chunks: readonly (string | Uint8Array)[], maxEvent = 1_000_000) {
  const events: SseEvent[] = [];
  const parser = createSseParser((event) => events.push(event), maxEvent);
  const faults = chunks.map((chunk) => parser.push(typeof chunk === "string" ? Buffer.from(chunk) : chunk));
  return { events, fault: faults.at(-1) ?? null, end: parser.end() };
}

const only = (data: string): SseEvent => ({ event: null, data, id: null, retry: null });

test("a stream cut at any byte says the same as the whole stream", () => {
  const stream = Buffer.from(
    ': hello\r\nid: é1\r\nevent: message\r\ndata: {"a":"😀"}\r\n\r\ndata: b\rdata: c\r\rretry: 40\nid: 2\ndata:\n\ndata: d\n\n',
    "utf8",
  );
  const whole = parse([stream]).events;
  expect(whole).toEqual([
    { event: "message", data: '{"a":"😀"}', id: "é1", retry: null },
    only("b\nc"),
    { event: null, data: "", id: "2", retry: 40 },
    only("d"),
  ]);
  for (let cut = 0; cut <= stream.length; cut++) {
    expect(parse([stream.subarray(0, cut), stream.subarray(cut)]).events).toEqual(whole);
  }
  expect(parse([...stream].map((byte) => Uint8Array.of(byte))).events).toEqual(whole);
});

test("what the encoder writes, the parser reads, however it is cut", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: "binary" }),
      fc.option(fc.stringMatching(/^[\x21-\x7e]{1,20}$/)),
      fc.array(fc.nat(200), { maxLength: 5 }),
      (data, id, cuts) => {
        const bytes = Buffer.from(encodeComment("x\ny") + encodeSse({ data, id, event: "message" }), "utf8");
        const at = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)).toSorted((a, b) => a - b), bytes.length];
        const { events, fault, end } = parse(at.slice(1).map((stop, i) => bytes.subarray(at[i], stop)));
        const expected = data.toWellFormed().replace(/\r\n|\r/g, "\n");
        expect([fault, end]).toEqual([null, null]);
        expect(events).toEqual([{ event: "message", data: expected, id, retry: null }]);
      },
    ),
  );
});

test("an id or event name cannot open a line of its own", () => {
  expect(parse([encodeSse({ id: "1\n\ndata: forged", data: "x" })]).events).toEqual([
    { event: null, data: "x", id: "1data: forged", retry: null },
  ]);
});

test("an event larger than the cap is refused before it is whole, and nothing after it is handed on", () => {
  const { events, fault } = parse(["data: ok\n\ndata: ", "x".repeat(60), "x".repeat(60), "\n\ndata: later\n\n"], 100);
  expect(events).toEqual([only("ok")]);
  expect(fault).toBe("too_large");
  expect(
    parse(
      Array.from({ length: 60 }, () => "data: x\n"),
      100,
    ).fault,
  ).toBe("too_large");
});

test("comments keep a stream open and cost nothing", () => {
  expect(parse([...Array.from({ length: 100 }, () => ": still here\n"), "data: x\n\n"], 50).events).toEqual([
    only("x"),
  ]);
});

test("bytes that are not UTF-8 are refused, also when a character is cut off by the end", () => {
  expect(parse([Uint8Array.of(0x64, 0xff, 0x0a)]).fault).toBe("not_utf8");
  expect(parse([Uint8Array.of(0x64, 0xc3)]).end).toBe("not_utf8");
});

test("an event without its closing blank line is dropped", () => {
  expect(parse(["data: half"]).events).toEqual([]);
});

test("an id with NUL and a retry that is no number are ignored", () => {
  expect(parse(["id: a\0b\nretry: 1e3\ndata: x\n\n"]).events).toEqual([only("x")]);
});
