/** Cuts a stream of bytes into lines, wherever the chunks fall. False once a line is longer than `maxBytes`: the rest
 *  is not looked at any more. Bytes are searched once; empty lines are skipped. */
export function createLines(onLine: (line: Buffer) => void, maxBytes: number): (chunk: Buffer) => boolean {
  let parts: Buffer[] = [];
  let size = 0;
  let over = false;
  return (chunk) => {
    let at = 0;
    while (!over) {
      const stop = chunk.indexOf(10, at);
      const end = stop === -1 ? chunk.length : stop;
      size += end - at;
      if (size > maxBytes) {
        over = true;
        parts = [];
        break;
      }
      if (stop === -1) {
        if (end > at) parts.push(chunk.subarray(at));
        break;
      }
      const piece = chunk.subarray(at, stop);
      const line = parts.length === 0 ? piece : Buffer.concat([...parts, piece], size);
      const empty = size === 0;
      parts = [];
      size = 0;
      at = stop + 1;
      if (!empty) onLine(line);
    }
    return !over;
  };
}
