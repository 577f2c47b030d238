import {
  durationMs,
  enumeration,
  field,
  objectFields,
  Refused,
  roles,
  type Fields,
  type ObjectOf,
  type ValueFilter,
} from '@baton/kernel';
import { methodOf, versionCheck } from '@baton/attribution';
import { pageOf } from '@baton/platform/documents';
import { report, type ReportContext } from '@baton/platform/report';
import { periodArguments, zoneArgument } from '../read/report-arguments';
import { figureOf, figures } from './catalogue.rules';
import { figuresTable } from './figures.table';
import { dimensionsOf, isAdditive, type Unit } from './figure.rules';
import {
  MAX_GROUPS,
  MIN_SUPPORT,
  rowsBehind,
  type FigureRow,
  type GroupName,
  type MethodOfFigures,
  type Scope,
} from './figures.query';
import { grains, scopePeriod, type PeriodComparison } from './scope.rules';
import { shownFigures } from './shown-figures.query';

const titles = Object.fromEntries(figures.map(({ code, title, formula }) => [code, `${title}: ${formula}.`]));
export const codes = enumeration<string>('FigureCode', 'A figure of the catalogue.', titles);
const dimensions = [...new Set(figures.flatMap(dimensionsOf))].sort();
const groupings = enumeration<string>('FigureGrouping', 'What figures are grouped by.', {
  ...Object.fromEntries(grains.map((grain) => [grain, `The ${grain}s of the period, in the time zone.`])),
  ...Object.fromEntries(dimensions.map((name) => [name, `The ${name} of the rows.`])),
});
const comparedTo = enumeration<PeriodComparison>('FigureComparison', 'The period that figures are compared with.', {
  'previous-period': 'The one before, of the same length.',
  'year-before': 'The same a year before.',
});
export const unitWords = enumeration<Unit>('FigureUnit', 'What a figure is measured in.', {
  count: 'A number of rows.',
  ratio: 'A share, 0…1.',
  money: 'An amount.',
  'money-per-day': 'An amount a day.',
  days: 'Days of 24 hours.',
  hours: 'Hours.',
});

const optional = { optional: true } as const;
/** The period that a question is compared with. */
export const compareArgument = {
  compare: field.enum(comparedTo, 'Compare with another period; the period needs both ends.', optional),
} as const;
/** What every question about figures is asked for. */
export const scopeArguments = {
  period: field.text(
    'The period by its name, instead of from and to: `this-month`, `last-quarter`, `last-30-days`, `last-12-months` (whole ones before this), `2024-Q3`, `2024-07`.',
    { ...optional, max: 20 },
  ),
  ...periodArguments,
  ...zoneArgument,
  yearStartsIn: field.integer('The month in which the year of the company begins; 1 by default.', {
    ...{ ...optional, min: 1, max: 12 },
  }),
  weekStartsOn: field.integer('The weekday on which weeks begin, 1 (Monday, by default) to 7.', {
    ...{ ...optional, min: 1, max: 7 },
  }),
  window: field.text(
    'Of conversions: count only those that took no longer, as an ISO 8601 duration of days or hours: `P90D`, `PT48H`.',
    { ...optional, max: 30, check: (text: string, path: string) => durationMs(text, path) },
  ),
  channelRules: field.text(
    'Of dimensions of journeys: a version of the channel rules, `channel-rules@2`; by default that in force at the end of the period, or now.',
    { ...optional, max: 50, check: versionCheck('channel-rules') },
  ),
  by: field.enum(groupings, 'One group per value of this; a figure that cannot be grouped by it is refused.', optional),
  ...(Object.fromEntries(
    dimensions.map((name) => [name, field.filter(`Only rows with these values as their ${name}.`)]),
  ) as Readonly<Record<string, ReturnType<typeof field.filter>>>),
} as const satisfies Fields;

const { period, from, to, timeZone, yearStartsIn, weekStartsOn } = scopeArguments;
/** The period of a question, and how its calendar is read. */
export const calendarArguments = { period, from, to, timeZone, yearStartsIn, weekStartsOn } as const;
/** The filters of some dimensions. */
export const filterArguments = (names: readonly string[]) =>
  Object.fromEntries(Object.entries(scopeArguments).filter(([name]) => names.includes(name))) as Readonly<
    Record<string, ReturnType<typeof field.filter>>
  >;

/** The scope of arguments. */
export const scopeOf = ({
  period,
  from,
  to,
  timeZone,
  yearStartsIn,
  weekStartsOn,
  window,
  channelRules,
  by,
  ...rest
}: ObjectOf<typeof scopeArguments> & { readonly compare?: PeriodComparison | undefined }): Scope => ({
  ...{ period, from, to, timeZone, yearStartsIn, weekStartsOn, channelRules, by },
  compare: rest.compare,
  windowMs: window === undefined ? undefined : durationMs(window, 'window'),
  filters: Object.fromEntries(
    dimensions.map((name) => [name, (rest as Readonly<Record<string, ValueFilter | undefined>>)[name]]),
  ),
});

