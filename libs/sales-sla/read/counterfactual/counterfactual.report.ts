import { boundsOf, field, objectFields, toMs } from '@baton/kernel';
import { pageOf } from '@baton/platform/documents';
import { pageField, report, type ReportContext } from '@baton/platform/report';
import { routingChoices } from '@baton/routing';
import { clockStates } from '../sla-board/sla-clocks.rules';
import { zoneArgument } from '../sla-board/sla-counts.report';
import { breachChanges } from './breach-changes.rules';
import { counterfactual, type Counterfactual, type CounterfactualQuestion } from './counterfactual.query';

/** The maximum number of clocks per query on the server; the command line has no such limit. */
const MOST_CLOCKS = 500_000;
/** How long an answer is cached while nothing is written to the log; only running clocks can change meanwhile. */
const CACHED_MS = 600_000;

const nullable = { nullable: true } as const;
const counts = objectFields('BreachCounts', 'The number of clocks and breaches in one group.', {
  key: field.text('The kind, rep or month; null for the total, or for clocks without a rep.', nullable),
  clocks: field.integer('Clocks under either set of terms.'),
  baseline: field.integer('Breaches under the baseline.'),
  alternative: field.integer('Breaches under the alternative.'),
  gained: field.integer('Breaches only under the alternative.'),
  lost: field.integer('Breaches only under the baseline.'),
  kept: field.integer('Breaches under both.'),
});
const judged = objectFields('JudgedClock', 'The result of a clock under one set of terms.', {
  definition: field.text('The policy, `sla-policy@2`; `given` if its body was passed in the query.'),
  calendar: field.text('The business calendar, likewise; null for the wall clock.', nullable),
  dueAt: field.instant('The last instant at which an answer is on time; null while the clock is paused.', nullable),
  answeredAt: field.instant('When it was fulfilled.', nullable),
  state: field.enum(clockStates, 'The state by when things happened.'),
  known: field.enum(
    clockStates,
    'The state by when things were recorded; differs from `state` if an answer was recorded late.',
  ),
});
const breach = objectFields('BreachChange', 'A clock that is breached under the baseline, the alternative, or both.', {
  leadId: field.id('The lead’s id.', { entity: 'Lead' }),
  kind: field.text('The kind of obligation: first-response, disposition …'),
  rep: field.text('The salesperson; null if no rep had the lead.', nullable),
  startedAt: field.instant('When the clock started.'),
  startedBy: field.id('The event that started it.'),
  change: field.enum(breachChanges, 'How the breach differs.'),
  baseline: field.object(judged, 'The result under the baseline; null if there was no obligation.', nullable),
  alternative: field.object(judged, 'The result under the alternative; null if there is no obligation.', nullable),
});
const reroutedLead = objectFields('ReroutedLead', 'A qualified lead that would have been assigned to another rep.', {
  leadId: field.id('The lead’s id.', { entity: 'Lead' }),
  qualifiedAt: field.instant('When it was qualified.'),
  baseline: field.text('The rep who got it; null if nobody did.', nullable),
  alternative: field.text('The rep who would have got it; null if no routing rules were in force.', nullable),
  queue: field.text('The queue that would have chosen the rep.', nullable),
  rule: field.text('The rule that would have selected the queue.', nullable),
  by: field.enum(routingChoices, 'Why that rep.', nullable),
  definition: field.text('The routing rules, `routing@2`; `given` if their body was passed in the query.', nullable),
});

const counterfactualAnswer = objectFields(
  'SlaCounterfactual',
  'The result of replaying the log under other terms. Read-only.',
  {
    position: field.text(
      'The position in the log up to which events were read; pass it as `asOf.knownAt` to repeat the answer.',
    ),
    at: field.instant('The time at which the clocks are evaluated.'),
    total: field.object(counts, 'All clocks; null if neither a policy nor a calendar was given.', nullable),
    byKind: field.object(counts, 'By kind of obligation.', { list: true }),
    byRep: field.object(counts, 'By salesperson.', { list: true }),
    byMonth: field.object(counts, 'By the month in which the clock started.', { list: true }),
    routedByRep: field.object(
      objectFields('RepShare', 'The number of leads of one rep, actual and simulated.', {
        rep: field.text('The salesperson.'),
        baseline: field.integer('Leads the rep got.'),
        alternative: field.integer('Leads the rep would have got.'),
      }),
      'Leads by salesperson; empty if neither routing rules nor weights were given.',
      { list: true },
    ),
    qualified: field.integer('Leads qualified in the period; 0 if neither routing rules nor weights were given.'),
    breaches: pageField(breach, 'The breaches, ordered by the start of their clocks.', {
      change: field.enum(breachChanges, 'Only breaches with this difference.', { optional: true }),
    }),
    rerouted: pageField(
      reroutedLead,
      'Leads that would have been assigned to another rep, in the order of their qualification.',
    ),
  },
);
const terms = (what: string) =>
  field.json(`${what}: a body of that kind, or a reference to a version such as "sla-policy@2"; drafts are allowed.`, {
    optional: true,
  });
