import { projection, type Instant } from '@baton/kernel';
import type { JourneyEvent, JourneyTouch } from '../../write/journey/journey.events';

/** The journey of a deal that closed: its facts, and its touches as their sources reported them. Unknown is null. */
export interface JourneyDocument {
  /** The deal's id. */
  readonly journeyId: string;
  /** `reopened`: the deal is open again, its close earns nothing. `gathering`: parts of the list are yet to come. */
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
  readonly restatements: readonly { readonly cause: string; readonly at: Instant }[];
  /** Parts of a list whose last part is yet to come; all else is the journey before it. */
  readonly gathered?: readonly JourneyTouch[];
}

type Listed = Extract<JourneyEvent, { type: 'JourneyClosed' | 'JourneyRestated' }>['data'];

const take = (
  doc: JourneyDocument,
  data: Listed,
  restatement?: JourneyDocument['restatements'][0],
): JourneyDocument => {
  const gathered = data.part === 1 ? data.touches : [...(doc.gathered ?? []), ...data.touches];
  if (data.part < data.parts) return { ...doc, gathered };
  const { journeyId, outcome, closedAt, openedAt, leadIds, amount } = data;
  const amounts = restatement ? doc.amounts : [];
  const last = amounts.at(-1);
  const changed = amount && (amount.minor !== last?.minor || amount.currency !== last.currency);
  return {
    journeyId,
    status: 'closed',
    outcome,
    closedAt,
    openedAt,
    leadCreatedAt: data.leadCreatedAt ?? null,
    firstContactAt: data.firstContactAt ?? null,
    product: data.product ?? null,
    owner: data.owner ?? null,
    source: data.source ?? null,
    amounts: changed ? [...amounts, { ...amount, at: restatement?.at ?? closedAt }] : amounts,
    amountMinor: amount?.minor ?? null,
    currency: amount?.currency ?? null,
    leadIds,
    touches: gathered,
    // one line a restatement, however many parts its list takes
    restatements: restatement ? [...doc.restatements, restatement] : doc.restatements,
  };
};

/** One document per deal that closed, also when it was reopened since. */
export const journeys = projection<JourneyDocument, JourneyEvent>({
  name: 'journeys',
  version: 2,
  columns: {
    status: 'text',
    outcome: 'text',
    closedAt: 'text',
    openedAt: 'text',
    firstContactAt: 'text',
    product: 'text',
    owner: 'text',
    source: 'text',
    amountMinor: 'integer',
    currency: 'text',
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
    JourneyClosed: (doc, { data }) => take(doc, data),
    JourneyRestated: (doc, { data, occurredAt }) => take(doc, data, { cause: data.cause, at: occurredAt }),
    JourneyReopened: (doc) => ({ ...doc, status: 'reopened' }),
  },
});
