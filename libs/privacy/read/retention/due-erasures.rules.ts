import { DAY_MS, fromMs, toMs, type Instant } from '@baton/kernel';
import type { LeadDocument } from '@baton/leads';
import type { RetentionRule } from './retention-rules.read-model';

type Person = Pick<LeadDocument, 'stage' | 'capturedAt' | 'lastTouchAt' | 'history'>;
/** The last thing that is known of a person: a touch, a move, or the capture. */
export const lastActiveAt = ({ capturedAt, lastTouchAt, history }: Person): Instant | undefined =>
  [capturedAt, lastTouchAt, ...history.map(({ at }) => at)].reduce<Instant | undefined>(
    (latest, one) => (one !== undefined && (latest === undefined || one > latest) ? one : latest),
    undefined,
  );

/** Which rule keeps a person longest, and until when. */
export interface Kept {
  readonly purpose: string;
  readonly until: Instant;
}
/** @returns undefined if no rule concerns the person, who is then kept without end */
export const keptUntil = (person: Person, rules: readonly RetentionRule[]): Kept | undefined => {
  const [longest] = rules
    .filter(({ days, stages }) => days !== null && stages.includes(person.stage))
    .sort((a, b) => b.days! - a.days! || (a.retentionId < b.retentionId ? -1 : 1));
  const active = lastActiveAt(person);
  return longest && active !== undefined
    ? { purpose: longest.retentionId, until: fromMs(toMs(active) + longest.days! * DAY_MS) }
    : undefined;
};
