import {
  computed,
  contentHash,
  dayField,
  enumField,
  flagField,
  idField,
  instantField,
  objectField,
  readModel,
  roles,
  textField,
  type Instant,
} from '@baton/kernel';
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
    periodId: idField('Its own name.', filtered),
    name: textField('What it is called in reports.', { ...sorted, optional: true }),
    from: dayField('The first day on which its deals closed …', sorted),
    to: dayField('… and the last one, which counts to its end.', sorted),
    timeZone: textField('IANA zone of its days and months.'),
    startsAt: instantField('The first instant of its first day.'),
    endsAt: instantField('The first instant after its last day.'),
    model: enumField(creditModels, 'The model.', filtered),
    by: enumField(periodDimensions, 'What the rows are.', filtered),
    lookback: textField('The window before the close in which touches count, `P90D`, or `none`.', filtered),
    currency: textField('Only deals in this currency.', { ...filtered, optional: true }),
    attribution: textField('The version of the attribution definition that decided.', filtered),
    channelRules: textField('The version of the channel rules that decided.', filtered),
    position: textField('The log up to here was known; give it as `asOf: { knownAt }`.'),
    outsideWindow: outsideField(),
    frozenAt: instantField('When it was frozen.', sorted),
    frozenBy: textField('By whom.', sorted),
    hash: textField('SHA-256, in hex, over the canonical JSON (RFC 8785) of what was frozen.'),
  },
  computed: {
    figures: computed(objectField(periodFigures, 'What was frozen.'), figuresOf),
    intact: computed(flagField('Does the hash fit what is stored?'), isIntact),
  },
  lists: { frozenPeriods: { description: 'The frozen periods, the latest first.', orderBy: '-frozenAt' } },
  allow: roles,
  questions: [
    { where: [], orderBy: '-frozenAt' },
    { where: ['model', 'by'], orderBy: '-from' },
  ],
  keys: ({ data }) => [data.periodId],
  initial: (periodId) => ({ periodId }) as PeriodDocument, // PeriodFrozen is its first and only event
  on: { PeriodFrozen: (_, { data, occurredAt, meta }) => ({ ...data, frozenAt: occurredAt, frozenBy: meta.actor }) },
});
