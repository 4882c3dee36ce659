import type { Timed } from "./case.ts";
export async function sqlCases(): Promise<readonly Timed[]> {
  return [];
}
