import { catalogueOf, events, list, optional, personal, ref, text, type Journal, type Recorded } from '@baton/kernel';
import { recorded } from '@baton/kernel/testing';
import type { ReadModels } from '@baton/platform/documents';
import { modelsOf } from '../../../../test/support/read-models';
import { caseFile } from './case-file.projection';
import { caseFileOf, caseFilePage } from './case-file.query';

const leadId = ref('lead');
const catalogue = catalogueOf([
  events({
    LeadCaptured: { version: 1, leadId, name: optional(personal(text())), company: optional(text()) },
    LeadProfileChanged: { version: 1, leadId, name: optional(personal(text())), company: optional(text()) },
    LeadHandedOff: { version: 1, leadId, rep: text(), definition: ref('definition') },
    LeadMerged: { version: 1, leadId, mergedLeadId: leadId },
    LeadUnmerged: { version: 1, leadId, mergedLeadId: leadId },
    LeadVisitorLinked: { version: 1, leadId, visitorId: ref('visitor') },
    VisitRecorded: { version: 1, visitorId: ref('visitor') },
    OpportunityWon: { version: 1, opportunityId: ref('opportunity'), leadIds: list(leadId) },
  }),
]);
type Line = readonly [stream: string, type: string, data: object];

/** A journal that opens what these lines sealed as `sealed:<JSON>`; of forgotten people nothing. */
const journal = (forgotten: readonly string[] = []) =>
  ({
    open: async (all: readonly Recorded[]) =>
      all.map((event) => {
        const { $personal, ...data } = event.data as Record<string, string>;
        if ($personal === undefined) return event;
        const fields = forgotten.includes(data['leadId']!) ? {} : (JSON.parse($personal.slice(7)) as object);
        return { ...event, data: { ...data, ...fields } };
      }),
  }) as unknown as Journal;
const secret = (fields: object) => ({ $personal: `sealed:${JSON.stringify(fields)}` });

const holding = (...lines: readonly Line[]) =>
  modelsOf(
    [caseFile(catalogue)],
    lines.map(([stream, type, data]) =>
      recorded({ type, data }, { stream, meta: { actor: 'ann', $causationId: 'cause' } }),
    ),
  );
const all = { first: 100, personal: false };
const typesOf = async (models: ReadModels, subject: string) =>
  (await caseFilePage(models, journal(), subject, all)).entries.map(({ type, stream }) => `${stream} ${type}`);

