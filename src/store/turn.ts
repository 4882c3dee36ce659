/** Resolves once the event loop has come round: whoever is about to join can. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
