import type { Timed } from "./case.ts";
export async function shellCases(): Promise<readonly Timed[]> {
  return [];
}