export const counterfactualInput = objectFields(
  'SlaCounterfactualInput',
  'The alternative terms, and optionally the baseline to compare them with.',
  {
    policy: terms('The alternative SLA policy'),
    calendar: terms('The alternative business calendar'),
    routing: terms('The alternative routing rules'),
    weights: field.json(
      'Alternative weights by queue and rep from the start of the period on: {"emea": {"ann": 200}}. 0 removes a rep from the queue.',
      { optional: true },
    ),
    baselinePolicy: terms('The policy of the baseline, instead of the recorded clocks'),
    baselineCalendar: terms('The calendar of the baseline, instead of the recorded clocks'),
    from: field.dayOrInstant('Only clocks started and leads qualified on or after this day or instant.', {
      optional: true,
    }),
    to: field.dayOrInstant('Only clocks started and leads qualified before this day or instant.', { optional: true }),
    ...zoneArgument,
  },
);

/** The last answer from each log, so that paging through it does not read the log again. */
const answers = new WeakMap<object, { readonly key: string; readonly answer: Promise<Counterfactual> }>();
/** Computes the questions one at a time, because each reads the whole log. */
const answerOf = async (
  question: CounterfactualQuestion,
  { sources: { log, journal, context } }: ReportContext,
): Promise<Counterfactual> => {
  const tip = question.cut?.knownAt ?? (await log.tip());
  const { at, ...asked } = question;
  const key = JSON.stringify([tip, Math.floor(toMs(at) / CACHED_MS), asked]);
  const last = answers.get(log);
  if (last?.key === key) return last.answer;
  const before = last?.answer.catch(() => undefined);
  const sources = { log, journal, definitions: context.definitions };
  const answer = Promise.resolve(before).then(() => counterfactual(sources, question, MOST_CLOCKS));
  answers.set(log, { key, answer });
  return answer;
};

export const counterfactualReport = report({
  name: 'slaCounterfactual',
  description:
    'Replays the log under another policy, calendar or routing: which breaches are gained, lost and kept, and which rep would have got which lead.',
  ...{ allow: ['revops', 'analyst'], heavy: 'log' },
  arguments: { input: field.object(counterfactualInput, 'The alternative terms.') },
  answer: field.object(counterfactualAnswer, 'The answer.'),
  ask: async ({ input: { from, to, ...supposed } }, context) => {
    const { cut, sources } = context;
    const ends = [cut?.happenedBy, cut?.knownBy, cut?.now, sources.clock.now()].filter((end) => end !== undefined);
    const at = ends.reduce((first, each) => (each < first ? each : first));
    const bounds = boundsOf({ from, to, timeZone: supposed.timeZone });
    const { sla, routing, ...answer } = await answerOf({ ...supposed, ...bounds, ...(cut && { cut }), at }, context);
    return {
      ...{ position: answer.position, at: answer.at, total: sla?.total ?? null },
      ...{ byKind: sla?.byKind ?? [], byRep: sla?.byRep ?? [], byMonth: sla?.byMonth ?? [] },
      ...{ routedByRep: routing?.byRep ?? [], qualified: routing?.qualified ?? 0 },
      breaches: ({ change, ...page }) => {
        const rows = (sla?.breaches ?? []).filter((row) => change === undefined || row.change === change);
        return pageOf(rows, page, ({ leadId, kind, startedBy }) => `${leadId} ${kind} ${startedBy}`);
      },
      rerouted: (page) =>
        pageOf(routing?.differing ?? [], page, ({ leadId, qualifiedAt }) => `${leadId} ${qualifiedAt}`),
    };
  },
});
