import { computed, contentHash, field, readModel, roles, type Instant } from '@baton/kernel';
import type { PeriodEvent } from '../../write/period/period.events';
import { creditModels } from '../../models/models.rules';
import { periodDimensions } from '../attribution/attribution.rules';
import { outsideField } from '../attribution/window.rules';
import { figuresOf, periodFigures } from './periods.rules';

/** A frozen period: what was frozen, by whom and when. */
export type PeriodDocument = PeriodEvent['data'] & { readonly frozenAt: Instant; readonly frozenBy: string };

/** Does a frozen period still say what was sealed: SHA-256 over the canonical JSON (RFC 8785) of the facts? */
export const isIntact = ({ hash, frozenAt: _, frozenBy: __, ...facts }: PeriodDocument): boolean =>
  contentHash(facts) === hash;

const filtered = { filter: true } as const;
const sorted = { filter: true, sort: true } as const;

/** One document per frozen period. */
export const periods = readModel<PeriodDocument, PeriodEvent>({
  name: 'periods',
  version: 3,
  node: 'FrozenPeriod',
  description: 'The attribution of a period as it was known when it was frozen. It never changes.',
  key: 'periodId',
  fields: {
    periodId: field.id('Its own name.', filtered),
    name: field.text('What it is called in reports.', { ...sorted, optional: true }),
    from: field.day('The first day on which its deals closed …', sorted),
    to: field.day('… and the last one, which counts to its end.', sorted),
    timeZone: field.text('IANA zone of its days and months.'),
    startsAt: field.instant('The first instant of its first day.'),
    endsAt: field.instant('The first instant after its last day.'),
    model: field.enum(creditModels, 'The model.', filtered),
    by: field.enum(periodDimensions, 'What the rows are.', filtered),
    lookback: field.text('The window before the close in which touches count, `P90D`, or `none`.', filtered),
    currency: field.text('Only deals in this currency.', { ...filtered, optional: true }),
    attribution: field.text('The version of the attribution definition that decided.', filtered),
    channelRules: field.text('The version of the channel rules that decided.', filtered),
    position: field.text('The log up to here was known; give it as `asOf: { knownAt }`.'),
    outsideWindow: outsideField(),
    frozenAt: field.instant('When it was frozen.', sorted),
    frozenBy: field.text('By whom.', sorted),
    hash: field.text('SHA-256, in hex, over the canonical JSON (RFC 8785) of what was frozen.'),
  },
  computed: {
    figures: computed(field.object(periodFigures, 'What was frozen.'), figuresOf),
    intact: computed(field.flag('Does the hash fit what is stored?'), isIntact),
  },
  lists: { frozenPeriods: { description: 'The frozen periods, the latest first.', orderBy: '-frozenAt' } },
  allow: roles,
  questions: [
    { where: [], orderBy: '-frozenAt' },
    { where: ['model', 'by'], orderBy: '-from' },
  ],
  keys: ({ data }) => [data.periodId],
  on: { PeriodFrozen: (_, { data, occurredAt, meta }) => ({ ...data, frozenAt: occurredAt, frozenBy: meta.actor }) },
});
