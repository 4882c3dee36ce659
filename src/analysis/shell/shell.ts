import { UNKNOWN_EFFECTS } from "../../domain/effect.ts";
import type { Analysers } from "../analysis.ts";

export const analyseShell: Analysers["shell"] = () => ({
  kind: "understood",
  effects: { ...UNKNOWN_EFFECTS, traits: ["dynamic"] },
  forward: null,
});
