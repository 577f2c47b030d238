import { BEGINNING, dayAt, END, enumeration, field, Refused, type Instant } from '@baton/kernel';
import { dealFact } from '../figures/facts/deals.fact';
import { calendarArguments, filterArguments } from '../figures/figures.report';
import { scopePeriod, type ScopeArgs } from '../figures/scope.rules';

const dimensions = Object.keys(dealFact.dimensions);
const groupings = enumeration<string>(
  'DealGrouping',
  'What figures of deals are grouped by.',
  Object.fromEntries(dimensions.map((name) => [name, `The ${name} of the deals.`])),
);

/** The period of a report over deals, their filters, and what it is grouped by. */
export const dealScopeArguments = {
  ...calendarArguments,
  by: field.enum(groupings, 'One group per value of this.', { optional: true }),
  ...filterArguments(dimensions),
} as const;

const optional = { optional: true } as const;
/** A period of expected close dates. */
export const closingArguments = {
  closing: field.text('Only deals that are expected to close in this period, by its name: `this-quarter`, `2024-Q3`.', {
    ...{ ...optional, max: 20 },
  }),
  closingFrom: field.day('Instead of its name: the first day of that period.', optional),
  closingTo: field.day('The day at which that period ends, itself not in it.', optional),
} as const;
export interface ClosingArgs {
  readonly closing?: string | undefined;
  readonly closingFrom?: string | undefined;
  readonly closingTo?: string | undefined;
}
const nameOf = { period: 'closing', from: 'closingFrom', to: 'closingTo' } as const;
/**
 * The days of a period of expected close dates; undefined where none is asked for.
 * @throws Refused as `scopePeriod`, with the path of the argument
 */
export const closingPeriodOf = (
  { closing, closingFrom, closingTo }: ClosingArgs,
  calendar: Pick<ScopeArgs, 'timeZone' | 'yearStartsIn' | 'weekStartsOn'>,
  at: Instant,
): { readonly from: string; readonly to: string } | undefined => {
  if (closing === undefined && closingFrom === undefined && closingTo === undefined) return undefined;
  try {
    const asked = { ...calendar, period: closing, from: closingFrom, to: closingTo };
    const { from: first, to: end, timeZone: zone } = scopePeriod(asked, at);
    return { from: first === BEGINNING ? '' : dayAt(first, zone), to: end === END ? '9999-12-31' : dayAt(end, zone) };
  } catch (error) {
    if (!(error instanceof Refused) || !(error.path in nameOf)) throw error;
    throw new Refused(error.code, error.message, nameOf[error.path as keyof typeof nameOf], error.details);
  }
};
