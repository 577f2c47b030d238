import { sha256, type Checkpoint, type EventPlace, type RawEvent } from '@baton/kernel';

/** The first 128 bits of the SHA-256 of an event as the log has it. */
export type EventHash = bigint;

export const hashOf = (event: RawEvent): EventHash => {
  const { position, id, stream, revision, type, recordedAt, meta, data } = event;
  const content = JSON.stringify([position, id, stream, revision, type, recordedAt, meta, data]);
  const bytes = sha256(content);
  return (bytes.readBigUInt64LE(0) << 64n) | bytes.readBigUInt64LE(8);
};

const MASK_128 = (1n << 128n) - 1n;

/**
 * What a follower has seen: the number of events, and the sum of their 128-bit hashes mod 2^128. The sum does not
 * depend on order or paging, so that a verification can recompute it from the log.
 */
export class Digest {
  private sum: bigint;
  private last: EventPlace | undefined;
  private readonly since: string | undefined;
  count: number;

  /** @param owner whose events are counted, such as `deals-v1`; it is part of the text, so that a mix-up is detected */
  constructor(
    private readonly owner: string,
    { count, digest, last, since }: Omit<Checkpoint, 'position'> = { count: 0, digest: `${owner}:0` },
  ) {
    this.count = count;
    this.sum = BigInt(`0x${digest.slice(digest.lastIndexOf(':') + 1)}`);
    this.last = last;
    this.since = since;
  }

  /** Adds an event; events must be added in log order. */
  add({ stream, revision, id }: EventPlace, contentHash: EventHash): void {
    this.sum = (this.sum + contentHash) & MASK_128;
    this.last = { stream, revision, id };
    this.count++;
  }

  /** The checkpoint at this position. */
  at(position: string): Checkpoint {
    const { count, last, since } = this;
    return { position, count, digest: this.text(), ...(last && { last }), ...(since !== undefined && { since }) };
  }

  /** The owner and the sum in hex, such as `deals-v1:1f…`. */
  text(): string {
    return `${this.owner}:${this.sum.toString(16)}`;
  }

  /** Whether this digest was made for that owner. */
  static isOf(owner: string, { digest }: Pick<Checkpoint, 'digest'>): boolean {
    return digest.startsWith(`${owner}:`);
  }
}
