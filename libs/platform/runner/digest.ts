import type { Checkpoint } from '@baton/kernel';

/**
 * What a follower has seen: how many events, and the sum of a 128-bit hash of each (position, id) mod 2^128. The sum
 * does not depend on order or paging, so another path over the log can compute it anew.
 */
export class Digest {
  private readonly lanes = [0, 0, 0, 0];
  private sum: bigint;
  private pending = 0;
  count: number;

  /** @param owner whose events are counted, `deals-v1`: its name stands before the sum, so a mix-up is noticed */
  constructor(
    private readonly owner: string,
    { count, digest }: Pick<Checkpoint, 'count' | 'digest'> = { count: 0, digest: `${owner}:0` },
  ) {
    this.count = count;
    this.sum = BigInt(`0x${digest.slice(digest.lastIndexOf(':') + 1)}`);
  }

  add(position: string, id: string): void {
    const text = position + id;
    let a = 0x9e3779b9;
    let b = 0x85ebca6b;
    let c = 0xc2b2ae35;
    let d = 0x27d4eb2f;
    for (let index = 0; index < text.length; index++) {
      const code = text.charCodeAt(index);
      a = Math.imul(a ^ code, 2654435761);
      b = Math.imul(b ^ code, 1597334677);
      c = Math.imul(c ^ (code + index), 2246822519);
      d = Math.imul(d ^ (code + index), 3266489917);
    }
    this.lanes[0]! += (a ^ (b >>> 15)) >>> 0;
    this.lanes[1]! += (b ^ (c >>> 13)) >>> 0;
    this.lanes[2]! += (c ^ (d >>> 16)) >>> 0;
    this.lanes[3]! += (d ^ (a >>> 14)) >>> 0;
    this.count++;
    // Lanes are exact as long as they stay below 2^53.
    if (++this.pending >= 1_000_000) this.carry();
  }

  private carry(): void {
    this.lanes.forEach((lane, index) => {
      this.sum += BigInt(lane) << BigInt(32 * index);
      this.lanes[index] = 0;
    });
    this.sum &= (1n << 128n) - 1n;
    this.pending = 0;
  }

  /** The owner and the sum in hex, `deals-v1:1f…`. */
  text(): string {
    this.carry();
    return `${this.owner}:${this.sum.toString(16)}`;
  }

  /** Was this digest made for that owner? */
  static isOf(owner: string, { digest }: Pick<Checkpoint, 'digest'>): boolean {
    return digest.startsWith(`${owner}:`);
  }
}
