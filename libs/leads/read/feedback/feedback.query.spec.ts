import {
  bothWhere,
  conditionsOfFilter,
  lookThrough,
  type ListFilter,
  type StoredEvent,
  type Where,
} from '@baton/kernel';
import { foldAll, recorded } from '@baton/kernel/testing';
import { DateTime } from 'luxon';
import { modelsOf } from '../../../../test/support/read-models';
import { attributeFeedback } from '../../policies/feedback.policy';
import { feedbackTopics as topics, type FeedbackEvent } from '../../write/feedback/feedback.events';
import type { LeadEvent } from '../../write/lead/lead.events';
import { leads } from '../leads/leads.read-model';
import { mergedLeadsOf } from '../leads/merged-leads.rules';
import { feedbackBreakdowns, feedbackTopics, type FeedbackBreakdown } from './feedback.query';
import { feedbackList } from './feedback.read-model';

const at = (day: string) => ({ occurredAt: `2024-${day}T00:00:00.000Z` });
const none = { objections: [], competitors: [], questions: [], messages: [], content: [] };
const told = (feedbackId: string, day: string, data: object): StoredEvent =>
  recorded<FeedbackEvent>({ type: 'FeedbackGiven', data: { feedbackId, ...none, ...data } }, at(day));
const lead = (event: LeadEvent): StoredEvent => recorded(event, { stream: `lead-${event.data.leadId}` });

const history = [
  lead({ type: 'LeadCaptured', data: { leadId: 'ada' } }),
  lead({ type: 'LeadCaptured', data: { leadId: 'ada2' } }),
  lead({ type: 'LeadMerged', data: { leadId: 'ada', mergedLeadId: 'ada2', mergeNumber: 0 } }),
  lead({ type: 'LeadMergedInto', data: { leadId: 'ada2', survivorId: 'ada', mergeNumber: 0 } }),
  told('f1', '01-10', { leadId: 'ada', objections: ['Price', 'No SSO'], industry: 'Steel', note: 'She laughed.' }),
  told('f2', '01-20', { leadId: 'ada2', objections: ['price'], industry: 'STEEL', campaign: 'Spring' }),
  told('f3', '02-01', { opportunityId: 'd1', objections: ['PRICE'], competitors: ['Acme'] }),
  told('f4', '02-02', { leadId: 'ada', objections: ['timing'], campaign: 'spring', note: 'Never mind.' }),
  told('f5', '02-03', { leadId: 'ada', objections: ['price'] }),
  recorded<FeedbackEvent>(
    { type: 'FeedbackWithdrawn', data: { feedbackId: 'f5', leadId: 'ada', reason: 'x' } },
    at('02-04'),
  ),
  recorded<FeedbackEvent>(
    { type: 'FeedbackAttributed', data: { feedbackId: 'f4', leadId: 'ada', industry: 'Glass' } },
    at('02-04'),
  ),
  recorded<FeedbackEvent>(
    {
      type: 'FeedbackCorrected',
      data: { feedbackId: 'f3', ...none, objections: ['PRICE'], competitors: ['Acme Inc.'] },
    },
    at('02-05'),
  ),
];

