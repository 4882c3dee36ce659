/** Resolves to the exit code. */
export async function replayStatic(_args: readonly string[]): Promise<number> {
  return 2;
}
