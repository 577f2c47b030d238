import { START, type Instant, type Journal, type Json, type StoredEvent } from '@baton/kernel';
import { foldAll, recorded } from '@baton/kernel/testing';
import { definitions, type DefinitionEvent } from '@baton/definitions';
import { collectionOf, firstGeneration, MemoryDocuments, ReadModels } from '@baton/platform/documents';
import type { LeadEvent } from '@baton/leads';
import { leadQualification, leadScore } from './qualification.query';

const day = (monthDay: string): Instant => `2024-${monthDay}T12:00:00.000Z`;
const leadId = 'ada';
const happened = (at: string, event: LeadEvent, more: object = {}) => recorded(event, { occurredAt: day(at), ...more });
const visit = (at: string, more: object = {}) =>
  happened(
    at,
    { type: 'TouchRecorded', data: { leadId, action: 'page-view', team: 'marketing', page: '/pricing' } },
    more,
  );
const agreed = (definitionId: string, number: number, from: string, body: object) => {
  const said = { definitionId, number };
  const events: DefinitionEvent[] = [
    { type: 'DefinitionProposed', data: { ...said, body: body as Json, reason: 'r', reviewBy: '2025-01-01' } },
    { type: 'DefinitionPutInForce', data: { ...said, from: day(from) } },
  ];
  return events.map((event) => recorded(event, { occurredAt: day(from) }));
};
const model = (points: number) => ({
  threshold: 25,
  fit: { rules: [] },
  engagement: { rules: [{ code: 'pricing', touches: { page: '/pricing' }, points, halfLife: 'P10D' }] },
});
const criteria = {
  all: [
    { touches: { page: '/pricing' }, gte: 2, within: 'P30D' },
    { field: 'employees', gte: 50 },
  ],
};

describe('the qualification of a lead', () => {
  const log: readonly StoredEvent[] = [
    happened('01-01', { type: 'LeadCaptured', data: { leadId, employees: 49 } }),
    visit('02-01'),
    visit('02-11'),
    happened('02-20', { type: 'LeadProfileChanged', data: { leadId, employees: 80 } }),
    visit('01-15', { recordedAt: day('03-10') }), // recorded late
  ];
  const journal = { read: async (stream: string) => (stream === `lead-${leadId}` ? log : []) } as unknown as Journal;
  let models: ReadModels;
  beforeAll(async () => {
    const documents = new MemoryDocuments();
    const versions = [
      ...agreed('mql', 1, '01-02', { criteria }),
      ...agreed('scoring-model', 1, '01-02', model(10)),
      ...agreed('scoring-model', 2, '02-15', model(20)),
    ];
    await documents.commit({
      writes: {
        collection: collectionOf(definitions, firstGeneration(definitions)),
        documents: [...foldAll(definitions, versions)].map(([id, doc]) => ({ id, doc, position: '1' })),
      },
      follower: 'definitions',
      checkpoint: { position: START, count: 0, digest: '' },
      fence: { lease: 'test', token: 1 },
    });
    models = new ReadModels(documents);
  });
  const ask = (at: string, more: object = {}) => leadQualification(models, journal, { leadId, at: day(at), ...more });
  const score = (at: string, more: object = {}) => leadScore(models, journal, { leadId, at: day(at), ...more });

  it('names the leaf that failed, if the criteria are not met', async () => {
    expect(await ask('02-12')).toMatchObject({ met: false, criteria: { definition: 'mql@1', because: ['all.1'] } });
    expect(await ask('02-21')).toMatchObject({
      met: true,
      definition: 'mql@1',
      criteria: { because: ['all.0', 'all.1'] },
    });
    expect(await ask('03-03')).toMatchObject({ met: false, criteria: { because: ['all.0'] } });
  });
  it('has a score at any instant, by the version in force then or by a named one', async () => {
    expect(await score('01-01')).toBeUndefined(); // no model was agreed
    expect(await score('02-01')).toMatchObject({ definition: 'scoring-model@1', hundredths: 1308 }); // 10 + 10 × 2^(−17/10)
    expect(await score('02-11')).toMatchObject({ definition: 'scoring-model@1', hundredths: 1654 });
    expect(await score('02-11', { definition: 'scoring-model@2' })).toMatchObject({ hundredths: 3308 });
    expect(await score('02-21')).toMatchObject({ definition: 'scoring-model@2', hundredths: 1654 });
  });
  it('always has the same score, also after the same events are folded again', async () => {
    const [one, other] = await Promise.all([score('02-21'), score('02-21')]);
    expect(JSON.stringify(one)).toBe(JSON.stringify(other));
    expect(one!.entries.reduce((sum, { hundredths }) => sum + hundredths, 0)).toBe(one!.hundredths);
  });
  it('is available as of what was known', async () => {
    expect(await score('02-21', { cut: { knownBy: day('03-01') } })).toMatchObject({ hundredths: 1500 });
    expect(await ask('02-21', { cut: { happenedBy: day('02-19') } })).toMatchObject({ met: false });
    expect(await score('02-21', { cut: { knownAt: log[1]!.position } })).toMatchObject({ hundredths: 500 });
  });
  it('counts the touches of a merged lead at their own instants', async () => {
    const touches = [
      { id: 'other-1', at: day('02-11'), action: 'page-view', team: 'marketing' as const, page: '/pricing' },
    ];
    const together = [
      ...log,
      happened('03-20', { type: 'LeadMerged', data: { leadId, mergedLeadId: 'ada-2', mergeNumber: 0 } }),
      happened('03-20', { type: 'MergedFactsAdded', data: { leadId, mergedLeadId: 'ada-2', touches } }),
    ];
    const read = { read: async () => together } as unknown as Journal;
    const at = (more: object = {}) => leadScore(models, read, { leadId, at: day('02-11'), ...more });
    expect(await at()).toMatchObject({ hundredths: 2654 });
    expect(await at({ cut: { happenedBy: day('03-19') } })).toMatchObject({ hundredths: 1654 });
  });
  it('is unknown for an unknown lead, and refused for an unknown version', async () => {
    expect(await ask('02-21', { leadId: 'eve' })).toBeUndefined();
    for (const definition of ['mql@9', 'sql@1', 'mql@x'])
      await expect(ask('02-21', { definition })).rejects.toMatchObject({ code: 'definition/unknown-version' });
  });
});
