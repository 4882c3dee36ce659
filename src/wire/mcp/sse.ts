/** One block of a `text/event-stream`. Null is a field that did not occur; an empty `data` did. */
export interface SseEvent {
  readonly event: string | null;
  readonly data: string | null;
  readonly id: string | null;
  readonly retry: number | null;
}

export type SseFault = "too_large" | "not_utf8";

export interface SseParser {
  /** Takes the next bytes and hands on every event they complete, in order. Null when all is well;
   *  after a fault nothing more is handed on and every later call returns the same fault. */
  push(chunk: Uint8Array): SseFault | null;
  /** The stream has ended. An event without its closing blank line is dropped, as the standard says. */
  end(): SseFault | null;
}

/** Parses a stream cut anywhere, inside a character or a line ending included. `maxEvent` bounds, in UTF-16
 *  units, what one event may hold before it is complete. Comments are skipped. */
export function createSseParser(onEvent: (event: SseEvent) => void, maxEvent: number): SseParser {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let fault: SseFault | null = null;
  /** The line that no ending has come for yet; never holds one. */
  let pending = "";
  /** The last chunk ended in CR: a LF that comes first now belongs to it. */
  let afterCr = false;
  let size = 0;
  let event: string | null = null;
  let data: string | null = null;
  let id: string | null = null;
  let retry: number | null = null;

  function take(text: string): void {
    let at = 0;
    if (afterCr && text.length > 0) {
      afterCr = false;
      if (text.charCodeAt(0) === 10) at = 1;
    }
    let cr = text.indexOf("\r", at);
    while (fault === null) {
      const lf = text.indexOf("\n", at);
      if (cr !== -1 && cr < at) cr = text.indexOf("\r", at);
      const byCr = cr !== -1 && (lf === -1 || cr < lf);
      const stop = byCr ? cr : lf;
      if (stop === -1) break;
      line(pending === "" ? text.slice(at, stop) : pending + text.slice(at, stop));
      pending = "";
      at = stop + 1;
      if (!byCr) continue;
      if (at === text.length) afterCr = true;
      else if (text.charCodeAt(at) === 10) at++;
    }
    if (fault === null && at < text.length) {
      pending += at === 0 ? text : text.slice(at);
      if (size + pending.length > maxEvent) fault = "too_large";
    }
  }

  function line(text: string): void {
    if (text === "") return dispatch();
    size += text.length;
    if (size > maxEvent) {
      fault = "too_large";
      return;
    }
    const colon = text.indexOf(":");
    // A comment costs nothing towards the event it stands in.
    if (colon === 0) {
      size -= text.length;
      return;
    }
    const name = colon === -1 ? text : text.slice(0, colon);
    const value = colon === -1 ? "" : text.slice(text.charCodeAt(colon + 1) === 32 ? colon + 2 : colon + 1);
    switch (name) {
      case "data":
        data = data === null ? value : `${data}\n${value}`;
        break;
      case "event":
        event = value;
        break;
      case "id":
        if (!value.includes("\0")) id = value;
        break;
      case "retry":
        if (/^[0-9]{1,9}$/.test(value)) retry = Number(value);
        break;
      default:
    }
  }

  function dispatch(): void {
    const whole: SseEvent = { event, data, id, retry };
    const empty = event === null && data === null && id === null && retry === null;
    event = data = id = null;
    retry = null;
    size = 0;
    if (!empty) onEvent(whole);
  }

  return {
    push(chunk) {
      if (fault !== null) return fault;
      let text: string;
      try {
        text = decoder.decode(chunk, { stream: true });
      } catch {
        return (fault = "not_utf8");
      }
      take(text);
      return fault;
    },
    end() {
      if (fault !== null) return fault;
      try {
        decoder.decode();
      } catch {
        fault = "not_utf8";
      }
      return fault;
    },
  };
}

/** One event, ready to be written. `data` may span lines; `id` and `event` may not, and lose their line endings. */
export function encodeSse(event: {
  readonly data?: string | null | undefined;
  readonly id?: string | null | undefined;
  readonly retry?: number | null | undefined;
  readonly event?: string | null | undefined;
}): string {
  let text = "";
  if (event.event != null) text += `event: ${oneLine(event.event)}\n`;
  if (event.id != null) text += `id: ${oneLine(event.id)}\n`;
  if (event.retry != null) text += `retry: ${event.retry}\n`;
  if (event.data != null) {
    text += /[\r\n]/.test(event.data)
      ? event.data
          .split(/\r\n|\r|\n/)
          .map((part) => `data: ${part}\n`)
          .join("")
      : `data: ${event.data}\n`;
  }
  return `${text}\n`;
}

/** A line that clients skip and that keeps idle connections open. */
export function encodeComment(text: string): string {
  return `: ${oneLine(text)}\n\n`;
}

function oneLine(text: string): string {
  return text.replace(/[\r\n\0]/g, "");
}
