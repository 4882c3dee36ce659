/** How far a deployment lets itself go without a person (design §1, part 5). */
export const TIERS = ["foundation", "advanced", "optimized"] as const;
export type Tier = (typeof TIERS)[number];

/** `observe` is per server and ends by itself; everything else is enforced. */
export type Mode = { readonly kind: "enforce" } | { readonly kind: "observe"; readonly until: number };

/** Whether an agent could reach what the gateway holds (design §6). Said on every record. */
export type Isolation = "isolated" | "same-user";
