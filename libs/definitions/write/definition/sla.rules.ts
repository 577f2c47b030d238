import {
  durationMs,
  flag,
  integer,
  list,
  money,
  object,
  oneOf,
  optional,
  real,
  text,
  type Fault,
  type Static,
} from '@baton/kernel';

/** The longest budget: deadlines further away could lie beyond the days that a calendar describes. */
const MAX_BUDGET = 'P92D';
/** The budget that ends with the business day on which the clock starts. */
export const SAME_BUSINESS_DAY = 'same-business-day';

const eventPattern = object({
  event: text('Event type: LeadHandedOff; `*` for any.', {
    pattern: '^([A-Za-z][A-Za-z0-9]*|\\*)$',
    requirement: 'the name of an event type, or *',
    max: 100,
  }),
  where: optional(
    list(
      object({
        field: text('Field of the event.', { min: 1, max: 100 }),
        in: list(text('', { max: 300 }), 'Allowed values; an absent field counts as empty text.', { max: 100 }),
      }),
      'Conditions; every one must hold.',
      { max: 20 },
    ),
  ),
});
export type EventPattern = Static<typeof eventPattern>;
const eventPatterns = (description: string) => list(eventPattern, description, { max: 20 });

const obligation = object({
  kind: text('Kind of obligation: first-response, disposition, attempts, resolution, or a name of your own.', {
    pattern: '^[a-z][a-z0-9-]{0,49}$',
    requirement: 'a code: 1 to 50 small letters, digits and hyphens, beginning with a letter',
  }),
  start: eventPatterns(
    'Events that start the clock; a new start ends the earlier clock, which counts as neither met nor breached.',
  ),
  stop: eventPatterns('Events that fulfil the obligation.'),
  times: optional(integer('Number of such events needed; 1 by default.', { min: 1, max: 100 })),
  mix: optional(
    object({
      field: text('Field of the events in `stop`: action.', { min: 1, max: 100 }),
      atLeast: integer('Number of different values needed.', { min: 1, max: 20 }),
    }),
  ),
  last: optional(
    flag('The last event in `stop` counts, not the first: work that was taken up again was not finished.'),
  ),
  fail: optional(eventPatterns('Events that breach the obligation at once if it is not fulfilled yet.')),
  cancel: optional(
    eventPatterns(
      'Events that cancel the obligation: it counts as neither met nor breached, even if the event is in `fail` too.',
    ),
  ),
  pause: optional(eventPatterns('Events that pause the clock.')),
  resume: optional(eventPatterns('Events that resume the clock; the same event may start a new pause.')),
  budget: text(`Time allowed: an ISO 8601 duration (PT1H, P2D) up to ${MAX_BUDGET}, or ${SAME_BUSINESS_DAY}.`),
  clock: oneOf(
    ['business-calendar', 'wall-clock'],
    'Which time counts: business hours or wall-clock time. Without a business calendar in force it is wall-clock time.',
  ),
  escalation: optional(
    list(
      object({
        percent: optional(integer('Percentage of the budget that has passed, 1 to 100.', { min: 1, max: 100 })),
        afterBreach: optional(
          text('Or the time since the due instant, as an ISO 8601 duration of wall-clock time: PT24H, PT0S.'),
        ),
        notify: text('Who is notified: rep, manager, handoff-owner …', { min: 1, max: 100 }),
      }),
      'Escalation steps, earliest first.',
      { max: 20 },
    ),
  ),
});
export type Obligation = Static<typeof obligation>;

/** What marketing commits to: a number of qualified leads per period, or the pipeline that they should create. */
const marketingCommitment = object({
  per: oneOf(['month', 'quarter', 'year'], 'Calendar period of the numbers.'),
  qualified: optional(integer('Number of qualified leads per period.', { min: 1, max: 1_000_000_000 })),
  pipeline: optional(
    object(
      {
        target: money('Pipeline to create per period.'),
        averageDeal: money('Average amount of a deal, in the currency of the target.'),
        opportunityRate: real('Share of sales-qualified leads that become opportunities; more than 0, at most 1.', {
          min: 0,
          max: 1,
        }),
      },
      'Pipeline target; the number of sales-qualified leads needed is target / averageDeal / opportunityRate.',
    ),
  ),
});
export type MarketingCommitment = Static<typeof marketingCommitment>;

