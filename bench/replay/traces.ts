/** Resolves to the exit code. */
export async function replayTraces(_args: readonly string[]): Promise<number> {
  return 2;
}
