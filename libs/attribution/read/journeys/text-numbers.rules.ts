/** So many other texts may have the hash of one before all characters count in hashes. */
const MAX_SAME_HASH = 8;
/** A text on the heap with its place in a list. */
const bytesOf = (text: string): number => 2 * text.length + 32;

/**
 * Numbers distinct texts from 0. A table of its own, as a `Map` makes the hash of each text that it is asked for, and
 * those that were just parsed have none yet.
 */
export class TextNumbers {
  readonly texts: string[] = [];
  private hashes = new Int32Array(64);
  /** Numbers from 1 by hash, at the next free place; 0 for none. At least half are free. */
  private table = new Int32Array(128);
  /** Whether hashes are made of a few characters, which is faster. */
  private isSampled = true;
  private textBytes = 0;

  get bytes(): number {
    return this.textBytes + this.table.byteLength + this.hashes.byteLength;
  }

  of(text: string): number {
    const hash = this.hashOf(text);
    const mask = this.table.length - 1;
    let sameHash = 0;
    for (let at = hash & mask; ; at = (at + 1) & mask) {
      const number = this.table[at]! - 1;
      if (number < 0) break;
      if (this.hashes[number] !== hash) continue;
      if (this.texts[number] === text) return number;
      sameHash++;
    }
    if (sameHash > MAX_SAME_HASH && this.isSampled) {
      this.isSampled = false;
      this.rehash(this.table.length);
    }
    return this.add(text);
  }
  find(text: string): number | undefined {
    const hash = this.hashOf(text);
    const mask = this.table.length - 1;
    for (let at = hash & mask; ; at = (at + 1) & mask) {
      const number = this.table[at]! - 1;
      if (number < 0) return undefined;
      if (this.texts[number] === text) return number;
    }
  }
  /** @returns -1 for null */
  ofNullable(text: string | null): number {
    return text === null ? -1 : this.of(text);
  }

  private add(text: string): number {
    const number = this.texts.push(text) - 1;
    this.textBytes += bytesOf(text);
    if (this.texts.length > this.hashes.length) {
      const hashes = new Int32Array(2 * this.hashes.length);
      hashes.set(this.hashes);
      this.hashes = hashes;
    }
    if (2 * this.texts.length > this.table.length) this.rehash(2 * this.table.length);
    else this.enter(number, this.hashOf(text));
    return number;
  }
  private rehash(length: number): void {
    this.table = new Int32Array(length);
    for (let number = 0; number < this.texts.length; number++) this.enter(number, this.hashOf(this.texts[number]!));
  }
  private enter(number: number, hash: number): void {
    const mask = this.table.length - 1;
    let at = hash & mask;
    while (this.table[at] !== 0) at = (at + 1) & mask;
    this.table[at] = number + 1;
    this.hashes[number] = hash;
  }

  private hashOf(text: string): number {
    const { length } = text;
    let hash = length;
    if (!this.isSampled) for (let at = 0; at < length; at++) hash = (Math.imul(hash, 31) + text.charCodeAt(at)) | 0;
    else if (length > 0) {
      // Texts mostly differ at their ends
      hash = (Math.imul(hash, 31) + text.charCodeAt(length - 1)) | 0;
      if (length > 1) hash = (Math.imul(hash, 31) + text.charCodeAt(length - 2)) | 0;
      hash = (Math.imul(hash, 31) + text.charCodeAt(length >> 1)) | 0;
    }
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
    return hash ^ (hash >>> 13);
  }
}
