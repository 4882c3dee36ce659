/** RFC 8693 §3. An instance credential is a `jwt`, a task token an `access_token`; nothing else is exchanged here. */
export const TOKEN_TYPE_URI = {
  instance: "urn:ietf:params:oauth:token-type:jwt",
  task: "urn:ietf:params:oauth:token-type:access_token",
} as const;
export type ExchangedKind = keyof typeof TOKEN_TYPE_URI;

export interface Exchanged {
  readonly subject: { readonly kind: ExchangedKind; readonly token: string };
  readonly actor: { readonly kind: ExchangedKind; readonly token: string } | null;
}
