import { specFor } from '@baton/kernel/testing';
import { feedbackDecider } from './feedback.decider';
import type { FeedbackEvent } from './feedback.events';

const given = specFor(feedbackDecider);
const none = { objections: [], competitors: [], questions: [], messages: [], content: [] };
const told: FeedbackEvent = {
  type: 'FeedbackGiven',
  data: { feedbackId: 'f1', leadId: 'ada', ...none, objections: ['Price'] },
};
const dealOnly: FeedbackEvent = {
  type: 'FeedbackGiven',
  data: { feedbackId: 'f1', opportunityId: 'd1', ...none, questions: ['SSO?'] },
};
const withdrawn: FeedbackEvent = {
  type: 'FeedbackWithdrawn',
  data: { feedbackId: 'f1', leadId: 'ada', reason: 'wrong call' },
};

describe('giving feedback', () => {
  const give = (data: object) => ({ type: 'GiveFeedback' as const, data: { feedbackId: 'f1', ...data } });
  it('normalizes codes, and keeps the first of several spellings', () =>
    given()
      .when(
        give({
          leadId: 'ada',
          objections: ['  Too   expensive ', 'too expensive', 'TOO EXPENSIVE'],
          note: 'She laughed.',
        }),
      )
      .then({
        type: 'FeedbackGiven',
        data: { feedbackId: 'f1', leadId: 'ada', ...none, objections: ['Too expensive'], note: 'She laughed.' },
      }));
  it('treats composed and decomposed characters as equal', () =>
    given()
      .when(give({ opportunityId: 'd1', competitors: ['Caf\u00e9', 'Cafe\u0301'] }))
      .then({
        type: 'FeedbackGiven',
        data: { feedbackId: 'f1', opportunityId: 'd1', ...none, competitors: ['Café'] },
      }));
  it('leaves out a blank industry or campaign', () =>
    given()
      .when(give({ leadId: 'ada', objections: ['Price'], industry: '  ', campaign: '' }))
      .then(told));
  it('needs a subject', () =>
    given()
      .when(give({ objections: ['price'] }))
      .thenRefused('feedback/no-subject', 'leadId'));
  it('accepts a call only with its lead', () =>
    given()
      .when(give({ opportunityId: 'd1', touchId: 't1', objections: ['price'] }))
      .thenRefused('feedback/touch-needs-lead', 'leadId'));
  it('accepts a note only with a lead, whose key encrypts it', () =>
    given()
      .when(give({ opportunityId: 'd1', note: 'They laughed.' }))
      .thenRefused('feedback/note-needs-lead', 'leadId'));
  it('must not be empty', () =>
    given()
      .when(give({ leadId: 'ada', objections: [] }))
      .thenRefused('feedback/nothing-said'));
  it('refuses a blank code or note with its path', () => {
    given()
      .when(give({ leadId: 'ada', questions: ['why', ' \t '] }))
      .thenRefused('command/invalid', 'questions.1');
    given()
      .when(give({ leadId: 'ada', note: ' \u200b' }))
      .thenRefused('command/invalid', 'note');
  });
  it('refuses a value that is no list of texts, or too long', () => {
    given()
      .when(give({ leadId: 'ada', objections: [1] as never }))
      .thenRefused('command/invalid', 'objections.0');
    given()
      .when(give({ leadId: 'ada', objections: ['x'.repeat(201)] }))
      .thenRefused('command/invalid', 'objections.0');
    given()
      .when(give({ leadId: 'ada', objections: Array.from({ length: 51 }, (_, n) => `o${n}`) }))
      .thenRefused('command/invalid', 'objections');
    given()
      .when(give({ leadId: '../x', objections: ['price'] }))
      .thenRefused('command/invalid', 'leadId');
  });
  it('is refused under a used id', () =>
    given(told)
      .when(give({ leadId: 'ada', objections: ['Price'] }))
      .thenRefused('feedback/already-given', 'feedbackId'));
});

