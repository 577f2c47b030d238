import { conditionsOf, type StoredEvent, type ValueFilter } from '@baton/kernel';
import { recorded } from '@baton/kernel/testing';
import { DAY, hour, HOUR, minute, owing, world } from '../../../../test/support/lead-world';
import { modelsOf, pageOfList } from '../../../../test/support/read-models';
import { disposition } from '@baton/sla-clocks';
import type { LeadEvent } from '@baton/leads';
import { handoffs } from './handoffs.read-model';

const decide = disposition({ budget: 'PT24H', clock: 'wall-clock' });
const docsOf = async (events: readonly StoredEvent[], where = {}, list = 'handoffQueue', at = minute(0)) =>
  (await pageOfList(await modelsOf([handoffs], events), handoffs, list, { at, where })).nodes;
const limboAt = (events: readonly StoredEvent[], at: number) => docsOf(events, {}, 'limbo', minute(at));

/** One event of a lead, minutes after the start. */
const told = (leadId: string, at: number, type: LeadEvent['type'], data: object = {}): StoredEvent =>
  recorded({ type, data: { leadId, ...data } } as LeadEvent, { id: `${leadId}-${at}-${type}`, occurredAt: minute(at) });
const handed = (leadId: string, at: number, more: object = {}) =>
  told(leadId, at, 'LeadHandedOff', { rep: 'rita', definition: 'mql@1', count: 1, ...more });

describe('a lead in the queue', () => {
  it('shows the next due time, until sales decides', async () => {
    const ada = world(owing(hour, decide));
    const queue = async () => docsOf(await ada.events());
    await ada.handedOff();
    const due = async () => (await queue()).map(({ rep, dueAt, clocks }) => [rep, dueAt, clocks.length]);
    expect(await due()).toEqual([['rita', minute(60), 2]]);
    await ada.call(20);
    expect(await due()).toEqual([['rita', minute(DAY), 1]]);
    expect((await queue())[0]!.handoffs.map(({ attempts }) => attempts)).toEqual([1]);
    await ada.send('AcceptLead', 30);
    expect(await queue()).toEqual([]);
  });
  it('says when sales first tried to reach the person, and when it did, in whatever order that was recorded', async () => {
    const touch = (at: number, outcome?: string, direction = 'outbound') =>
      told('ada', at, 'TouchRecorded', { team: 'sales', action: 'call', direction, ...(outcome && { outcome }) });
    const events = [handed('ada', 0), touch(30, 'connected'), touch(20, 'met', 'inbound'), touch(10, 'voicemail')];
    const [doc] = await docsOf([...events, touch(25, 'replied'), touch(-5, 'met')]);
    expect(doc!.handoffs).toMatchObject([{ attempts: 3, attemptedAt: minute(10), contactedAt: minute(25) }]);
    const [unreached] = await docsOf([handed('ada', 0), touch(10, 'no-answer'), touch(20)]);
    expect(unreached!.handoffs[0]).toMatchObject({ attempts: 2, attemptedAt: minute(10) });
    expect(unreached!.handoffs[0]).not.toHaveProperty('contactedAt');
  });
  it('stays when it is overdue, first', async () => {
    const ada = world(owing(hour));
    await ada.handedOff();
    await ada.send('AdvanceClock', DAY);
    const others = [handed('bob', -5), handed('abe', -9)];
    expect((await docsOf([...others, ...(await ada.events())])).map(({ leadId }) => leadId)).toEqual([
      'ada',
      'abe', // nothing is agreed for those: by id
      'bob',
    ]);
  });
  it('comes back with its next handoff', async () => {
    const ada = world(owing(hour));
    await ada.handedOff();
    await ada.send('RecycleLead', 10, { reason: 'no-timing' });
    expect(await docsOf(await ada.events())).toEqual([]);
    await ada.send('RecordTouch', 20, { team: 'marketing', action: 'visit' });
    await ada.handedOff(30);
    expect(await docsOf(await ada.events())).toMatchObject([
      {
        since: minute(30),
        dueAt: minute(90),
        handoffs: [{ disposition: 'recycled', reason: 'no-timing' }, { disposition: 'waiting' }],
      },
    ]);
  });
  it('is found by rep and by queue, and shows the band of its score', async () => {
    const events = [
      handed('ada', 0, { queue: 'emea', package: { score: { grade: 'A1' } } }),
      handed('bob', 1, { rep: 'sam' }),
    ];
    const found = async (filters: Readonly<Record<string, string | ValueFilter>>) =>
      (await docsOf(events, conditionsOf(filters))).map(({ leadId, grade }) => [leadId, grade]);
    expect(await found({ rep: 'rita' })).toEqual([['ada', 'A1']]);
    expect(await found({ queue: 'emea' })).toEqual([['ada', 'A1']]);
    expect(await found({ queue: { none: true } })).toEqual([['bob', undefined]]);
  });
  it('does not wait once it is merged into another, and waits again after an unmerge', async () => {
    const events = [handed('ada', 0), told('ada', 5, 'LeadMergedInto', { survivorId: 'bob', mergeNumber: 0 })];
    expect(await docsOf(events)).toEqual([]);
    expect(
      await docsOf([...events, told('ada', 9, 'LeadUnmergedFrom', { survivorId: 'bob', mergeNumber: 0 })]),
    ).toHaveLength(1);
  });
  it('is the survivor of a merge if the other lead was handed off and the survivor was not', async () => {
    const united = {
      mergedLeadId: 'ada',
      touches: [],
      becomes: { stage: 'handed-off', rep: 'sam', definition: 'mql@1' },
    };
    const events = [
      handed('ada', 0),
      told('ada', 5, 'LeadMergedInto', { survivorId: 'bob', mergeNumber: 0 }),
      told('bob', 6, 'MergedFactsAdded', united),
    ];
    expect(await docsOf(events)).toMatchObject([{ leadId: 'bob', rep: 'sam', since: minute(6), handoffs: [] }]);
    const apart = told('bob', 7, 'LeadUnmerged', { mergedLeadId: 'ada', becomes: { stage: 'lead' } });
    expect(await docsOf([...events, apart])).toEqual([]);
  });
});

describe('limbo', () => {
  it('begins 48 hours after the handoff, whatever was agreed; a first response does not end it', async () => {
    const ada = world(owing(hour, decide));
    await ada.handedOff();
    await ada.call(10);
    const events = await ada.events();
    const lengths = [await limboAt(events, 48 * HOUR - 1), await limboAt(events, 48 * HOUR)].map(
      ({ length }) => length,
    );
    expect(lengths).toEqual([0, 1]);
    await ada.send('RejectLead', 4 * DAY, { reason: 'no-answer' });
    expect(await limboAt(await ada.events(), 9 * DAY)).toEqual([]);
  });
  it('lists the longest in it first', async () =>
    expect(
      (await limboAt([handed('bob', 2), handed('ada', 1), handed('cy', 9)], 48 * HOUR + 5)).map(({ leadId }) => leadId),
    ).toEqual(['ada', 'bob']));
});
