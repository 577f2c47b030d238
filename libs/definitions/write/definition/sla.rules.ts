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

/** Longer budgets than this would look beyond any calendar. */
const LONGEST_BUDGET = 'P92D';
/** The budget that ends with the business day on which the clock starts. */
export const SAME_BUSINESS_DAY = 'same-business-day';

const occurrence = object({
  event: text('Event type, LeadHandedOff; `*` for any.', {
    pattern: '^([A-Za-z][A-Za-z0-9]*|\\*)$',
    says: 'the name of an event type, or *',
    max: 100,
  }),
  where: optional(
    list(
      object({
        field: text('A field of the event.', { min: 1, max: 100 }),
        in: list(text('', { max: 300 }), 'It is one of these; an absent field counts as empty text.', { max: 100 }),
      }),
      'All of these hold.',
      { max: 20 },
    ),
  ),
});
export type Occurrence = Static<typeof occurrence>;
const occurrences = (description: string) => list(occurrence, description, { max: 20 });

const obligation = object({
  kind: text('What is owed: first-response, disposition, attempts, resolution, or a name of your own.', {
    pattern: '^[a-z][a-z0-9-]{0,49}$',
    says: 'a code: 1 to 50 small letters, digits and hyphens, beginning with a letter',
  }),
  start: occurrences('Any of these starts the clock; a new start leaves the earlier clock without a verdict.'),
  stop: occurrences('Any of these fulfils it.'),
  times: optional(integer('How many stops it takes; by default 1.', { min: 1, max: 100 })),
  mix: optional(
    object({
      field: text('A field of the stops: action.', { min: 1, max: 100 }),
      atLeast: integer('So many different values of it.', { min: 1, max: 20 }),
    }),
  ),
  last: optional(flag('The last stop counts, not the first: whatever is taken up again was not done.')),
  fail: optional(occurrences('Breaches it at once where it is not fulfilled by then.')),
  cancel: optional(occurrences('Ends it without a verdict, also where it would fail.')),
  pause: optional(occurrences('The clock stands still from here …')),
  resume: optional(occurrences('… to here; a pause may begin again with the same event.')),
  budget: text(`How long it may take, ISO 8601 (PT1H, P2D) up to ${LONGEST_BUDGET}, or ${SAME_BUSINESS_DAY}.`),
  clock: oneOf(['business-calendar', 'wall-clock'], 'Which time counts; without an agreed calendar the wall’s.'),
  escalation: optional(
    list(
      object({
        percent: optional(integer('At this share of the budget.', { min: 1, max: 100 })),
        afterBreach: optional(text('Or so long after the due instant, on the wall clock: PT24H, PT0S.')),
        notify: text('Whom: rep, manager, handoff-owner …', { min: 1, max: 100 }),
      }),
      'Steps in the order of time.',
      { max: 20 },
    ),
  ),
});
export type Obligation = Static<typeof obligation>;

/** What marketing promises sales: leads that meet the definition, in number, each handed off with a complete package. */
const marketingSide = object({
  per: oneOf(['month', 'quarter', 'year'], 'The calendar period that the numbers are for.'),
  qualified: optional(integer('Qualified leads.', { min: 1, max: 1_000_000_000 })),
  pipeline: optional(
    object(
      {
        target: money('The pipeline to be made.'),
        averageDeal: money('What a deal is worth on average, in the same currency.'),
        opportunityRate: real('Share of sales-qualified leads that become opportunities, above 0.', { min: 0, max: 1 }),
      },
      'Sales-qualified leads by target / average deal / rate.',
    ),
  ),
});
export type MarketingSide = Static<typeof marketingSide>;

/** What sales owes a lead that it was handed, and what happens if it does not; and what marketing owes sales. */
export const slaPolicy = object({
  obligations: list(obligation, '', { max: 20 }),
  marketing: optional(marketingSide),
});
export type SlaPolicy = Static<typeof slaPolicy>;

const spanFault = (value: string, path: string, atLeast: number): Fault | undefined => {
  try {
    const ms = durationMs(value);
    if (ms >= atLeast && ms <= durationMs(LONGEST_BUDGET)) return undefined;
    return { path, message: `Give a duration of at most ${LONGEST_BUDGET}${atLeast > 0 ? ', above zero' : ''}.` };
  } catch (error) {
    return { path, message: (error as Error).message };
  }
};

const soundMarketing = ({ qualified, pipeline }: MarketingSide): Fault | undefined => {
  if (qualified === undefined && !pipeline)
    return { path: 'marketing', message: 'Promise a number of qualified leads, or a pipeline.' };
  if (!pipeline) return undefined;
  const { target, averageDeal, opportunityRate } = pipeline;
  if (target.minor <= 0) return { path: 'marketing.pipeline.target.minor', message: 'Give more than nothing.' };
  if (averageDeal.minor <= 0)
    return { path: 'marketing.pipeline.averageDeal.minor', message: 'Give more than nothing.' };
  if (target.currency !== averageDeal.currency)
    return { path: 'marketing.pipeline.averageDeal.currency', message: 'Give the currency of the target.' };
  return opportunityRate > 0
    ? undefined
    : { path: 'marketing.pipeline.opportunityRate', message: 'Give a share above 0.' };
};

/** @returns what the schema cannot say: durations, steps with one time each and in order, kinds named once */
export const validateSlaPolicy = (body: SlaPolicy): Fault | undefined => {
  const kinds = new Set<string>();
  const { obligations, marketing } = body;
  const unsound = marketing && soundMarketing(marketing);
  if (unsound) return unsound;
  for (const [index, each] of obligations.entries()) {
    const at = (field: string) => `obligations.${index}.${field}`;
    if (kinds.has(each.kind)) return { path: at('kind'), message: 'Each kind stands once.' };
    kinds.add(each.kind);
    if (each.start.length === 0) return { path: at('start'), message: 'Name what starts the clock.' };
    if (each.stop.length === 0) return { path: at('stop'), message: 'Name what fulfils it.' };
    if (each.resume && !each.pause) return { path: at('resume'), message: 'Nothing pauses this clock.' };
    if (each.last && (each.times ?? 1) + (each.mix ? 1 : 0) > 1)
      return { path: at('last'), message: 'The last stop alone cannot also be counted.' };
    if (each.budget !== SAME_BUSINESS_DAY) {
      const fault = spanFault(each.budget, at('budget'), 1);
      if (fault) return fault;
    } else if (each.clock === 'wall-clock')
      return { path: at('clock'), message: 'A business day needs the business calendar.' };
    let breached = -1;
    let percent = 0;
    for (const [place, step] of (each.escalation ?? []).entries()) {
      const path = at(`escalation.${place}`);
      if ((step.percent === undefined) === (step.afterBreach === undefined))
        return { path, message: 'Give either percent or afterBreach.' };
      if (step.percent !== undefined) {
        if (breached >= 0 || step.percent < percent) return { path, message: 'Steps stand in the order of time.' };
        percent = step.percent;
        continue;
      }
      const fault = spanFault(step.afterBreach!, `${path}.afterBreach`, 0);
      if (fault) return fault;
      const ms = durationMs(step.afterBreach!);
      if (ms < breached) return { path, message: 'Steps stand in the order of time.' };
      breached = ms;
    }
  }
  return undefined;
};
