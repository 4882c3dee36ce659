/** The bytes that `text` is the one base64url spelling of (RFC 4648 §5, no padding); null for any other spelling:
 *  padding, white space, the standard alphabet, trailing bits that are not zero. */
export function decodeBase64url(text: string): Buffer | null {
  const bytes = Buffer.from(text, "base64url");
  return bytes.toString("base64url") === text ? bytes : null;
}

export function encodeBase64url(bytes: Uint8Array | string): string {
  return (
    typeof bytes === "string" ? Buffer.from(bytes) : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  ).toString("base64url");
}
