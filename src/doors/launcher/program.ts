import { createHash } from "node:crypto";
import { statSync } from "node:fs";
import { open } from "node:fs/promises";
import { basename, delimiter, isAbsolute, join, resolve } from "node:path";

/** Something that the launcher says of what it runs. What it saw itself is observed; what it was told is claimed. */
export interface ProgramPart {
  readonly component: "package" | "model";
  readonly id: string;
  readonly version: string | null;
  readonly claimed: boolean;
}

const LONGEST = 200;
const WHOLE_BYTES = 8 * 1024 ** 2;
const PIECE_BYTES = 1024 ** 2;

/** What a command line would run, by content: the program and the script it is given, wherever they are. Null where the
 *  program is not found: then it cannot be started either. */
export async function programOf(
  command: readonly string[],
  where: { readonly cwd: string; readonly path: string },
): Promise<ProgramPart | null> {
  const [program = "", ...args] = command;
  const file = find(program, where);
  if (file === null) return null;
  const script = args.map((arg) => resolve(where.cwd, arg)).find(isFile);
  const hash = createHash("sha256");
  for (const one of script === undefined ? [file] : [file, script]) {
    for await (const chunk of contentOf(one)) hash.update(chunk);
    hash.update("\0");
  }
  const names = [file, ...(script === undefined ? [] : [script])].map((one) => basename(one)).join(" ");
  return { component: "package", id: names.slice(0, LONGEST), version: `sha256:${hash.digest("hex")}`, claimed: false };
}

/** A file as far as it is looked at: all of a script; of something as large as an interpreter its size, beginning, middle
 *  and end, since reading all of it would hold up every start. */
async function* contentOf(file: string): AsyncGenerator<Buffer> {
  const opened = await open(file);
  try {
    const { size } = await opened.stat();
    yield Buffer.from(`${size}\0`);
    const whole = size <= WHOLE_BYTES;
    const starts = whole ? [0] : [0, Math.floor((size - PIECE_BYTES) / 2), size - PIECE_BYTES];
    for (const position of starts) {
      const piece = Buffer.alloc(whole ? size : PIECE_BYTES);
      const { bytesRead } = await opened.read(piece, 0, piece.length, position);
      yield piece.subarray(0, bytesRead);
    }
  } finally {
    await opened.close();
  }
}

/** `opus@4.6` as whoever starts the agent declares it. */
export function declaredModel(text: string): ProgramPart {
  const at = text.lastIndexOf("@");
  const [id, version] = at > 0 ? [text.slice(0, at), text.slice(at + 1)] : [text, null];
  return { component: "model", id: id.slice(0, LONGEST), version: version?.slice(0, LONGEST) ?? null, claimed: true };
}

function find(program: string, { cwd, path }: { readonly cwd: string; readonly path: string }): string | null {
  if (program.includes("/")) {
    const file = isAbsolute(program) ? program : join(cwd, program);
    return isFile(file) ? file : null;
  }
  return (
    path
      .split(delimiter)
      .map((folder) => join(folder, program))
      .find(isFile) ?? null
  );
}

function isFile(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false })?.isFile() === true;
}
