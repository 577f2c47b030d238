import { checkData, type StoredEvent, lookThrough } from '@baton/kernel';
import { recorded } from '@baton/kernel/testing';
import { leadCommands, ToLead } from '../write/lead/lead.events';
import { ToMerges } from '../write/merges/merges.events';
import { copyMergedFacts, followMerges } from './merges.policy';
import { followVisitors } from './visitors.policy';

const look = () => Promise.resolve([]);
const reactions = async (policy: typeof followMerges, type: string, data: object) => {
  const sent = await policy.react(recorded({ type, data }), look);
  for (const reaction of sent) {
    expect(checkData(leadCommands, reaction)).toBeUndefined();
    expect((reaction.data as { leadId: string }).leadId).toBe(reaction.id);
  }
  return sent;
};

describe('what a lead records of other streams', () => {
  const ids = { leadId: 'ada', mergedLeadId: 'bea' };
  const merge = { ...ids, mergeNumber: 7 };
  const toMerged = { to: ToLead, id: 'bea', data: { leadId: 'bea', survivorId: 'ada', mergeNumber: 7 } };
  it('that a merge is reserved, by its number', async () =>
    expect(await followMerges.react(recorded({ type: 'MergeReserved', data: ids }, { revision: 7 }), look)).toEqual([
      { to: ToLead, id: 'ada', type: 'RecordMerge', data: merge },
    ]));
  it('that it was merged', async () =>
    expect(await reactions(followMerges, 'LeadMerged', merge)).toEqual([{ ...toMerged, type: 'FollowMerge' }]));
  it('that it was separated again', async () =>
    expect(await reactions(followMerges, 'LeadUnmerged', merge)).toEqual([{ ...toMerged, type: 'FollowUnmerge' }]));
  it('nothing more when the merge is released', async () => {
    const event = recorded({ type: 'LeadUnmergedFrom', data: toMerged.data });
    expect(await followMerges.react(event, look)).toEqual([
      { to: ToMerges, id: 'all', type: 'ReleaseMerge', data: { mergedLeadId: 'bea', mergeNumber: 7 } },
    ]);
  });
  it('what it had from leads that were merged into it before, of which it is not said since when', async () => {
    const captured = recorded({ type: 'LeadCaptured', data: { leadId: 'bea' } });
    for (const stage of ['rejected', 'recycled', 'lead', 'customer']) {
      const data = { leadId: 'bea', mergedLeadId: 'cyd', touches: [], stage: { stage } };
      const added = recorded({ type: 'MergedFactsAdded', data }, { revision: 1 });
      const merged = recorded({ type: 'LeadMergedInto', data: toMerged.data }, { revision: 2 });
      const stream = lookThrough(async () => [captured, added, merged]);
      const sent = await copyMergedFacts.react(merged, stream);
      expect(sent.map((reaction) => checkData(leadCommands, reaction))).toEqual([undefined, undefined]);
      expect(sent[1]!.data).toMatchObject({ leadId: 'ada', through: ['cyd'], stage: { stage } });
    }
  });
  it('that a visitor was identified as the person', async () =>
    expect(await reactions(followVisitors, 'VisitorIdentified', { visitorId: 'v1', leadId: 'ada' })).toEqual([
      { to: ToLead, id: 'ada', type: 'LinkVisitor', data: { leadId: 'ada', visitorId: 'v1' } },
    ]));
  it('that a visitor was identified before the capture', async () => {
    const at = (day: number) => `2024-01-0${day}T00:00:00.000Z`;
    const named = recorded({ type: 'LeadNamed', data: { leadId: 'ada', visitorId: 'v1' } }, { occurredAt: at(4) });
    const captured = recorded({ type: 'LeadCaptured', data: { leadId: 'ada' } }, { occurredAt: at(2), revision: 1 });
    expect(
      await followVisitors.react(
        captured,
        lookThrough(async () => [named, captured]),
      ),
    ).toEqual([
      { to: ToLead, id: 'ada', type: 'LinkVisitor', data: { leadId: 'ada', visitorId: 'v1' }, occurredAt: at(4) },
    ]);
  });
  describe('visits', () => {
    const at = (day: number) => `2024-01-0${day}T00:00:00.000Z`;
    const visit = (id: string, day: number, leadId?: string) =>
      recorded(
        {
          type: 'VisitRecorded',
          data: { visitorId: 'v1', action: 'view', team: 'marketing', ...(leadId && { leadId }) },
        },
        { id, occurredAt: at(day), stream: 'visitor-v1' },
      );
    const linked = recorded(
      { type: 'LeadVisitorLinked', data: { leadId: 'ada', visitorId: 'v1' } },
      { occurredAt: at(5) },
    );
    const streams = (lead: StoredEvent[], visitor: StoredEvent[]) => async (stream: string) =>
      stream === 'lead-ada' ? lead : stream === 'visitor-v1' ? visitor : [];
    const joined = async (event: StoredEvent, look: ReturnType<typeof streams>) =>
      (await followVisitors.react(event, lookThrough(look))).map(({ type, data }) => {
        expect(checkData(leadCommands, { type, data })).toBeUndefined();
        return [type, (data as { visits: { id: string }[] }).visits.map(({ id }) => id)];
      });

    it('once the visitor is linked, oldest first', async () =>
      expect(await joined(linked, streams([linked], [visit('b', 3), visit('a', 1), visit('c', 4, 'eve')]))).toEqual([
        ['JoinVisits', ['a', 'b']],
      ]));
    it('each later one, and none before the link, which includes it', async () => {
      const later = visit('d', 6, 'ada');
      expect(await joined(later, streams([linked], [later]))).toEqual([['JoinVisits', ['d']]]);
      expect(await joined(later, streams([], [later]))).toEqual([]);
      expect(await joined(visit('e', 6), streams([linked], []))).toEqual([]);
    });
    it('any number of them, split over events', async () => {
      const many = Array.from({ length: 1_001 }, (_, n) => visit(`v-${String(n).padStart(4, '0')}`, 1));
      const sizes = (await joined(linked, streams([linked], many))).map(([, ids]) => ids!.length);
      expect(sizes).toEqual([500, 500, 1]);
    });
  });
});
