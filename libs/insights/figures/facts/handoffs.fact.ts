import type { StageName } from '@baton/leads';
import { toMs, type Instant } from '@baton/kernel';
import { handoffs, type HandoffActivity, type HandoffsDocument } from '@baton/sales-sla';
import { fact, instantOf, numberOf, textOf } from '../fact.rules';
import { ofColleague } from './colleagues.fact';
import { ofPerson } from './people.fact';

/** Until when sales answered, in minutes after the handoff. */
const answerTimes = [
  [5, 'within 5 minutes'],
  [60, 'within 1 hour'],
  [24 * 60, 'within 24 hours'],
  [48 * 60, 'within 48 hours'],
  [Infinity, 'later'],
] as const;
const UNANSWERED = 'never';
/** The values of `answeredWithin`, the fastest first. */
export const answerTimeWords: readonly string[] = [...answerTimes.map(([, words]) => words), UNANSWERED];
const answeredWithin = ({ at, attemptedAt }: HandoffActivity): string => {
  if (attemptedAt === undefined) return UNANSWERED;
  const minutes = (toMs(attemptedAt) - toMs(at)) / 60_000;
  return answerTimes.find(([most]) => minutes <= most)![1];
};

type HandoffRow = HandoffActivity & { readonly reached: readonly string[]; readonly endedAt: Instant | undefined };
/** Each handoff with the stages that the lead came to until the next one, and when it stopped waiting for an answer. */
const rowsOf = ({ handoffs: all, moves }: HandoffsDocument): readonly HandoffRow[] =>
  all.map((handoff, place) => {
    const until = all[place + 1]?.at;
    const its = moves.filter(({ at }) => at >= handoff.at && (until === undefined || at < until));
    return { ...handoff, reached: its.map(({ stage }) => stage), endedAt: handoff.disposedAt ?? until };
  });
const hasReached =
  (...stages: readonly StageName[]) =>
  ({ reached }: HandoffRow): boolean =>
    stages.some((stage) => reached.includes(stage));

/** Every handoff of a lead to a rep. */
export const handoffFact = fact<HandoffsDocument, HandoffRow>({
  name: 'handoffs',
  description: 'Every handoff of a lead to a rep, with its latest disposition.',
  entity: 'Lead',
  of: handoffs,
  rows: (doc) => rowsOf(doc).map((row) => ({ id: row.eventId, entity: row.leadId, row })),
  columns: {
    handedOffAt: instantOf(({ at }) => at),
    endedAt: instantOf(({ endedAt }) => endedAt),
    leadId: textOf(({ leadId }) => leadId),
    rep: textOf(({ rep }) => rep),
    queue: textOf(({ queue }) => queue),
    definition: textOf(({ definition }) => definition),
    disposition: textOf(({ disposition }) => disposition),
    reason: textOf(({ reason }) => reason),
    givenBack: textOf(({ givenBack }) => givenBack),
    returned: textOf(({ disposition, givenBack }) =>
      [disposition, givenBack].some((one) => one === 'rejected' || one === 'recycled'),
    ),
    contacted: textOf(({ contactedAt }) => contactedAt !== undefined),
    becameSql: textOf(hasReached('sql', 'opportunity', 'customer')),
    becameCustomer: textOf(hasReached('customer')),
    answeredWithin: textOf(answeredWithin),
    attemptMs: numberOf(({ at, attemptedAt }) =>
      attemptedAt === undefined ? undefined : toMs(attemptedAt) - toMs(at),
    ),
    attempts: numberOf(({ attempts }) => attempts),
    answerMs: numberOf(({ at, disposedAt }) =>
      disposedAt === undefined || disposedAt < at ? undefined : toMs(disposedAt) - toMs(at),
    ),
  },
  dimensions: {
    ...{ rep: 'rep', queue: 'queue', definition: 'definition', disposition: 'disposition', reason: 'reason' },
    answeredWithin: 'answeredWithin',
    ...{ manager: ofColleague('rep', ['handedOffAt'], 'manager'), team: ofColleague('rep', ['handedOffAt'], 'team') },
    ...{
      source: ofPerson('source'),
      region: ofPerson('region'),
      industry: ofPerson('industry'),
      size: ofPerson('size'),
    },
  },
});