describe('feedback topics', () => {
  const models = modelsOf([feedbackList, leads], history);

  it('count a code ignoring spelling, under its first spelling, without withdrawn feedback', async () =>
    expect(await feedbackTopics(await models, { topic: 'objections' })).toEqual({
      feedback: 4,
      rows: [
        { group: null, code: 'Price', feedback: 3 },
        { group: null, code: 'No SSO', feedback: 1 },
        { group: null, code: 'timing', feedback: 1 },
      ],
    }));
  it('count corrected feedback as corrected', async () =>
    expect((await feedbackTopics(await models, { topic: 'competitors' })).rows).toEqual([
      { group: null, code: 'Acme Inc.', feedback: 1 },
    ]));
  it('break down by industry, ignoring spelling', async () =>
    expect((await feedbackTopics(await models, { topic: 'objections', by: 'industry', top: 1 })).rows).toEqual([
      { group: null, code: 'PRICE', feedback: 1 },
      { group: 'Glass', code: 'timing', feedback: 1 },
      { group: 'Steel', code: 'Price', feedback: 2 },
    ]));
  it('break down by campaign, and by month in a time zone', async () => {
    const by = async (by: 'campaign' | 'month', timeZone?: string) =>
      (await feedbackTopics(await models, { topic: 'objections', by, top: 1, ...(timeZone && { timeZone }) })).rows.map(
        ({ group, feedback }) => [group, feedback],
      );
    expect(await by('campaign')).toEqual([
      [null, 2],
      ['Spring', 1],
    ]);
    expect(await by('month')).toEqual([
      ['2024-01', 2],
      ['2024-02', 1],
    ]);
    expect(await by('month', 'America/New_York')).toEqual([
      ['2024-01', 3],
      ['2024-02', 1],
    ]);
  });
  it('can be limited to a period, an industry, a campaign, a deal', async () => {
    const total = async (filters: object) =>
      (await feedbackTopics(await models, { topic: 'objections', ...filters })).feedback;
    expect(await total({ from: '2024-01-20T00:00:00.000Z', to: '2024-02-02T00:00:00.000Z' })).toBe(2);
    expect(await total({ industry: { in: [' steel'] } })).toBe(2);
    expect(await total({ campaign: { startsWith: 'SPR' } })).toBe(2);
    expect(await total({ opportunityId: 'd1' })).toBe(1);
    expect(await total({ opportunityId: '__proto__' })).toBe(0);
  });
  it('refuse an unknown time zone', async () =>
    expect(feedbackTopics(await models, { topic: 'content', by: 'month', timeZone: 'Mars/X' })).rejects.toMatchObject({
      code: 'time/unknown-zone',
    }));
  it('count as many feedback items behind every row as the list finds', async () => {
    const groupFilter = (by: FeedbackBreakdown, group: string | null): ListFilter => {
      if (by !== 'month') return { [by]: group === null ? { none: true } : { in: [group] } };
      const next = DateTime.fromISO(`${group}-01`, { zone: 'utc' }).plus({ months: 1 }).toISODate()!;
      return { givenAt: { from: `${group}-01`, to: next } };
    };
    for (const by of [undefined, ...feedbackBreakdowns])
      for (const topic of topics)
        for (const timeZone of ['UTC', 'America/New_York']) {
          const { rows } = await feedbackTopics(await models, { topic, timeZone, ...(by && { by }) });
          for (const { group, code, feedback } of rows) {
            const filter = { [topic]: { any: [code.toLowerCase()] }, ...(by && groupFilter(by, group)) };
            const { where } = conditionsOfFilter(feedbackList, filter, timeZone);
            const list = feedbackList.shown.lists['feedback']!.where as Where;
            expect(await (await models).count(feedbackList, bothWhere(list, where))).toBe(feedback);
          }
        }
  });
  it('are found by one of some codes, and by all of them', async () => {
    const found = async (objections: object) => {
      const { where } = conditionsOfFilter(feedbackList, { objections }, 'UTC');
      return (await (await models).find(feedbackList, { where })).map(({ id }) => id).sort();
    };
    expect(await found({ any: ['TIMING', 'no sso'] })).toEqual(['f1', 'f4']);
    expect(await found({ all: ['price', 'No  SSO'] })).toEqual(['f1']);
    expect(await found({ any: [] })).toEqual([]);
    expect(await found({})).toHaveLength(5);
  });
  it('find the feedback on a person, including leads merged into it', async () => {
    expect((await feedbackTopics(await models, { topic: 'objections', leadId: 'ada' })).feedback).toBe(3);
    const alsoIds = feedbackList.shown.fields['leadId']!.options.alsoIds!;
    expect(await alsoIds(await models, ['ada'])).toEqual(['ada2']);
    expect(await mergedLeadsOf(await models, ['ada2', 'nobody'])).toEqual([]);
  });
  it('keep the words of reps only in the document of the person, while the feedback exists', async () => {
    const people = foldAll(leads, history);
    expect(people.get('ada')!.feedbackNotes).toEqual({ f1: 'She laughed.', f4: 'Never mind.' });
    const taken: FeedbackEvent = { type: 'FeedbackWithdrawn', data: { feedbackId: 'f4', leadId: 'ada', reason: 'x' } };
    expect(foldAll(leads, [...history, recorded(taken)]).get('ada')!.feedbackNotes).toEqual({ f1: 'She laughed.' });
    expect(JSON.stringify([...foldAll(feedbackList, history)])).not.toContain('laughed');
  });
});

describe('the industry and campaign of feedback', () => {
  const facts = [
    lead({ type: 'LeadCaptured', data: { leadId: 'ada', industry: 'Steel' } }),
    recorded<LeadEvent>(
      { type: 'TouchRecorded', data: { leadId: 'ada', action: 'click', team: 'marketing', campaign: 'winter' } },
      at('01-01'),
    ),
    recorded<LeadEvent>(
      { type: 'TouchRecorded', data: { leadId: 'ada', action: 'click', team: 'marketing', campaign: 'autumn' } },
      { occurredAt: '2023-10-01T00:00:00.000Z' }, // recorded late
    ),
    recorded<LeadEvent>(
      { type: 'TouchRecorded', data: { leadId: 'ada', action: 'click', team: 'marketing', campaign: 'spring' } },
      at('03-01'),
    ),
  ];
  const placed = (data: object) =>
    attributeFeedback.react(
      told('f1', '02-01', data),
      lookThrough((stream) => Promise.resolve(stream === 'lead-ada' ? facts : [])),
    );
  it('follow from the profile and the latest campaign before it', async () =>
    expect(await placed({ leadId: 'ada' })).toMatchObject([
      { id: 'f1', type: 'AttributeFeedback', data: { feedbackId: 'f1', industry: 'Steel', campaign: 'winter' } },
    ]));
  it('are kept as given, and empty if unknown', async () => {
    expect(await placed({ leadId: 'ada', industry: 'Glass', campaign: 'x' })).toEqual([]);
    expect(await placed({ leadId: 'bob' })).toEqual([]);
    expect(await placed({ opportunityId: 'd1' })).toEqual([]);
  });
});