/** The SLA: obligations of sales for each lead handed off, with their escalation, and the commitment of marketing. */
export const slaPolicy = object({
  obligations: list(obligation, '', { max: 20 }),
  marketing: optional(marketingCommitment),
});
export type SlaPolicy = Static<typeof slaPolicy>;

const validateDurationRange = (value: string, path: string, atLeast: number): Fault | undefined => {
  try {
    const ms = durationMs(value);
    if (ms >= atLeast && ms <= durationMs(MAX_BUDGET)) return undefined;
    return {
      path,
      message: `The duration must be ${atLeast > 0 ? 'longer than zero and ' : ''}at most ${MAX_BUDGET}.`,
    };
  } catch (error) {
    return { path, message: (error as Error).message };
  }
};

const validateMarketing = ({ qualified, pipeline }: MarketingCommitment): Fault | undefined => {
  if (qualified === undefined && !pipeline)
    return { path: 'marketing', message: 'marketing needs qualified, pipeline or both.' };
  if (!pipeline) return undefined;
  const { target, averageDeal, opportunityRate } = pipeline;
  if (target.minor <= 0)
    return { path: 'marketing.pipeline.target.minor', message: 'The amount must be greater than zero.' };
  if (averageDeal.minor <= 0)
    return { path: 'marketing.pipeline.averageDeal.minor', message: 'The amount must be greater than zero.' };
  if (target.currency !== averageDeal.currency)
    return {
      path: 'marketing.pipeline.averageDeal.currency',
      message: 'averageDeal must have the currency of target.',
    };
  return opportunityRate > 0
    ? undefined
    : { path: 'marketing.pipeline.opportunityRate', message: 'opportunityRate must be greater than 0.' };
};

/** @returns the first fault that the schema cannot find: durations, escalation steps out of order, repeated kinds */
export const validateSlaPolicy = (body: SlaPolicy): Fault | undefined => {
  const kinds = new Set<string>();
  const { obligations, marketing } = body;
  const unsound = marketing && validateMarketing(marketing);
  if (unsound) return unsound;
  for (const [index, each] of obligations.entries()) {
    const at = (field: string) => `obligations.${index}.${field}`;
    if (kinds.has(each.kind))
      return { path: at('kind'), message: 'Another obligation has this kind; list each kind once.' };
    kinds.add(each.kind);
    if (each.start.length === 0) return { path: at('start'), message: 'start must list at least one event.' };
    if (each.stop.length === 0) return { path: at('stop'), message: 'stop must list at least one event.' };
    if (each.resume && !each.pause)
      return {
        path: at('resume'),
        message: 'resume needs pause: list the events that pause the clock, or remove resume.',
      };
    if (each.last && (each.times ?? 1) + (each.mix ? 1 : 0) > 1)
      return { path: at('last'), message: 'last cannot be combined with times or mix.' };
    if (each.budget !== SAME_BUSINESS_DAY) {
      const fault = validateDurationRange(each.budget, at('budget'), 1);
      if (fault) return fault;
    } else if (each.clock === 'wall-clock')
      return { path: at('clock'), message: `A budget of ${SAME_BUSINESS_DAY} needs clock: business-calendar.` };
    let breached = -1;
    let percent = 0;
    for (const [place, step] of (each.escalation ?? []).entries()) {
      const path = at(`escalation.${place}`);
      if ((step.percent === undefined) === (step.afterBreach === undefined))
        return { path, message: 'Each escalation step needs either percent or afterBreach, not both.' };
      if (step.percent !== undefined) {
        if (breached >= 0 || step.percent < percent)
          return { path, message: 'Escalation steps must be in order of time, earliest first.' };
        percent = step.percent;
        continue;
      }
      const fault = validateDurationRange(step.afterBreach!, `${path}.afterBreach`, 0);
      if (fault) return fault;
      const ms = durationMs(step.afterBreach!);
      if (ms < breached) return { path, message: 'Escalation steps must be in order of time, earliest first.' };
      breached = ms;
    }
  }
  return undefined;
};
