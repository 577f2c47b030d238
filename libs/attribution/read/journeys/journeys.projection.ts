import { orNull, projection, type Instant } from '@baton/kernel';
import { changedTouches, withTouches } from '../../write/journey/journey-touches.rules';
import type { JourneyEvent, JourneyTouch, RestatementReason } from '../../write/journey/journey.events';

/** The journey of a deal that closed: its facts, and its touches as their sources reported them. Unknown is null. */
export interface JourneyDocument {
  /** The deal's id. */
  readonly journeyId: string;
  /** `reopened`: the deal is open again, its close earns nothing. `gathering`: the rest of it is yet to be said. */
  readonly status: 'gathering' | 'closed' | 'reopened';
  readonly outcome: 'won' | 'lost' | null;
  readonly closedAt: Instant;
  readonly openedAt: Instant;
  readonly leadCreatedAt: Instant | null;
  /** The earliest touch of the people, also one after the close. */
  readonly firstContactAt: Instant | null;
  readonly product: string | null;
  readonly owner: string | null;
  readonly source: string | null;
  /** What the deal was worth at its close, and after each later change, oldest first. */
  readonly amounts: readonly { readonly minor: number; readonly currency: string; readonly at: Instant }[];
  /** Minor units of `currency`: the last of the amounts. */
  readonly amountMinor: number | null;
  readonly currency: string | null;
  readonly leadIds: readonly string[];
  /** Oldest first, up to the close. */
  readonly touches: readonly JourneyTouch[];
  /** Why it was restated, oldest first. */
  readonly restatements: readonly { readonly reasons: readonly RestatementReason[]; readonly at: Instant }[];
  /** The touches so far of a statement of which more is to come; all else is the journey before it. */
  readonly gathered?: readonly JourneyTouch[];
}

type JourneyStatementEvent = Extract<JourneyEvent, { type: 'JourneyClosed' | 'JourneyRestated' }>['data'];

/** The journey with these touches, once everything is said of them. */
const withStatement = (
  { gathered: _, ...doc }: JourneyDocument,
  data: JourneyStatementEvent,
  touches: readonly JourneyTouch[],
  restatements: JourneyDocument['restatements'],
): JourneyDocument => {
  if (data.more) return { ...doc, gathered: touches };
  const { journeyId, outcome, closedAt, openedAt, leadIds, amounts } = data;
  const last = amounts.at(-1)?.amount;
  return {
    journeyId,
    status: 'closed',
    outcome,
    closedAt,
    openedAt,
    ...orNull(data, ['leadCreatedAt', 'firstContactAt', 'product', 'owner', 'source']),
    amounts: amounts.map(({ at, amount }) => ({ ...amount, at })),
    amountMinor: last?.minor ?? null,
    currency: last?.currency ?? null,
    leadIds,
    touches,
    restatements,
  };
};

/** One document per deal that closed, also when it was reopened since. */
export const journeys = projection<JourneyDocument, JourneyEvent>({
  name: 'journeys',
  version: 5,
  columns: {
    status: 'text',
    outcome: 'text',
    closedAt: 'instant',
    openedAt: 'instant',
    firstContactAt: 'instant',
    product: 'text',
    owner: 'text',
    source: 'text',
    amountMinor: 'integer',
    currency: 'text',
  },
  longLists: {
    touches: ({ touchId }) => touchId,
    gathered: ({ touchId }) => touchId,
    restatements: ({ at, reasons }) => `${reasons.join()} ${at}`,
  },
  keys: ({ data }) => [data.journeyId],
  initial: (journeyId) => ({
    journeyId,
    status: 'gathering',
    outcome: null,
    closedAt: '',
    openedAt: '',
    leadCreatedAt: null,
    firstContactAt: null,
    product: null,
    owner: null,
    source: null,
    amounts: [],
    amountMinor: null,
    currency: null,
    leadIds: [],
    touches: [],
    restatements: [],
  }),
  on: {
    JourneyClosed: (doc, { data }) =>
      withStatement(doc, data, withTouches(doc.gathered ?? [], data.touches), doc.restatements),
    JourneyRestated: (doc, { data, occurredAt }) =>
      withStatement(doc, data, changedTouches(doc.gathered ?? doc.touches, data), [
        ...doc.restatements,
        { reasons: data.reasons, at: occurredAt },
      ]),
    JourneyReopened: (doc) => ({ ...doc, status: 'reopened' }),
  },
});
