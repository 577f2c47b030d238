import {
  enumeration,
  field,
  fromMs,
  objectFields,
  toMs,
  type EnumerationValue,
  type Instant,
  type ObjectOf,
} from '@baton/kernel';
import { definitionInForce, definitionOf, getDefinition } from '@baton/definitions';
import {
  deliveries,
  ErasedCount,
  erasedLeads,
  leads,
  packageParts,
  type Delivery,
  type DeliveryKind,
  type PackagePart,
} from '@baton/leads';
import type { ReadModels } from '@baton/platform/documents';
import {
  attainment,
  attainmentFields,
  calendarPeriod,
  calendarPeriodFields,
  neededFor,
  type CalendarPeriod,
} from './marketing-sla.rules';

export interface MarketingSlaQuestion {
  /** `2024-01`, `2024-Q1` or `2024`; by default the month of `at`. */
  readonly period?: string;
  /** IANA zone in which it begins and ends; UTC by default. */
  readonly timeZone?: string;
  /** Now: decides how much of the period has passed. */
  readonly at: Instant;
}
const handoffQuality = objectFields('HandoffQuality', 'What was handed off, and how well.', {
  total: field.integer('All handoffs of the period; `deliveries` lists them.', { unit: 'handoffs' }),
  overThreshold: field.integer('The lead met agreed criteria or an agreed threshold.', { unit: 'handoffs' }),
  judgedByPeople: field.integer('A person judged, as no criteria were agreed.', { unit: 'handoffs' }),
  external: field.integer('Another system decided.', { unit: 'handoffs' }),
  overThresholdShare: field.number('Over threshold / all; null without a handoff.', { unit: '0–1', nullable: true }),
  complete: field.integer('Went with all that was promised.', { unit: 'handoffs' }),
  incomplete: field.integer('Went with a package that lacks something.', { unit: 'handoffs' }),
  withoutPackage: field.integer('Went without a package.', { unit: 'handoffs' }),
  completeShare: field.number('Complete / all; null without a handoff.', { unit: '0–1', nullable: true }),
  missing: field.object(
    objectFields('MissingPart', 'What packages lack.', {
      part: field.enum(packageParts, 'The part.'),
      handoffs: field.integer('How many handoffs went without it.', { unit: 'handoffs' }),
    }),
    'What incomplete packages lack, the most frequent first.',
    { list: true },
  ),
});
type HandoffQuality = ObjectOf<typeof handoffQuality.fields>;

export const marketingSlaAnswer = objectFields(
  'MarketingSla',
  'Marketing’s side of the agreement: promised, and delivered so far.',
  {
    definition: field.text('The version of the SLA policy; null where none is in force.', { nullable: true }),
    period: field.object(calendarPeriodFields, 'The period.'),
    timeZone: field.text('IANA zone in which it begins and ends.'),
    at: field.instant('Now: how far the period has gone.'),
    qualified: field.object(attainmentFields, 'Marketing-qualified people.'),
    salesQualified: field.object(attainmentFields, 'Sales-qualified people, against what the target pipeline takes.'),
    handoffs: field.object(handoffQuality, 'All over threshold, each with a complete package?'),
    warnings: field.text('What to know before using the figures.', { list: true }),
  },
);
export type MarketingSla = ObjectOf<typeof marketingSlaAnswer.fields>;

export const deliverySteps = enumeration<Exclude<DeliveryKind, 'taken-back'>>(
  'DeliveryKind',
  'A step of a lead towards sales.',
  {
    qualified: 'Became marketing-qualified; each person once.',
    'handed-off': 'Was handed to a rep; every handoff.',
    'sales-qualified': 'Became sales-qualified; each person once.',
  },
);
type DeliveryStep = EnumerationValue<typeof deliverySteps>;
export const deliveryFields = objectFields('Delivery', 'One step of a lead towards sales.', {
  eventId: field.id('The event that says so.'),
  leadId: field.id('The lead on which it is recorded.', { entity: 'Lead' }),
  kind: field.enum(deliverySteps, 'Which step.'),
  at: field.instant('When.'),
  definition: field.text('The version that was met, `mql@3`, or `external:<source>`.'),
  rep: field.text('Of a handoff: to whom.', { nullable: true }),
  complete: field.flag('Of a handoff: was the package complete? null: there was none.', { nullable: true }),
  missing: field.enum(packageParts, 'What the package lacks.', { list: true }),
});

const isInPeriod = ({ from, to }: CalendarPeriod, kind: DeliveryStep) => ({
  kind: { eq: kind },
  at: { gte: from, lt: to },
});

/** The first qualification of each person in a period; a merged lead counts as its survivor. */
const deliveriesOfPeople = async (
  models: ReadModels,
  period: CalendarPeriod,
  kind: DeliveryStep,
): Promise<ReadonlyMap<string, Delivery>> => {
  const people = new Map<string, Delivery>();
  for await (const page of models.pages(deliveries, isInPeriod(period, kind), [{ column: 'at' }])) {
    const survivors = await survivorsOf(models, new Set(page.map(({ doc }) => doc.leadId)));
    for (const { doc } of page) {
      const person = survivors.get(doc.leadId)!;
      if (!people.has(person)) people.set(person, doc);
    }
  }
  return people;
};