describe('attributing feedback', () => {
  const place = (data: object) => ({ type: 'AttributeFeedback' as const, data: { feedbackId: 'f1', ...data } });
  const placed: FeedbackEvent = {
    type: 'FeedbackAttributed',
    data: { feedbackId: 'f1', leadId: 'ada', industry: 'Steel', campaign: 'spring' },
  };
  it('adds missing values', () =>
    given(told)
      .when(place({ industry: 'Steel', campaign: 'spring' }))
      .then(placed));
  it('never replaces given values', () =>
    given({ ...told, data: { ...told.data, industry: 'Glass' } } as FeedbackEvent)
      .when(place({ industry: 'Steel' }))
      .then());
  it('is safe to send twice', () =>
    given(told, placed)
      .when(place({ industry: 'Steel', campaign: 'spring' }))
      .then());
  it('changes nothing that is unknown, withdrawn, or about no person', () => {
    given()
      .when(place({ industry: 'Steel' }))
      .then();
    given(told, withdrawn)
      .when(place({ industry: 'Steel' }))
      .then();
    given(dealOnly)
      .when(place({ industry: 'Steel' }))
      .then();
  });
});

describe('correcting feedback', () => {
  const correct = (data: object) => ({ type: 'CorrectFeedback' as const, data: { feedbackId: 'f1', ...data } });
  const corrected: FeedbackEvent = {
    type: 'FeedbackCorrected',
    data: { feedbackId: 'f1', leadId: 'ada', ...none, objections: ['Price'], competitors: ['Acme'], industry: 'Steel' },
  };
  it('replaces the given fields and keeps the rest', () =>
    given(told)
      .when(correct({ competitors: ['Acme'], industry: 'Steel' }))
      .then(corrected));
  it('changes nothing if it is equal', () => {
    given(told, corrected)
      .when(correct({ competitors: ['Acme'] }))
      .then();
    given(told).when(correct({})).then();
  });
  it('may not remove everything', () =>
    given(told)
      .when(correct({ objections: [] }))
      .thenRefused('feedback/nothing-said'));
  it('may leave the note alone, sealed or not', () =>
    given({ ...told, data: { ...told.data, note: { $sealed: 'v1.x', subject: 'ada', context: 'x' } } } as FeedbackEvent)
      .when(correct({ objections: [] }))
      .then({ type: 'FeedbackCorrected', data: { feedbackId: 'f1', leadId: 'ada', ...none } }));
  it('accepts no note without a lead, or with another lead', () => {
    for (const about of [dealOnly, told])
      given(about)
        .when(correct({ note: 'x' }))
        .thenRefused('feedback/note-needs-lead', 'leadId');
    for (const about of [dealOnly, told])
      given(about)
        .when(correct({ leadId: 'bob', note: 'x' }))
        .thenRefused('feedback/other-lead', 'leadId');
    given(told)
      .when(correct({ leadId: 'ada', note: 'x' }))
      .then({ ...told, type: 'FeedbackCorrected', data: { ...told.data, note: 'x' } } as FeedbackEvent);
  });
  it('is refused for unknown and withdrawn feedback', () => {
    given()
      .when(correct({ content: ['guide'] }))
      .thenRefused('feedback/unknown', 'feedbackId');
    given(told, withdrawn)
      .when(correct({ content: ['guide'] }))
      .thenRefused('feedback/withdrawn', 'feedbackId');
  });
});

describe('withdrawing feedback', () => {
  const withdraw = { type: 'WithdrawFeedback' as const, data: { feedbackId: 'f1', reason: 'wrong call' } };
  it('withdraws it with the reason', () => given(told).when(withdraw).then(withdrawn));
  it('is safe to send twice', () => given(told, withdrawn).when(withdraw).then());
  it('is refused for unknown feedback', () => given().when(withdraw).thenRefused('feedback/unknown', 'feedbackId'));
});
