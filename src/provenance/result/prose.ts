const WORDS = 4;

/** Text with room for a sentence, whatever holds it: more words than a name has, or more than one line. */
export function isProse(text: string): boolean {
  return /\S[^\S\n]*\n\s*\S/.test(text) || countWords(text) >= WORDS;
}

function countWords(text: string): number {
  let words = 0;
  let inside = false;
  for (let i = 0; i < text.length && words < WORDS; i++) {
    const space = /\s/.test(text.charAt(i));
    if (!space && !inside) words++;
    inside = !space;
  }
  return words;
}