const survivorsOf = async (models: ReadModels, leadIds: ReadonlySet<string>): Promise<ReadonlyMap<string, string>> => {
  const into = new Map<string, string | undefined>();
  for (let next = [...leadIds]; next.length > 0;) {
    const found = await models.getMany(leads, next);
    for (const id of next) into.set(id, found.get(id)?.mergedInto);
    next = [...new Set(next.flatMap((id) => into.get(id) ?? []))].filter((id) => !into.has(id));
  }
  const survivorOf = (id: string): string => {
    const seen = new Set([id]);
    for (let one = id; ;) {
      const above = into.get(one);
      if (above === undefined || seen.has(above)) return one;
      seen.add(above);
      one = above;
    }
  };
  return new Map([...leadIds].map((id) => [id, survivorOf(id)]));
};

/** Whether a version has criteria or a threshold, or leaves the decision to people. */
const isMeasured = async (models: ReadModels, definition: string): Promise<boolean> => {
  const at = definition.lastIndexOf('@');
  const number = Number(definition.slice(at + 1));
  const version = await getDefinition(models, { kind: definition.slice(0, at), number });
  if (!version || typeof version.body !== 'object' || version.body === null) return false;
  return version.kind === 'scoring-model'
    ? definitionOf('scoring-model', number, version.body).body.threshold !== undefined
    : definitionOf('mql', number, version.body).body.criteria !== undefined;
};

const ratio = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole);

const qualityOf = async (models: ReadModels, period: CalendarPeriod): Promise<HandoffQuality> => {
  const where = isInPeriod(period, 'handed-off');
  const groups = await models.aggregate(deliveries, {
    where,
    by: ['definition', 'complete'],
    measures: { handoffs: 'count' },
  });
  const sums = { overThreshold: 0, judgedByPeople: 0, external: 0, complete: 0, incomplete: 0, withoutPackage: 0 };
  for (const { keys, values } of groups) {
    const [definition, complete] = [keys[0] as string, keys[1] as boolean | null];
    const handoffs = Number(values['handoffs']);
    sums[complete === null ? 'withoutPackage' : complete ? 'complete' : 'incomplete'] += handoffs;
    if (definition.startsWith('external:')) sums.external += handoffs;
    else sums[(await isMeasured(models, definition)) ? 'overThreshold' : 'judgedByPeople'] += handoffs;
  }
  const missing = new Map<PackagePart, number>();
  for await (const page of models.pages(deliveries, { ...where, complete: { eq: false } }))
    for (const { doc } of page) for (const part of doc.missing) missing.set(part, (missing.get(part) ?? 0) + 1);
  const total = sums.complete + sums.incomplete + sums.withoutPackage;
  return {
    total,
    ...sums,
    overThresholdShare: ratio(sums.overThreshold, total),
    completeShare: ratio(sums.complete, total),
    missing: [...missing]
      .map(([part, handoffs]) => ({ part, handoffs }))
      .sort((a, b) => b.handoffs - a.handoffs || (a.part < b.part ? -1 : 1)),
  };
};

/**
 * Marketing's commitment and results in a calendar period, under the policy in force at its end, or now if it has not
 * ended.
 * @throws Refused `insights/unknown-period`, `time/unknown-zone`
 */
export const marketingSla = async (models: ReadModels, question: MarketingSlaQuestion): Promise<MarketingSla> => {
  const { timeZone = 'UTC', at } = question;
  const period = calendarPeriod(question.period, timeZone, at);
  const decidedAt = at < period.to ? at : fromMs(toMs(period.to) - 1);
  const policy = await definitionInForce(models, { kind: 'sla-policy', at: decidedAt });
  const side = policy && definitionOf('sla-policy', policy.number, policy.body).body.marketing;
  const needed = side ? neededFor(side, period.months) : {};
  const [qualified, salesQualified, handoffs] = await Promise.all([
    deliveriesOfPeople(models, period, 'qualified'),
    deliveriesOfPeople(models, period, 'sales-qualified'),
    qualityOf(models, period),
  ]);
  const erased = await erasedLeads(models);
  const erasedAmong = (people: ReadonlyMap<string, unknown>): number => {
    const counted = new ErasedCount(erased);
    for (const leadId of people.keys()) counted.add(leadId);
    return counted.count;
  };
  return {
    definition: policy ? `sla-policy@${policy.number}` : null,
    period,
    timeZone,
    at,
    qualified: attainment(needed.qualified, qualified.size, period, at, erasedAmong(qualified)),
    salesQualified: attainment(needed.salesQualified, salesQualified.size, period, at, erasedAmong(salesQualified)),
    handoffs,
    warnings: side ? [] : ['there is no commitment of marketing: no SLA policy in force contains one'],
  };
};

/**
 * The rows behind a figure of `marketingSla`, oldest first: people with their first qualification in the period, or all
 * handoffs.
 * @throws Refused as `marketingSla`
 */
export const deliveriesBehind = async (
  models: ReadModels,
  { kind, period, timeZone = 'UTC', at }: MarketingSlaQuestion & { readonly kind: DeliveryStep },
): Promise<ObjectOf<typeof deliveryFields.fields>[]> => {
  const asked = calendarPeriod(period, timeZone, at);
  const found: Delivery[] = [];
  if (kind !== 'handed-off') found.push(...(await deliveriesOfPeople(models, asked, kind)).values());
  else
    for await (const page of models.pages(deliveries, isInPeriod(asked, kind), [{ column: 'at' }]))
      found.push(...page.map(({ doc }) => doc));
  return found.map((one) => ({ ...one, kind }));
};