/** How touches are weighed and classified: by the definitions in force at the end of the period, or now. */
export const methodOfScope =
  (scope: Partial<Scope>, { sources, live, at }: Pick<ReportContext, 'sources' | 'live' | 'at'>): MethodOfFigures =>
  () => {
    const { channelRules } = scope;
    const { to } = scopePeriod(scope, at);
    return methodOf(sources.context.definitions, live, to < at ? to : at, { ...(channelRules && { channelRules }) });
  };

const nullable = { nullable: true } as const;
/** The fields of a value, of a group and of the erased people in them. */
export const value = objectFields('FigureValue', 'A figure, exactly.', {
  value: field.text(
    'The decimal number: of an amount in its major unit, rounded half-even to its minor unit; of everything else to twelve places. Null where it means nothing, such as 0 / 0.',
    nullable,
  ),
  amount: field.money('The same as an amount; null for what is none.', nullable),
  numerator: field.text(
    'Of a ratio or a mean: what is divided, in minor units or milliseconds if it has a unit.',
    nullable,
  ),
  denominator: field.text('What it is divided by.', nullable),
  support: field.integer('Number of rows that it is made of; of a ratio those of the denominator.', { unit: 'rows' }),
  tooThin: field.flag(`True if it is made of less than ${MIN_SUPPORT} rows: such a rate says little.`),
  open: field.integer('Rows that may still change it, because what is counted may still happen to them.', {
    unit: 'rows',
  }),
  missing: field.integer('Rows that are left out because they have no value.', { unit: 'rows' }),
  compared: field.text('The value in the period that it is compared with; null without one.', nullable),
  change: field.text('The value less the one compared with; null without one.', nullable),
});
export const erasedCount = field.integer(
  'How many erased people are among those whom its rows are about; of deals all people who had a role.',
  { unit: 'people' },
);
/** What says which group it is. */
export const groupFields = {
  key: field.text('The value that the rows have in common; null for rows without one, and for the others.', nullable),
  isOther: field.flag(`True for all rows whose values are not among the ${MAX_GROUPS - 1} most frequent ones.`),
} as const;
export const group = objectFields('FigureGroup', 'A figure of some of the rows.', {
  ...groupFields,
  values: field.object(value, 'One value per currency, by code; one if the figure is no amount.', { list: true }),
  erased: erasedCount,
});
const totalFields = {
  code: field.enum(codes, 'The figure.'),
  title: field.text('Its name.'),
  unit: field.enum(unitWords, 'What it is measured in.'),
  formula: field.text('How it is computed.'),
  additive: field.flag('True if the values of groups add up to the total.'),
  total: field.object(value, 'Of all rows: one value per currency, by code; one if the figure is no amount.', {
    list: true,
  }),
} as const;
/** A figure without groups, as part of other answers. */
export const figureTotal = objectFields('FigureTotal', 'A figure of the catalogue.', totalFields);
/** A figure with its groups. */
export const answeredFigure = objectFields('AnsweredFigure', 'A figure of the catalogue for a period.', {
  ...totalFields,
  warnings: field.text('What to know before using it.', { list: true }),
  erased: erasedCount,
  definitions: field.text('The versions of definitions that decided its rows, or how they are grouped: `mql@2`.', {
    list: true,
  }),
  complete: field.flag(
    'False while what has begun may still change it: the period is not over, rows are open, or an event waits.',
  ),
  groups: field.object(group, 'One per group: parts of the calendar in their order, others by their number of rows.', {
    list: true,
  }),
});

/** The period that an answer is about, and how far it is. */
export const answeredPeriodFields = {
  from: field.instant('The beginning of the period.'),
  to: field.instant('Its end, itself not in it.'),
  complete: field.flag('False while the period has not ended.'),
  position: field.text('The position up to which the log is in them.'),
} as const;

/** The period that an answer is compared with. */
export const comparedFields = {
  comparedFrom: field.instant('The beginning of the period that it is compared with; null without one.', nullable),
  comparedTo: field.instant('Its end.', nullable),
} as const;

export const figuresReport = report({
  name: 'figures',
  description: 'Figures of the catalogue for a period, all of one moment; `figureCatalogue` lists them.',
  ...{ allow: roles, heavy: 'period', table: figuresTable },
  arguments: {
    codes: field.enum(codes, 'The figures, at most 30.', { list: true, max: 30 }),
    ...compareArgument,
    ...scopeArguments,
  },
  answer: field.object(
    objectFields('Figures', 'Figures of one moment.', {
      ...answeredPeriodFields,
      ...comparedFields,
      figures: field.object(answeredFigure, 'In the order in which they were asked for.', { list: true }),
    }),
    'The figures.',
  ),
  ask: ({ codes: wanted, ...asked }, context) => {
    const scope = scopeOf(asked);
    return shownFigures(context.models, wanted, scope, context.at, methodOfScope(scope, context));
  },
});

