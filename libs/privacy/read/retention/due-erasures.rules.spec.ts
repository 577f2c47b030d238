import type { LeadDocument } from '@baton/leads';
import { keptUntil, lastActiveAt } from './due-erasures.rules';
import type { RetentionRule } from './retention-rules.read-model';

const [january, february, march] = ['01', '02', '03'].map((month) => `2024-${month}-01T00:00:00.000Z`);
const person = (more: Partial<LeadDocument> = {}) =>
  ({ stage: 'lead', capturedAt: january, history: [], ...more }) as unknown as LeadDocument;
const rule = (retentionId: string, days: number | null, stages: readonly string[] = ['lead'], since = january) =>
  ({ retentionId, days, stages, since }) as unknown as RetentionRule;

describe('the retention of a person', () => {
  it('counts from the last that is known: the capture, a touch or a move', () => {
    expect(lastActiveAt(person())).toBe(january);
    expect(lastActiveAt(person({ lastTouchAt: march, history: [{ at: february }] as never }))).toBe(march);
    expect(lastActiveAt(person({ lastTouchAt: february, history: [{ at: march }, { at: january }] as never }))).toBe(
      march,
    );
  });

  it('ends with the rule that keeps longest, of those of the stage', () => {
    const rules = [rule('a', 10), rule('b', 30, ['lead', 'mql']), rule('c', 999, ['customer']), rule('d', null)];
    expect(keptUntil(person(), rules)).toEqual({ purpose: 'b', until: '2024-01-31T00:00:00.000Z' });
    expect(keptUntil(person(), [rule('b', 10), rule('a', 10)])!.purpose).toBe('a');
  });

  it('does not end within a day after the rule was set', () => {
    expect(keptUntil(person(), [rule('a', 10, ['lead'], march)])!.until).toBe('2024-03-02T00:00:00.000Z');
  });

  it('has no end where no rule concerns the stage', () => {
    expect(keptUntil(person({ stage: 'sql' }), [rule('a', 10)])).toBeUndefined();
    expect(keptUntil(person(), [rule('a', null)])).toBeUndefined();
    expect(keptUntil(person(), [])).toBeUndefined();
  });
});
