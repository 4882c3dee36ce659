/** HalfSipHash-2-4: a fingerprint of a short text under a key, of 48 bits. Whoever lacks the key can neither read a text out of
 *  it nor choose one that collides. Fast enough for every word of a result. */
export type Fingerprint = (text: string) => number;

export function fingerprintUnder(key: readonly [number, number]): Fingerprint {
  const [k0, k1] = key;
  return (text) => {
    let v0 = k0 | 0;
    let v1 = (k1 ^ 0xee) | 0;
    let v2 = (0x6c796765 ^ k0) | 0;
    let v3 = (0x74656462 ^ k1) | 0;
    function round(): void {
      v0 = (v0 + v1) | 0;
      v1 = (v1 << 5) | (v1 >>> 27);
      v1 ^= v0;
      v0 = (v0 << 16) | (v0 >>> 16);
      v2 = (v2 + v3) | 0;
      v3 = (v3 << 8) | (v3 >>> 24);
      v3 ^= v2;
      v0 = (v0 + v3) | 0;
      v3 = (v3 << 7) | (v3 >>> 25);
      v3 ^= v0;
      v2 = (v2 + v1) | 0;
      v1 = (v1 << 13) | (v1 >>> 19);
      v1 ^= v2;
      v2 = (v2 << 16) | (v2 >>> 16);
    }
    function take(word: number): void {
      v3 ^= word;
      round();
      round();
      v0 ^= word;
    }
    // Two UTF-16 units are one word.
    const { length } = text;
    let i = 0;
    for (; i + 1 < length; i += 2) take(text.charCodeAt(i) | (text.charCodeAt(i + 1) << 16));
    take((i < length ? text.charCodeAt(i) : 0) | (length << 24));
    v2 ^= 0xee;
    for (let n = 0; n < 4; n++) round();
    const high = (v1 ^ v3) >>> 0;
    v1 ^= 0xdd;
    for (let n = 0; n < 4; n++) round();
    return ((v1 ^ v3) >>> 0) + (high & 0xffff) * 0x100000000;
  };
}
