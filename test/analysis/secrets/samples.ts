/** One secret of each kind, made up, and put together here so that no scanner takes this file for a leak. */
const letters = (count: number): string =>
  "aB3dE5gH7jK9mN2pQ4rS6tU8vW1xYz".repeat(Math.ceil(count / 30)).slice(0, count);
const hex = (count: number): string => "0a1b2c3d4e5f6789".repeat(Math.ceil(count / 16)).slice(0, count);

const KEY = ["PRIVATE", "KEY"].join(" ");

export const SECRETS: Readonly<Record<string, string>> = {
  npm: `npm_${letters(36)}`,
  slack: `xoxb-${letters(11)}-${letters(12)}`,
  basicauth: `https://ada:${letters(12)}@example.com`,
  openai: `sk-${letters(20)}T3BlbkFJ${letters(20)}`,
  anthropic: `sk-ant-api03-${letters(93)}AA`,
  groq: `gsk_${letters(52)}`,
  huggingface: `hf_${letters(80).replaceAll(/\d/g, "").slice(0, 34)}`,
  linear: `lin_api_${letters(40)}`,
  notion: `ntn_12345678901${letters(35)}`,
  privatekey: `-----BEGIN ${KEY}-----\nMI${letters(200)}\n-----END ${KEY}-----`,
  sendgrid: `SG.${letters(22)}.${letters(43)}`,
  shopify: `shpat_${hex(32)}`,
  stripe: `sk_live_${letters(24)}`,
  github: `ghp_${letters(36)}`,
  gitlab: `glpat-${letters(20)}`,
  grafana: `glsa_${letters(32)}_${hex(8)}`,
  "database-connection-string": `postgres://app:${letters(12)}@db.acme.example/shop`,
  "hashicorp-vault": `hvs.${letters(95)}`,
  vercel: `vcp_${letters(24)}`,
  databricks: `dapi${hex(32)}`,
  docker: `dckr_pat_${letters(27)}`,
  figma: `figd_${letters(40)}`,
  cloudflare: `cfut_${letters(40)}${hex(8)}`,
  tailscale: `tskey-auth-${letters(12)}-${letters(32)}`,
};

/** A secret only by the name before it. */
export const AWS = { name: "AWS_SECRET_ACCESS_KEY", secret: letters(40) };
