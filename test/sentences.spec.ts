import { catalogueOf, eventsOf } from '@baton/kernel';
import { accessParts } from '@baton/platform/access';
import { followerEvents } from '@baton/platform/runner';
import { contextParts } from '../apps/contexts';
import { sampleEvent } from './support/sample-events';

const catalogue = catalogueOf([...eventsOf([accessParts, ...contextParts]), followerEvents]);
const types = [...catalogue.keys()];
const sentenceOf = (type: string, data: Readonly<Record<string, unknown>>) =>
  catalogue.get(type)!.sentence.render({ ...sampleEvent(catalogue.get(type)!, { optional: false }), ...data });

describe('the sentence of every event type', () => {
  it.each(types)('%s is readable, with all fields and with only the required ones', (type) => {
    const schema = catalogue.get(type)!;
    for (const optional of [true, false]) {
      const data = sampleEvent(schema, { optional });
      const sentence = schema.sentence.render(data);
      expect(sentence).toMatch(/^[A-Z\p{L}\d][^{}[\]]{10,400}$/u);
      expect(sentence).not.toMatch(/undefined|\[object|–|[,:;] *$| {2}| [,;]/);
      for (const field of schema.sentence.shownFields(data)) expect(data).toHaveProperty(field);
    }
  });
  it.each(types.filter((type) => catalogue.get(type)!.personal.length > 0))(
    '%s shows nothing that its reader may not see',
    (type) => {
      const schema = catalogue.get(type)!;
      const closed = schema.personal.map((field) => [field, { personal: 'sealed' }] as const);
      const data = { ...sampleEvent(schema, { optional: true }), ...Object.fromEntries(closed) };
      expect(schema.sentence.render(data)).not.toContain('sealed');
      expect(schema.sentence.shownFields(data).filter((field) => schema.personal.includes(field))).toEqual([]);
    },
  );
  it('describes the event in terms of the field', () => {
    const [team, action] = ['marketing', 'page-view'];
    expect([
      sentenceOf('LeadRejected', { reason: 'no-budget' }),
      sentenceOf('TouchRecorded', { action, team, page: '/pricing', source: 'google', medium: 'cpc', minutes: 125 }),
      sentenceOf('ObligationStarted', { kind: 'first-response', budgetMs: 7_500_000, clock: 'business-calendar' }),
      sentenceOf('ObligationMet', { kind: 'first-response', late: true }),
      sentenceOf('OpportunityWon', { amount: { minor: 100_000, currency: 'USD' } }),
      sentenceOf('QualificationScheduled', { definitions: ['mql@1'] }),
      sentenceOf('IdentityReserved', { kind: 'e-mail-address', leadId: 'ada' }),
      sentenceOf('IdentityReleased', { kind: 'external-id', leadId: 'ada' }),
      sentenceOf('LeadMerged', { leadId: 'ada', mergedLeadId: 'eve' }),
      sentenceOf('LeadUnmerged', { leadId: 'ada', mergedLeadId: 'eve' }),
    ]).toEqual([
      'Sales rejected the lead: no budget',
      'Touch by marketing: page view on /pricing, from google / cpc, 2 h 5 min',
      'A first response is due by 2024-01-17 10:00 UTC: 2 h 5 min on the business calendar',
      'The first response was done late',
      'The deal was won, amount 1,000.00 USD',
      'The lead will no longer qualify without another event, under mql@1',
      'The e-mail address was reserved for lead ada: no other lead can use it',
      'The external id of lead ada is free again: the command was refused',
      'Lead eve was merged into lead ada: they are the same person',
      'The merge of lead eve into lead ada was undone: they are two people',
    ]);
  });
});

describe('the states that event types set', () => {
  const marks = types.flatMap((type) => catalogue.get(type)!.states.map((mark) => ({ type, ...mark })));
  it('are named by the kind of their subject, in words, and each has one type of value', () => {
    const kinds = new Map<string, string>();
    for (const { type, field, name } of marks) {
      expect(name).toMatch(/^[a-z]+\.[a-z]+(-[a-z]+)*$/);
      const { type: json, format = '', money = false } = catalogue.get(type)!.object.properties[field]!;
      const kind = JSON.stringify([json, format, money]);
      expect([name, kinds.get(name) ?? kind]).toEqual([name, kind]);
      kinds.set(name, kind);
    }
  });
  it('are not details of an occurrence: a touch changes no state', () => {
    expect(marks.filter(({ type }) => ['TouchRecorded', 'VisitRecorded'].includes(type))).toEqual([]);
  });
});