describe('a case file', () => {
  const captured: Line = ['lead-ada', 'LeadCaptured', { leadId: 'ada', company: 'Acme' }];
  const handedOff: Line = ['lead-ada', 'LeadHandedOff', { leadId: 'ada', rep: 'bo', definition: 'mql@3' }];
  const won: Line = ['opportunity-1', 'OpportunityWon', { opportunityId: '1', leadIds: ['ada', 'eve'] }];

  it('holds every event that concerns the subject, whatever its stream, in the order of the log', async () => {
    const models = await holding(captured, ['lead-bob', 'LeadCaptured', { leadId: 'bob' }], handedOff, won);
    expect(await typesOf(models, 'lead-ada')).toEqual([
      'lead-ada LeadCaptured',
      'lead-ada LeadHandedOff',
      'opportunity-1 OpportunityWon',
    ]);
    expect(await typesOf(models, 'lead-eve')).toEqual(['opportunity-1 OpportunityWon']);
    expect(await typesOf(models, 'definition-mql')).toEqual(['lead-ada LeadHandedOff']);
  });
  it('says who, when, why and under which definition', async () => {
    const { entries } = await caseFilePage(await holding(handedOff), journal(), 'lead-ada', all);
    expect(entries[0]).toMatchObject({
      actor: 'ann',
      origin: 'person',
      causationId: 'cause',
      definition: 'mql@3',
      personal: 'none',
      occurredAt: expect.any(String),
      recordedAt: expect.any(String),
    });
  });
  it('says what each event changed, from the last value of the same stream', async () => {
    const models = await holding(
      captured,
      ['lead-ada', 'LeadProfileChanged', { leadId: 'ada', company: 'Acme' }],
      ['lead-ada', 'LeadProfileChanged', { leadId: 'ada', company: 'Ajax' }],
    );
    const { entries } = await caseFilePage(models, journal(), 'lead-ada', all);
    expect(entries.map(({ changes }) => changes)).toEqual([
      [{ field: 'company', after: 'Acme' }],
      [],
      [{ field: 'company', before: 'Acme', after: 'Ajax' }],
    ]);
  });
  it('is read in pages, and a page knows what was before it', async () => {
    const models = await holding(captured, handedOff, [
      'lead-ada',
      'LeadProfileChanged',
      { leadId: 'ada', company: 'Ajax' },
    ]);
    const first = await caseFilePage(models, journal(), 'lead-ada', { first: 2, personal: false });
    expect(first).toMatchObject({ totalCount: 3, hasNextPage: true });
    const after = first.entries[1]!.position;
    expect(await caseFilePage(models, journal(), 'lead-ada', { first: 2, after, personal: false })).toMatchObject({
      hasNextPage: false,
      entries: [{ changes: [{ field: 'company', before: 'Acme', after: 'Ajax' }] }],
    });
  });
  it('is read whole as well, entry by entry, and is empty for a subject that nothing concerns', async () => {
    const models = await holding(captured, handedOff);
    const entries = [];
    for await (const entry of caseFileOf(models, journal(), 'lead-ada', { personal: false })) entries.push(entry);
    expect(entries).toEqual((await caseFilePage(models, journal(), 'lead-ada', all)).entries);
    for await (const entry of caseFileOf(models, journal(), 'lead-nobody', { personal: false }))
      throw new Error(`nothing concerns them, yet ${entry.type}`);
  });
  it('opens personal fields only for who may see them, and says when they are forgotten', async () => {
    const models = await holding(
      ['lead-ada', 'LeadCaptured', { leadId: 'ada', ...secret({ name: 'Ada' }) }],
      ['lead-ada', 'LeadProfileChanged', { leadId: 'ada', ...secret({ name: 'Ada L.' }) }],
    );
    const read = async (personal: boolean, forgotten: string[] = []) =>
      (await caseFilePage(models, journal(forgotten), 'lead-ada', { first: 9, personal })).entries.map((entry) => [
        entry.personal,
        entry.changes,
      ]);
    expect(await read(true)).toEqual([
      ['open', [{ field: 'name', after: 'Ada' }]],
      ['open', [{ field: 'name', before: 'Ada', after: 'Ada L.' }]],
    ]);
    expect(await read(false)).toEqual([
      ['sealed', []],
      ['sealed', []],
    ]);
    expect(await read(true, ['ada'])).toEqual([
      ['forgotten', []],
      ['forgotten', []],
    ]);
  });
  it('is unknown for a subject that nothing concerns', async () =>
    expect(caseFilePage(await holding(captured), journal(), 'lead-nobody', all)).rejects.toMatchObject({
      code: 'case-file/unknown',
    }));
});

describe('merged people', () => {
  const past: Line[] = [
    ['lead-ada', 'LeadCaptured', { leadId: 'ada' }],
    ['lead-eve', 'LeadCaptured', { leadId: 'eve' }],
    ['visitor-v', 'VisitRecorded', { visitorId: 'v' }],
    ['lead-eve', 'LeadVisitorLinked', { leadId: 'eve', visitorId: 'v' }],
  ];
  const merged: Line = ['lead-ada', 'LeadMerged', { leadId: 'ada', mergedLeadId: 'eve' }];
  const unmerged: Line = ['lead-ada', 'LeadUnmerged', { leadId: 'ada', mergedLeadId: 'eve' }];

  it('appear as one from either side, each event once, with the merge and the visits', async () => {
    const models = await holding(...past, merged);
    const expected = [
      'lead-ada LeadCaptured',
      'lead-eve LeadCaptured',
      'visitor-v VisitRecorded',
      'lead-eve LeadVisitorLinked',
      'lead-ada LeadMerged',
    ];
    expect(await typesOf(models, 'lead-ada')).toEqual(expected);
    expect(await typesOf(models, 'lead-eve')).toEqual(expected);
  });
  it('are two again after an unmerge, and both case files tell of it', async () => {
    const models = await holding(...past, merged, unmerged);
    const [told, ...rest] = [await typesOf(models, 'lead-ada'), await typesOf(models, 'lead-eve')];
    expect(told).toEqual(['lead-ada LeadCaptured', 'lead-ada LeadMerged', 'lead-ada LeadUnmerged']);
    expect(rest[0]).toEqual([
      'lead-eve LeadCaptured',
      'visitor-v VisitRecorded',
      'lead-eve LeadVisitorLinked',
      'lead-ada LeadMerged',
      'lead-ada LeadUnmerged',
    ]);
  });
});