const catalogued = objectFields('CataloguedFigure', 'A figure that can be asked for.', {
  code: field.enum(codes, 'Its code.'),
  title: field.text('Its name.'),
  unit: field.enum(unitWords, 'What it is measured in.'),
  formula: field.text('How it is computed.'),
  fact: field.text('What its rows are.'),
  additive: field.flag('True if the values of groups add up to the total.'),
  dimensions: field.enum(groupings, 'What it can be grouped and filtered by, beside the parts of the calendar.', {
    list: true,
  }),
  parts: field.enum(codes, 'The figures that it is made of; empty if it is made of rows.', { list: true }),
});
export const figureCatalogueReport = report({
  name: 'figureCatalogue',
  description: 'Every figure that can be asked for, with its formula and dimensions.',
  ...{ allow: roles, asOf: false },
  arguments: {},
  answer: field.object(catalogued, 'The figures.', { list: true }),
  ask: () =>
    figures.map((figure) => ({
      ...{ code: figure.code, title: figure.title, unit: figure.unit, formula: figure.formula },
      ...{ fact: figure.rows.fact.name, additive: isAdditive(figure), dimensions: dimensionsOf(figure) },
      parts: figure.value.kind === 'derived' ? figure.value.parts.map(({ code }) => code) : [],
    })),
});

export const sides = enumeration<'numerator' | 'denominator'>('FigureSide', 'A side of a ratio.', {
  numerator: 'What is divided.',
  denominator: 'What it is divided by.',
});
export const figureRow = objectFields('FigureRow', 'A row behind a figure.', {
  id: field.id('The id of the row.'),
  leadId: field.id('The lead that it is about.', { nullable: true, entity: 'Lead' }),
  opportunityId: field.id('The deal that it is.', { nullable: true, entity: 'Opportunity' }),
  at: field.instant('What places it in the period; for what is counted at its end, since when it is there.'),
});
export const shownRow = ({ id, entity, entityId, at }: FigureRow) => ({
  ...{ id, at },
  leadId: entity === 'Lead' ? entityId : null,
  opportunityId: entity === 'Opportunity' ? entityId : null,
});
/** Which group of a question rows are asked of. */
export const groupArguments = {
  key: field.text('Only the group with this key.', { ...optional, max: 1000 }),
  keyless: field.flag('Only the group of rows without a value.', optional),
  others: field.flag('Only the group of all others.', optional),
} as const;
/** The group of a question. @throws Refused `figures/no-group` for several groups, or one without `by` */
export const groupOf = ({
  by,
  key,
  keyless,
  others,
}: ObjectOf<typeof groupArguments> & { readonly by?: string | undefined }): GroupName | undefined => {
  const given = [key !== undefined && 'key', keyless && 'keyless', others && 'others'].filter((name) => name);
  if (given.length === 0) return undefined;
  if (by === undefined || given.length > 1)
    throw new Refused(
      'figures/no-group',
      by === undefined ? 'A group needs by.' : `Give one of ${given.join(', ')}.`,
      String(given[0]),
    );
  return { key: key ?? null, isOther: others ?? false };
};
export const figureRowsReport = report({
  name: 'figureRows',
  description:
    'The rows behind a figure of `figures`, oldest first: their number is the one that is counted, else the support.',
  ...{ allow: roles, heavy: 'period', page: true },
  arguments: {
    code: field.enum(codes, 'The figure; of one that is made of others, one of its parts.'),
    side: field.enum(sides, 'Of a ratio: the rows of this side.', { default: 'denominator' }),
    ...groupArguments,
    valueCurrency: field.currency('Only rows of the value in this currency.'),
    ...scopeArguments,
  },
  answer: field.object(figureRow, 'The rows.'),
  ask: async (question, context: ReportContext) => {
    const { models, at, page } = context;
    const { code, side, key, keyless, others, valueCurrency, ...scope } = question;
    const figure = figureOf(code);
    if (figure.value.kind === 'derived')
      throw new Refused(
        'figures/has-parts',
        `${code} is made of other figures; ask for the rows of ${figure.value.parts.map((part) => part.code).join(', ')}.`,
        'code',
      );
    const asked = scopeOf(scope);
    const name = groupOf({ by: asked.by, key, keyless, others });
    const method = methodOfScope(asked, context);
    const found = await rowsBehind(models, figure, asked, { group: name, side, currency: valueCurrency }, at, method);
    return pageOf(found.map(shownRow), page, ({ id }) => id);
  },
});
