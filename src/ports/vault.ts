/** A key outside the store that the vault's own key is wrapped under. */
export interface Wrapping {
  /** Where it is, for people: `the key file /srv/.writ/keys/vault.key`. */
  readonly says: string;
  /** The text to keep. Makes the outer key where the source makes its own and `mayMake` says that none was ever used.
   *  @throws WritError `vault_key_absent`, `vault_key_denied`, `key_permissions`, `key_damaged`, `key_unwritable`. */
  wrap(key: Uint8Array, mayMake: boolean): Promise<string>;
  /** The key; null when it was wrapped under another.
   *  @throws WritError as `wrap`. */
  unwrap(text: string): Promise<Uint8Array | null>;
}
