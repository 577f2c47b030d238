import type { Instant } from '@baton/kernel';
import { foldAll, recorded } from '@baton/kernel/testing';
import type { LeadEvent } from '../../write/lead/lead.events';
import { leadStageStays } from './lead-stage-stays.read-model';

const on = (day: string): Instant => `2024-${day}T10:00:00.000Z`;
const leadId = 'ada';
type Data<T extends LeadEvent['type']> = Omit<Extract<LeadEvent, { type: T }>['data'], 'leadId'>;
const event = <T extends LeadEvent['type']>(type: T, day: string, data: Data<T>) =>
  recorded({ type, data: { leadId, ...data } } as unknown as LeadEvent, { occurredAt: on(day) });
const captured = event('LeadCaptured', '01-01', { source: 'fair', owner: 'olga' } as never);
const qualified = event('LeadQualified', '01-05', { definition: 'mql@1' } as never);
const handedOff = (day: string, rep = 'rita') =>
  event('LeadHandedOff', day, { definition: 'mql@1', rep, count: 1 } as never);
const rejected = (day: string, note?: unknown) =>
  event('LeadRejected', day, {
    definition: 'rejection-reasons@1',
    reason: 'budget',
    ...(note ? { note } : {}),
  } as never);
const reengaged = (day: string) => event('LeadReengaged', day, { cause: 'touch' } as never);

const staysOf = (...events: readonly ReturnType<typeof recorded>[]) =>
  [...foldAll(leadStageStays, events).values()].sort((a, b) => (a.enteredAt < b.enteredAt ? -1 : 1));
const short = (...events: readonly ReturnType<typeof recorded>[]) =>
  staysOf(...events).map(({ stage, visit, enteredAt, leftAt, exit }) => [
    ...[`${stage}${visit}`, enteredAt.slice(5, 10), leftAt?.slice(5, 10) ?? null, exit],
  ]);

describe('stays of a lead in its stages', () => {
  it('say who moved it, by what, from whom and with which words', () => {
    const note = { $sealed: 'x', subject: leadId, context: 'c' };
    const [, mql, handed, last] = staysOf(captured, qualified, handedOff('01-06'), rejected('01-09', note));
    expect(mql).toMatchObject({
      leadId,
      stage: 'mql',
      definition: 'mql@1',
      by: 'tester',
      external: false,
      owner: 'olga',
      source: 'fair',
    });
    expect(mql).not.toHaveProperty('rep');
    expect(handed).toMatchObject({ rep: 'rita', nextStage: 'rejected', stayMs: 3 * 86_400_000 });
    expect(last).toMatchObject({ rep: 'rita', reason: 'budget', note, previousStage: 'handed-off', leftAt: null });
    expect(last!.stayId).toMatch(/^ada\//);
  });

  it('are counted again for each time the lead comes back', () => {
    const again = event('LeadQualified', '02-10', { definition: 'mql@2' } as never);
    expect(short(captured, qualified, handedOff('01-06'), rejected('01-09'), reengaged('02-01'), again)).toEqual([
      ['lead1', '01-01', '01-05', 'moved'],
      ['mql1', '01-05', '01-06', 'moved'],
      ['handed-off1', '01-06', '01-09', 'moved'],
      ['rejected1', '01-09', '02-01', 'moved'],
      ['lead2', '02-01', '02-10', 'moved'],
      ['mql2', '02-10', null, null],
    ]);
  });

  it('take a late move of another system at its own time', () => {
    const late = event('LeadAccepted', '01-08', { rep: 'rolf', external: true } as never);
    const all = [captured, qualified, handedOff('01-06'), rejected('01-09')];
    expect(short(...all, late)).toEqual([
      ['lead1', '01-01', '01-05', 'moved'],
      ['mql1', '01-05', '01-06', 'moved'],
      ['handed-off1', '01-06', '01-08', 'moved'],
      ['sal1', '01-08', '01-09', 'moved'],
      ['rejected1', '01-09', null, null],
    ]);
    expect(staysOf(...all, late).at(-1)).toMatchObject({ previousStage: 'sal', rep: 'rolf' });
  });

  it('that a move of this system, dated before them, makes void are gone', () => {
    const all = [captured, qualified, handedOff('01-06'), rejected('01-09'), reengaged('02-01')];
    const disqualified = event('LeadDisqualified', '01-20', { reason: 'student' } as never);
    expect(short(...all, disqualified).slice(-2)).toEqual([
      ['rejected1', '01-09', '01-20', 'moved'],
      ['disqualified1', '01-20', null, null],
    ]);
  });

  it('end with a merge, and begin again when it is undone; the survivor takes the stage it is given', () => {
    const into = event('LeadMergedInto', '01-07', { survivorId: 'bob' } as never);
    const from = event('LeadUnmergedFrom', '01-10', { survivorId: 'bob' } as never);
    expect(short(captured, qualified, into, from)).toEqual([
      ['lead1', '01-01', '01-05', 'moved'],
      ['mql1', '01-05', '01-07', 'merged'],
      ['mql2', '01-10', null, null],
    ]);
    const added = event('MergedFactsAdded', '01-08', {
      ...{ mergedLeadId: 'eve', touches: [], becomes: { stage: 'sal', rep: 'rolf', definition: 'mql@3' } },
    } as never);
    expect(staysOf(captured, added).at(-1)).toMatchObject({
      stage: 'sal',
      rep: 'rolf',
      reason: 'merge',
      enteredAt: on('01-08'),
    });
    expect(
      short(captured, event('MergedFactsAdded', '01-08', { mergedLeadId: 'eve', touches: [] } as never)),
    ).toHaveLength(1);
  });
});
