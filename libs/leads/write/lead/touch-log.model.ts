import type { TouchFact } from '@baton/definitions';

const fields = ['id', 'at', 'action', 'channel', 'content', 'page', 'campaign'] as const;

/**
 * The touches of a lead in the order in which they were recorded: the first `length` places of a buffer that later logs
 * of the same history go on filling. So one touch more costs as much on a lead of ten as on one of ten thousand, and a
 * log once seen never changes: a history that goes another way continues in a copy.
 */
export class TouchLog {
  private constructor(
    private readonly buffer: TouchFact[],
    readonly length: number,
  ) {}

  static empty(): TouchLog {
    return new TouchLog([], 0);
  }

  with(touch: TouchFact): TouchLog {
    const { buffer, length } = this;
    const next = buffer[length];
    // A decision looks at what it will write before it is written: the same touch then stands here already.
    if (next && fields.every((field) => next[field] === touch[field])) return new TouchLog(buffer, length + 1);
    const own = next ? buffer.slice(0, length) : buffer;
    own.push(touch);
    return new TouchLog(own, length + 1);
  }

  at(index: number): TouchFact | undefined {
    return index < this.length ? this.buffer[index] : undefined;
  }
}
