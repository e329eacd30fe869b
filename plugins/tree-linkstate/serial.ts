/** Which of two words of one owner is newer. */

/** The life that said it, and the serial number of the word. */
export interface Version {
  readonly life: number;
  readonly sequence: number;
}

/** The number after this one; 32 bits, turning over. */
export function nextSerial(sequence: number): number {
  return (sequence + 1) >>> 0;
}

/**
 * Newer by life, else by serial number arithmetic (RFC 1982): numbers turn over. At five changes a second
 * half the range takes 13 years, and no word lives longer than ten minutes.
 */
export function isNewer(a: Version, b: Version): boolean {
  return a.life !== b.life ? a.life > b.life : ((a.sequence - b.sequence) | 0) > 0;
}

/** Both are the same word. */
export function isSame(a: Version, b: Version): boolean {
  return a.life === b.life && a.sequence === b.sequence;
}
